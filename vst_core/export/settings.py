"""Settings of an export."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from vst_core.color.space import WORKING_SPACE
from vst_core.settings import StyleSettings
from vst_core.settings_model import SettingsModel

Format = Literal["torchscript", "cat-kit", "onnx"]

_SUFFIXES: dict[Format, str] = {"torchscript": ".pt", "onnx": ".onnx"}


class ExportSettings(SettingsModel):
    """What is exported, and where to."""

    format: Format = Field(description="torchscript, cat-kit or onnx.")
    output: Path = Field(description="NAME.pt, NAME.onnx, or for cat-kit a folder.")
    style: StyleSettings = Field(description="Styles with their weights, where the knobs begin.")
    strength: float = Field(default=1.0, ge=0, le=1, description="How much of the style, where its knob begins.")
    network: str = Field(default="quality", description="Network: quality, fast, or a file made by vst train.")
    color_space: str = Field(default=WORKING_SPACE, description="Scene-linear space the host works in, an OCIO name.")
    traced: bool = Field(default=False, description="Fix styles and strength in a traced graph; for torchscript.")

    @model_validator(mode="after")
    def _output_is_of_the_format(self) -> Self:
        suffix = _SUFFIXES.get(self.format, "")
        if suffix and self.output.suffix.lower() != suffix:
            raise ValueError(f"the name of a file for {self.format} ends in {suffix}")
        if self.traced and self.format != "torchscript":
            raise ValueError(f"{self.format} is never traced; leave --traced out, or use --format torchscript")
        return self
