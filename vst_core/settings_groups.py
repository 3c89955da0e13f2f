"""The groups that a render's settings come in."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from vst_core.settings_model import Layers, SettingsModel, wrong

StyleMeasure = Literal["gram", "wasserstein", "sliced"]

FLOW_SOURCES = ("vectors", "dis", "farneback", "deepflow", "raft", "none")
COMPRESSIONS = ("none", "rle", "zips", "zip", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab")


class StyleSettings(SettingsModel):
    """Which styles, and how much of each."""

    styles: tuple[str, ...] = Field(
        min_length=1,
        description="Styles of the network by name, or, for optimization, style images; several are blended.",
    )
    weights: tuple[float, ...] = Field(default=(), description="One weight for each style; equal when left out.")
    scale: float = Field(
        default=1.0,
        gt=0,
        le=4,
        description="Size of the style image relative to the frame, for optimization: larger gives larger strokes.",
    )

    @model_validator(mode="after")
    def _weights_match(self) -> Self:
        if self.weights and len(self.weights) != len(self.styles):
            raise wrong("weights", f"{len(self.weights)} weights for {len(self.styles)} styles")
        if any(weight < 0 for weight in self.weights) or (self.weights and sum(self.weights) <= 0):
            raise wrong("weights", "weights must not be negative and must not sum to 0")
        return self

    @property
    def blend(self) -> tuple[float, ...]:
        """One weight for each style, summing to 1."""
        weights = self.weights or (1.0,) * len(self.styles)
        return tuple(weight / sum(weights) for weight in weights)

    @property
    def images(self) -> tuple[Path, ...]:
        """The styles as files, which they are for optimization."""
        return tuple(Path(style) for style in self.styles)


class MatteSettings(SettingsModel):
    """Where the painting shows."""

    name: str | None = Field(
        default=None,
        description="Where the painting shows: a channel, or objects of a Cryptomatte such as CryptoObject:Hero,Tree*; "
        "of a matte file alpha, or its one channel, when left out.",
    )
    file: str | None = Field(default=None, description="Pattern of files that hold the matte; the plate when left out.")
    invert: bool = Field(default=False, description="Show the painting everywhere else.")

    @property
    def is_given(self) -> bool:
        """Whether there is one."""
        return self.name is not None or self.file is not None

    @model_validator(mode="after")
    def _there_is_one(self) -> Self:
        if self.invert and not self.is_given:
            raise wrong("invert", "there is no matte to invert; name one by --matte or --matte-file")
        return self


class FlowSettings(SettingsModel):
    """Where motion comes from. ``source`` is one of the named sources or a file pattern of flow fields."""

    source: str = Field(
        default="vectors",
        description=f"{', '.join(FLOW_SOURCES)}, or a pattern of .flo or KITTI files (backward flow at each frame) or "
        "of EXR files with motion vectors.",
    )
    forward: str | None = Field(
        default=None, description="Pattern of forward flow files, for the occlusion test; only with a file pattern."
    )
    layer: str | None = Field(
        default=None,
        description="Layer, or two channels 'u,v', holding the motion vectors; found by name when left out.",
    )
    forward_layer: str | None = Field(
        default=None,
        description="Layer, or two channels 'u,v', holding the motion to the next frame, as many renderers write it; "
        "alone or with a layer for the other direction.",
    )
    flip_x: bool = Field(default=False, description="Reverse the vectors' x.")
    flip_y: bool = Field(default=False, description="Reverse the vectors' y.")
    scale: float = Field(default=1.0, description="Factor that turns the vectors' units into pixels.")
    zero: float = Field(default=0.0, description="Value of the vectors that means no motion; 0.5 in some renderers.")
    raft_weights: Path | None = Field(default=None, description="File with RAFT weights, for source 'raft'.")

    @property
    def is_pattern(self) -> bool:
        """Whether ``source`` is a file pattern and not a named source."""
        return self.source not in FLOW_SOURCES

    @property
    def is_exr_pattern(self) -> bool:
        """Whether ``source`` is a pattern of EXR files, whose motion vectors are taken."""
        return self.is_pattern and self.source.lower().endswith(".exr")

    @property
    def needs_forward(self) -> bool:
        """Whether ``source`` is a pattern of flow files by which nothing can be carried backward."""
        return self.is_pattern and not self.is_exr_pattern and self.forward is None

    @model_validator(mode="after")
    def _source_is_known(self) -> Self:
        if self.is_pattern and not any(mark in self.source for mark in "./\\#%@$"):
            known = ", ".join(FLOW_SOURCES)
            raise wrong("source", f"unknown flow source {self.source!r}; choose one of {known} or a file pattern")
        if self.forward is not None and not self.is_pattern:
            raise wrong("forward", "'forward' needs a file pattern as the source")
        if self.scale == 0:
            raise wrong("scale", "a vector scale of 0 would remove all motion; use source 'none' for that")
        return self


class OptimizationSettings(SettingsModel):
    """Optimisation of the pixels: alpha L_content + beta L_style + gamma L_temporal + TV.

    The four weights multiply each loss's reference balance, which was tuned on the sample shot for every style loss.
    """

    style_loss: StyleMeasure = Field(default="wasserstein", description="How style is measured.")
    optimizer: Literal["adam", "lbfgs"] = Field(default="adam", description="Solver.")
    iterations: int = Field(default=300, ge=1, le=100_000, description="Steps for a frame without a prior, all scales.")
    iterations_next: int = Field(
        default=80, ge=1, le=100_000, description="Steps for a frame that starts from the one before it."
    )
    learning_rate: float = Field(default=0.02, gt=0, le=1, description="Adam's step in display units.")
    scales: int = Field(default=4, ge=1, le=8, description="Sizes from coarse to fine, each sqrt(2) larger.")
    content_weight: float = Field(default=1.0, ge=0, description="alpha: how much the content is held.")
    style_weight: float = Field(default=1.0, ge=0, description="beta: how strongly the style is imposed.")
    temporal_weight: float = Field(default=1.0, ge=0, description="gamma: how much flicker is suppressed.")
    tv_weight: float = Field(default=1.0, ge=0, description="How much noise is smoothed.")
    long_term: Literal["nearest", "mean"] = Field(
        default="nearest",
        description="What several lags bind a frame to: 'nearest' takes an older result where none nearer can be "
        "trusted, as published; 'mean' binds it to all of them alike, which flickers less over many frames.",
    )
    content_layers: Layers = Field(default=("relu4_2",), description="Features that carry content.")
    style_layers: Layers = Field(
        default=("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), description="Features that carry style."
    )
    seed: int = Field(default=0, ge=0, lt=1 << 32, description="Seed of the sliced loss's random directions.")

    def steps_in(self, number: int, passes: int) -> int:
        """Steps of a frame that starts from others, in one of so many passes, counted from 1."""
        share, rest = divmod(self.iterations_next, passes)
        return share + (number <= rest)


class OutputSettings(SettingsModel):
    """Where and how results are written."""

    pattern: str = Field(description="Output file pattern, for example out/sh010.####.exr.")
    data_type: Literal["plate", "half", "float"] = Field(
        default="plate", description="Type of the colour channels; all others keep their own."
    )
    compression: str = Field(default="plate", description=f"'plate' or one of {', '.join(COMPRESSIONS)}.")
    layers: Literal["plate", "color"] = Field(
        default="plate", description="'plate' passes all other layers through, 'color' writes colour and alpha alone."
    )

    @model_validator(mode="after")
    def _compression_is_known(self) -> Self:
        if self.compression != "plate" and self.compression not in COMPRESSIONS:
            known = ", ".join(COMPRESSIONS)
            raise wrong("compression", f"unknown compression {self.compression!r}; give 'plate' or {known}")
        return self

    @property
    def stored_compression(self) -> str | None:
        """The compression, None for the plate's."""
        return None if self.compression == "plate" else self.compression

    @property
    def layers_compression(self) -> str | None:
        """The compression that other layers get; None for the plate's, and where there will be no others."""
        return self.stored_compression if self.layers == "plate" else None
