"""The publish gate: plug-ins for pyblish that let a stylised shot pass only when it is whole, right and proven so.

They need pyblish and Python's own library alone, so they run in any host. What looks at pixels is ``vst``, a process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyblish.api

PLUGINS = Path(__file__).absolute().parent / "plugins"
FAMILY = "vst"

_COLLECTORS = {"blender": ("CollectBlenderShots",), "nuke": ("CollectNukeShots",)}
_EVERYWHERE = (
    "CollectShots",
    "ValidateManifest",
    "ValidateComplete",
    "ValidateDecode",
    "ValidateFinite",
    "ValidatePlate",
    "ValidateWindows",
    "ValidateChannels",
    "ValidateMetadata",
    "ValidateMotion",
    "ValidateFlicker",
    "ValidateWeights",
    "ValidateColorSpace",
    "ExtractManifest",
    "ExtractContactSheet",
    "ExtractReviewMovie",
    "IntegrateVersion",
)


def expected(host: str) -> tuple[str, ...]:
    """Every plug-in of the gate: where one is missing, nothing may pass, and pyblish itself does not say so."""
    return (*_COLLECTORS.get(host, ()), *_EVERYWHERE)


def discard(context: Any) -> None:
    """Remove what was put together of versions that will not be."""
    from . import versions

    for instance in context:
        versions.discard(instance)


def register(host: str) -> None:
    """Let pyblish find the plug-ins.

    Args:
        host: ``blender``, ``nuke`` or ``shell``.
    """
    pyblish.api.register_host(host)
    pyblish.api.register_plugin_path(str(PLUGINS))


def unregister(host: str) -> None:
    """Undo ``register``."""
    pyblish.api.deregister_plugin_path(str(PLUGINS))
    pyblish.api.deregister_host(host, quiet=True)
