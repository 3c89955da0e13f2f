"""All methods over one shot, rendered and measured in one run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vst_core.errors import SettingsError
from vst_core.methods import read_style
from vst_core.networks import read_styles
from vst_core.pipeline.cache import RenderCache
from vst_core.pipeline.distance import Distances
from vst_core.pipeline.measure import Report, measure_shot
from vst_core.pipeline.render import FrameProgress, render_shot
from vst_core.pipeline.sequences import plate_frames
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, RenderSettings

LAGS = (1, 10)
"""Distances in frames at which flicker is measured: short and long."""
_PASSES = 4
_GRAM = {"method": "optimization", "style_loss": "gram"}

METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "gatys": ("Gatys 2016, each frame alone", {**_GRAM, "temporal": False}),
    "naive": ("Gatys, held to the frame before as it stands", {**_GRAM, "flow.source": "none"}),
    "ruder": ("Ruder 2016, short term", _GRAM),
    "ruder-long": ("Ruder 2016, long term", {**_GRAM, "lags": (1, 2, 4)}),
    "ruder-passes": (f"Ruder 2016, {_PASSES} passes", {**_GRAM, "passes": _PASSES}),
    "wasserstein": ("Wasserstein, short term", {"method": "optimization", "style_loss": "wasserstein"}),
    "sliced": ("sliced Wasserstein, short term", {"method": "optimization", "style_loss": "sliced"}),
    "quality-alone": ("network quality, each frame alone", {"network": "quality", "temporal": False}),
    "quality-short": ("network quality, the frame before alone", {"network": "quality", "lags": (1,)}),
    "quality": ("network quality", {"network": "quality"}),
    "quality-passes": ("network quality, 2 passes", {"network": "quality", "passes": 2}),
    "fast-short": ("network fast, the frame before alone", {"network": "fast", "lags": (1,)}),
    "fast": ("network fast", {"network": "fast"}),
}
"""What is compared: by name, in words, and what it changes in the settings."""
_OWN = ("temporal", "network", "lags", "passes", "chunk", "state", "preroll")
"""Settings that a method has or not, whatever those of the shot say; a comparison is of all its frames."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One method on the shot.

    Attributes:
        name: one of ``METHODS``.
        label: the same in words.
        seconds: of the whole render, divided by the frames; the network or VGG loaded and the files written.
        report: flicker, style and content.
    """

    name: str
    label: str
    seconds: float
    report: Report

    @property
    def distances(self) -> Distances:
        """To style and content."""
        assert self.report.style is not None
        return self.report.style["stylized"]


def plan_comparison(base: Mapping[str, Any], folder: Path, only: Sequence[str] = ()) -> dict[str, RenderSettings]:
    """The renders of a comparison.

    Args:
        base: settings of a render as plain data, with one style image. Method and output are set here; how a method
            looks back is its own, and all frames are rendered.
        folder: where the frames go, each method's in a folder of its own.
        only: names of the methods to compare; all when left out, of the networks those that know the style by the
            image's name.

    Raises:
        SettingsError: a method is unknown, or a network that was asked for does not know the style; or as ``of``.
    """
    unknown = next((name for name in only if name not in METHODS), None)
    if unknown is not None:
        raise SettingsError(f"unknown method {unknown!r}", where="--only", remedy=f"choose from {', '.join(METHODS)}")
    styles = base["style"]["styles"]
    if len(styles) != 1:
        raise SettingsError("takes one style image", where="--style", remedy="compare one style at a time")
    style = Path(styles[0]).stem
    plan = {}
    for name, (_, changes) in METHODS.items():
        if only and name not in only:
            continue
        network = changes.get("network")
        if network is not None and style not in (known := read_styles(network)):
            if not only:
                continue
            raise SettingsError(
                f"network {network!r} has no style {style!r}",
                where="--only",
                remedy=f"its styles are {', '.join(known)}",
            )
        plan[name] = _settings(base, changes, style, f"{folder / name}/{name}.####.exr")
    return plan


def compare_methods(
    plan: Mapping[str, RenderSettings],
    style: Path,
    flow: FlowSettings,
    on_progress: Callable[[str, FrameProgress], None] = lambda _, __: None,
) -> Iterator[Compared]:
    """Render a shot with one method after the other, anew, and measure each result. Of the distances in frames that a
    method looks back over, those are left out that do not fit the shot.

    Args:
        plan: see ``plan_comparison``.
        style: the style image.
        flow: where the motion comes from that flicker is measured by.
        on_progress: called every few steps of a frame, with the method's name.

    Raises:
        VstError: one line that names frame and file.
    """
    cache = RenderCache()
    read_style(style)  # which is measured after the first render: what is wrong with it is said before
    for name, planned in plan.items():
        settings = _fitting(name, planned)
        start = time.perf_counter()
        frames = len(list(render_shot(settings, partial(on_progress, name), cache)))
        seconds = (time.perf_counter() - start) / frames
        yield Compared(name, METHODS[name][0], seconds, _measured(settings, style, flow))


def _settings(base: Mapping[str, Any], changes: Mapping[str, Any], style: str, output: str) -> RenderSettings:
    data: dict[str, Any] = {
        **{key: value for key, value in base.items() if key not in _OWN},
        "method": changes.get("method", "feedforward"),
        "output": {"pattern": output},
        "overwrite": True,
        "optimization": {**base.get("optimization", {})},
    }
    data["optimization"].pop("long_term", None)  # what is compared is as published
    data |= {setting: changes[setting] for setting in _OWN if setting in changes}
    if "style_loss" in changes:
        data["optimization"]["style_loss"] = changes["style_loss"]
    if "flow.source" in changes:
        data["flow"] = {"source": changes["flow.source"]}
    if data["method"] == "feedforward":
        data["style"] = {"styles": [style]}
    return RenderSettings.of(data)


def _fitting(name: str, settings: RenderSettings) -> RenderSettings:
    """The settings of a method, less those of its own lags that its frames are too few for."""
    if "lags" not in METHODS[name][1]:
        return settings
    frames = plate_frames(FrameSequence.parse(settings.plate), settings.frames)
    fitting = tuple(lag for lag in settings.used_lags if lag < max(2, len(frames)))
    return settings.model_copy(update={"lags": fitting})


def _measured(settings: RenderSettings, style: Path, flow: FlowSettings) -> Report:
    frames = plate_frames(FrameSequence.parse(settings.plate), settings.frames)
    return measure_shot(
        settings.output.pattern,
        settings.plate,
        flow=flow,
        lags=tuple(lag for lag in LAGS if lag < len(frames)),
        styles=(style,),
        frames=frames,
        layer=settings.layer,
        color_space=settings.color_space,
        network=settings.features,
        weights_path=settings.weights,
    )
