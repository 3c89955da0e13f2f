"""What the worker says about itself."""

from __future__ import annotations

import os
from typing import Any, get_args

from vst_core import __version__, weights
from vst_core.device import resolve_device
from vst_core.errors import ModelError
from vst_core.networks import ARCHITECTURES, read_styles
from vst_core.settings import Network, RenderSettings
from vst_core.worker.protocol import PROTOCOL


def greeting() -> dict[str, Any]:
    """The values of the event ``hello``.

    Returns:
        ``version`` of the engine, ``protocol``, ``pid``, ``device`` that ``auto`` stands for (or None, and why as
        ``complaint``), ``methods``, ``features`` as feature networks and the file of their weights (None where it is
        not there), ``networks`` as the trained networks that are there and their styles.
    """
    values: dict[str, Any] = {"device": None}
    try:
        values["device"] = str(resolve_device())
    except ModelError as error:
        values["complaint"] = str(error)
    return values | {
        "version": __version__,
        "protocol": PROTOCOL,
        "pid": os.getpid(),
        "methods": list(get_args(RenderSettings.model_fields["method"].annotation)),
        "features": {network: _weights_of(network) for network in get_args(Network)},
        "networks": _networks(),
    }


def _weights_of(network: str) -> str | None:
    found = weights.find(network)
    return None if found is None else str(found[1])


def _networks() -> dict[str, list[str]]:
    networks = {}
    for name in ARCHITECTURES:
        try:
            networks[name] = list(read_styles(name))
        except ModelError:  # not shipped with this version, or no network, which a render with it will tell
            continue
    return networks
