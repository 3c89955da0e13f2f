"""A trial: one frame of a picture made here, to show that weights, device, colour and files work together."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from vst_core import __version__, weights
from vst_core.device import resolve_device
from vst_core.networks import find_checkpoint, read_styles
from vst_core.pipeline.cache import RenderCache
from vst_core.pipeline.render import render_shot
from vst_core.settings import FlowSettings, OutputSettings, RenderSettings, StyleSettings
from vst_core.worker.jobs import Job

SIDE = 128
STEPS = 5
_OF_FILES = ("plate", "frames", "layer", "color_space", "style", "style_color_space", "flow", "output")


def trial_settings(given: dict[str, Any]) -> RenderSettings:
    """Settings of the trial: those given, less what is about the files of a shot, and few steps of an optimisation.

    Raises:
        SettingsError: one of the others is unknown or out of range.
    """
    kept = {name: value for name, value in given.items() if name not in _OF_FILES}
    settings = RenderSettings.of(
        kept | {"plate": "plate.png", "style": {"styles": ["style.png"]}, "output": {"pattern": "out.exr"}}
    )
    steps = settings.optimization.model_copy(update={"iterations": STEPS, "scales": 1})
    alone = {"temporal": False, "passes": 1, "scale": 1.0, "flow": FlowSettings(source="none")}
    return settings.model_copy(update={"optimization": steps, **alone})


def run_trial(settings: RenderSettings, cache: RenderCache, job: Job) -> dict[str, Any]:
    """Render the frame.

    Returns:
        ``version``, ``method``, ``device``, ``width`` and ``height`` in pixels, ``weights`` as the file of the network,
        and ``seconds`` that the frame took. Where there is no such file, ``weights`` and ``seconds`` are None: nothing
        is downloaded for a trial.

    Raises:
        VstError: it does not work.
        Cancelled: the host no longer wants it.
    """
    path = _weights(settings)
    report = {
        "version": __version__,
        "method": settings.method,
        "device": str(resolve_device(settings.device, settings.precision, settings.threads)),
        "width": SIDE,
        "height": SIDE,
        "weights": None if path is None else str(path),
        "seconds": None,
    }
    if path is None:
        return report
    with TemporaryDirectory(prefix="vst-trial-") as folder:
        made = _with_files(settings, Path(folder))
        (result,) = render_shot(made, lambda _: job.stop_if_cancelled(), cache)
    return report | {"seconds": round(result.seconds, 3)}


def _weights(settings: RenderSettings) -> Path | None:
    if settings.method == "feedforward":
        path = find_checkpoint(settings.network)
        return path if path.is_file() else None
    if settings.weights is not None:
        return settings.weights
    found = weights.find(settings.features)
    return None if found is None else found[1]


def _with_files(settings: RenderSettings, folder: Path) -> RenderSettings:
    plate, style = (_write_picture(folder / f"{name}.png", waves) for name, waves in (("plate", 2), ("style", 9)))
    wanted = read_styles(settings.network)[0] if settings.method == "feedforward" else str(style)
    return settings.model_copy(
        update={
            "plate": str(plate),
            "style": StyleSettings(styles=(wanted,)),
            "output": OutputSettings(pattern=str(folder / "out.exr")),
        }
    )


def _write_picture(path: Path, waves: int) -> Path:
    """A square of soft coloured waves, so many from side to side."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] * (2 * np.pi * waves / SIDE)
    picture = np.stack([np.sin(x + y), np.sin(x - 2 * y), np.cos(2 * x + y)], axis=-1)
    _, data = cv2.imencode(".png", (127.5 + 120 * picture).astype(np.uint8))
    path.write_bytes(data.tobytes())  # by itself OpenCV finds no folder on Windows that has an umlaut in its name
    return path
