"""An export, from settings to file."""

from __future__ import annotations

import torch
from torch import Tensor

from vst_core.color import ColorConfig
from vst_core.errors import SettingsError
from vst_core.export.cat_kit import write_cat_kit
from vst_core.export.knobs import knobs_of
from vst_core.export.onnx_file import write_onnx
from vst_core.export.preview import Preview
from vst_core.export.settings import ExportSettings
from vst_core.export.torchscript import write_scripted, write_traced
from vst_core.networks import load_checkpoint


def export(settings: ExportSettings) -> None:
    """Write a network's styles as a preview that other programs run, frame by frame.

    Args:
        settings: what, and where to.

    Raises:
        ModelError: the network is missing or damaged, or a package is missing.
        OutputError: the result could not be written.
        SettingsError: the network has no such style, or the colour space is unknown or not scene-linear.
    """
    checkpoint = load_checkpoint(settings.network)
    mix = checkpoint.mixture(settings.style.styles, settings.style.blend)
    preview = Preview(checkpoint.network, _to_working(settings.color_space)).eval()
    knobs = knobs_of(checkpoint.styles, mix.tolist(), settings.strength)
    if settings.format == "cat-kit":
        name = f"{checkpoint.path.stem} {checkpoint.sha256[:8]}"
        write_cat_kit(settings.output, preview, knobs, name, settings.color_space)
    elif settings.format == "onnx":
        write_onnx(settings.output, preview, mix, settings.strength)
    elif settings.traced:
        write_traced(settings.output, preview, mix, settings.strength)
    else:
        write_scripted(settings.output, preview, knobs)


def _to_working(color_space: str) -> Tensor:
    config = ColorConfig.load()
    matrix = config.matrix(config.resolve(color_space), config.working_space())
    if matrix is None:
        raise SettingsError(
            "is not scene-linear, as what hosts hand to a model is",
            where=f"colour space {color_space!r}",
            remedy="name the host's working space, for example ACEScg",
        )
    return torch.from_numpy(matrix)
