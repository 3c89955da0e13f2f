"""What decides a shot's pixels, as one digest, and the files among it."""

from __future__ import annotations

from pathlib import Path

from vst_core import weights
from vst_core.color import DisplayTransform
from vst_core.frame_io import read_header
from vst_core.pipeline.beside import Beside
from vst_core.pipeline.foreign import FINGERPRINT
from vst_core.pipeline.manifest import Asset, asset
from vst_core.pipeline.method import LoadedMethod, style_images
from vst_core.pipeline.motion_source import raft_weights, used_flow
from vst_core.pipeline.span import Span
from vst_core.settings import RenderSettings


def fingerprint(
    settings: RenderSettings, span: Span, transform: DisplayTransform, loaded: LoadedMethod, pixel_aspect: float
) -> str:
    """SHA-256 over everything that decides a shot's pixels: settings, first frame, weights, styles, device, threads."""
    # A draft starts later than its shot, whose first frame decides about colours all the same.
    starts = {span.first} if settings.keep_color == "off" else {span.first, span.shot.first}
    # What follows says by content what these say by name, and a farm knows the same files by other paths.
    images = style_assets(settings)
    style = settings.style.model_copy(update={"styles": ()}) if images else settings.style
    motion = {"source": _name(settings.flow.source), "forward": _name(settings.flow.forward), "raft_weights": None}
    named_by_content = {
        "plate": _name(settings.plate),
        "flow": settings.flow.model_copy(update=motion),
        "matte": settings.matte.model_copy(update={"file": _name(settings.matte.file)}),
        "over": _name(settings.over),
        "style": style,
        "weights": None,
        "network": "",
        "threads": 0,
        "lags": settings.used_lags,
    }
    # A pass that goes backward begins where the shot ends.
    whole = {"shot": str(span.shot)} if settings.passes > 1 else {}
    return settings.model_copy(update=named_by_content).fingerprint(
        **whole,
        first=" ".join(map(str, sorted(starts))),
        weights=" ".join(each.sha256 for each in networks_used(settings, loaded)),
        device=str(loaded.device),
        color_space=transform.color_space,
        pixel_aspect=str(pixel_aspect),
        background=_background(settings, span),
        styles=" ".join(image.sha256 for image in images),
    )


def _name(path: str | None) -> str | None:
    return path and Path(path).name


def _background(settings: RenderSettings, span: Span) -> str:
    """What a background says it was made with; nothing of one that this program did not make.

    Raises:
        InputError: its first frame cannot be read.
    """
    if settings.over is None:
        return ""
    return str(read_header(Beside(settings.over).path(span.shot.first)).metadata.get(FINGERPRINT, ""))


def networks_used(settings: RenderSettings, loaded: LoadedMethod) -> tuple[Asset, ...]:
    """The weights that a render is made with: the method's, and those of its motion.

    Raises:
        ModelError: they cannot be read.
    """
    motion = raft_weights(used_flow(settings))
    return (loaded.weights,) if motion is None else (loaded.weights, asset(motion, weights.prove(motion)))


def style_assets(settings: RenderSettings) -> tuple[Asset, ...]:
    """The style images of a render, each with its hash.

    Raises:
        ModelError: one cannot be read.
    """
    return tuple(asset(path, weights.file_sha256(path)) for path in style_images(settings))
