"""Settings of a training run: the recipe, and where and on what it is carried out."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from vst_core.settings import Precision
from vst_core.settings_model import SettingsModel
from vst_core.training.recipe import Recipe

_SUFFIX = ".safetensors"


class TrainingSettings(SettingsModel):
    """One training run."""

    recipe: Recipe
    output: Path = Field(description="The network's file, NAME.safetensors; NAME.training beside it holds the rest.")
    samples: Path | None = Field(
        default=None, description="Picture that samples are made of on the way; generated scenes when left out."
    )
    license: str = Field(default="", description="Licence of the network, a text for its model card.")
    weights: Path | None = Field(default=None, description="File with the feature network's weights.")
    device: str = Field(default="auto", description="'auto', 'cpu', 'cuda' or 'cuda:N'.")
    precision: Precision = Field(
        default="auto", description="Precision of the networks; auto takes bfloat16 where the processor gains."
    )
    threads: int = Field(default=0, ge=0, le=1024, description="Processor threads; 0 takes every core.")
    overwrite: bool = Field(default=False, description="Start over instead of continuing.")

    @field_validator("output")
    @classmethod
    def _output_is_a_network(cls, output: Path) -> Path:
        if output.suffix.lower() != _SUFFIX:
            raise ValueError(f"the name of a network's file ends in {_SUFFIX}")
        try:
            str(output).encode()
        except UnicodeEncodeError:  # safetensors reads no other file
            raise ValueError("the name of a network's file must be UTF-8") from None
        return output

    @property
    def folder(self) -> Path:
        """Where everything beside the network goes."""
        return self.output.with_suffix(".training")

    @property
    def makes_network(self) -> bool:
        """Whether a network is written at the end.

        A checkpoint does not say what its network normalises by, since a render knows instance normalisation alone;
        others are there to be compared by their losses and samples.
        """
        return self.recipe.normalization == "instance"
