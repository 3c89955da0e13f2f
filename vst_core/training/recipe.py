"""Every setting of a training: what decides a checkpoint, in one frozen model that the checkpoint carries."""

from __future__ import annotations

import hashlib
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from vst_core.settings import Network
from vst_core.settings_model import Layers, SettingsModel, read_part

Size = Literal["quality", "fast"]


class Stage(SettingsModel):
    """A part of the training with clips of one length and size."""

    frames: int = Field(ge=1, le=8, description="Frames that are stylised in a row, the gradient going through all.")
    share: float = Field(gt=0, description="Share of the steps, relative to those of the other stages.")
    side: int = Field(ge=64, le=1024, multiple_of=16, description="Side of the frames in pixels.")
    batch: int = Field(ge=1, le=64, description="Clips in a step.")


class Recipe(SettingsModel):
    """How a network is trained. The shipped ones were trained by the recipes in ``samples/recipes``.

    Weights multiply losses that are relative to the style's own features, as in optimisation.
    """

    size: Size = Field(default="fast", description="Architecture.")
    normalization: Literal["instance", "batch", "none"] = Field(
        default="instance", description="What the network normalises by; a render needs instance normalisation."
    )
    styles: tuple[Path, ...] = Field(min_length=1, description="Style images; a style is called as its file.")
    style_side: int = Field(
        default=320, ge=64, le=2048, description="Side of a square of a style image's area: larger, larger strokes."
    )
    start: Path | None = Field(
        default=None, description="A trained network of this size and these styles to go on from; none, a new one."
    )
    data: str = Field(default="synthetic", description="A folder of pictures, or 'synthetic': generated scenes.")
    steps: int = Field(default=4000, ge=1, le=10_000_000, description="Steps of all stages.")
    stages: tuple[Stage, ...] = Field(
        default=(
            Stage(frames=1, share=0.45, side=128, batch=2),
            Stage(frames=2, share=0.4, side=128, batch=2),
            Stage(frames=4, share=0.15, side=128, batch=1),
        ),
        min_length=1,
        description="Stages, one after the other.",
    )
    learning_rate: float = Field(default=3e-3, gt=0, le=1, description="Adam's highest step.")
    style_loss: Literal["gram", "wasserstein"] = Field(default="gram", description="How style is measured.")
    style_layers: Layers = Field(
        default=("relu1_1", "relu2_1", "relu3_1", "relu4_1"), description="Features that carry style."
    )
    content_layers: Layers = Field(default=("relu3_1",), description="Features that carry content.")
    style_weight: float = Field(default=1.0, ge=0, description="beta: how strongly the style is imposed.")
    content_weight: float = Field(default=1.0, ge=0, description="alpha: how much the content is held.")
    temporal_weight: float = Field(default=1.0, ge=0, description="gamma: how much flicker is suppressed.")
    tv_weight: float = Field(default=1.0, ge=0, description="How much noise is smoothed.")
    features: Network = Field(default="vgg16", description="Feature network of the losses.")
    spike_weight: float = Field(
        default=1.0, ge=0, description="How much spots that rise high above their map, and show as blots, are levelled."
    )
    keep: float = Field(
        default=0.0,
        ge=0,
        le=8,
        description="How much more of the frame before the finished network keeps than it was trained to: added to the "
        "gate before its sigmoid.",
    )
    seed: int = Field(default=0, ge=0, lt=1 << 32, description="Seed of everything random.")

    @model_validator(mode="after")
    def _names_differ(self) -> Recipe:
        if len(set(self.style_names)) < len(self.styles):
            raise ValueError("two style images have one name; a style is called as its file, so rename one")
        return self

    @property
    def style_names(self) -> tuple[str, ...]:
        """What each style is called."""
        return tuple(path.stem for path in self.styles)

    @property
    def stage_ends(self) -> tuple[int, ...]:
        """The number of steps that are done when each stage is."""
        total = sum(stage.share for stage in self.stages)
        return tuple(
            round(self.steps * reached / total) for reached in accumulate(stage.share for stage in self.stages)
        )

    def stage_at(self, step: int) -> Stage:
        """The stage that a step, from 0 on, belongs to."""
        ends = zip(self.stages, self.stage_ends, strict=True)
        return next((stage for stage, end in ends if step < end), self.stages[-1])

    def digest(self, *extra: str) -> str:
        """SHA-256 over the recipe and what else decides a training: weight and style hashes, device."""
        return hashlib.sha256("\n".join((self.model_dump_json(), *extra)).encode()).hexdigest()


def read_recipe(path: Path) -> dict[str, Any]:
    """A recipe that a JSON file says, as plain data; its styles may be said elsewhere.

    Raises:
        SettingsError: the file is missing, is no JSON, or holds unknown or unsuitable settings.
    """
    return read_part(Recipe, path, {"styles": ["elsewhere"]})
