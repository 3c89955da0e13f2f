"""Every setting of a render, in one frozen model.

The command line, host nodes and farm templates are generated from, or checked against, this model's JSON schema
(``vst describe``). Unknown keys are refused.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from vst_core.settings_model import Cuts, Frames, Lags, Layers, SettingsModel, read_json, wrong

StyleMeasure = Literal["gram", "wasserstein", "sliced"]
Network = Literal["vgg19", "vgg16"]
Precision = Literal["auto", "float32", "bfloat16"]

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


class RenderSettings(SettingsModel):
    """One shot: what comes in, what is done to it, where it goes."""

    plate: str = Field(description="Plate pattern, for example sh010.####.exr.")
    frames: Frames | None = Field(default=None, description="FIRST-LAST, inclusive; all frames on disk when left out.")
    chunk: Frames | None = Field(
        default=None, description="FIRST-LAST within the frames: render only these, bit for bit as in the whole shot."
    )
    state: Path | None = Field(
        default=None, description="Folder with the state of the frame before the chunk; the shot's own when left out."
    )
    preroll: int | None = Field(
        default=None,
        ge=0,
        le=10_000,
        description="Make the chunk a draft: start this many frames before it, which are computed but not delivered.",
    )
    layer: str | None = Field(default=None, description="Layer whose colour is stylised; found when left out.")
    color_space: str | None = Field(
        default=None, description="Colour space of the plate, an OCIO name; read from the file when left out."
    )
    style: StyleSettings = Field(description="Styles with their weights.")
    style_color_space: str | None = Field(default=None, description="Colour space of the style images.")
    method: Literal["feedforward", "optimization"] = Field(
        default="feedforward",
        description="How the frames are stylised: feedforward runs a trained network, optimization takes any image.",
    )
    network: str = Field(
        default="quality", description="Network of the feedforward method: quality, fast, or a file made by vst train."
    )
    tile: int = Field(
        default=0, ge=0, le=65536, description="Rows that the network computes at a time; 0 decides by the free memory."
    )
    strength: float = Field(
        default=1.0, ge=0, le=1, description="How much of the stylised frame is mixed over the plate."
    )
    keep_color: Literal["off", "luminance", "match"] = Field(
        default="off",
        description="Keep the plate's colours: luminance takes only light and shade from the style, match moves the "
        "style's palette to the plate's.",
    )
    temporal: bool = Field(default=True, description="Carry the previous result along; off stylises each frame alone.")
    lags: Lags | None = Field(
        default=None,
        description="How many frames back to look at earlier results: what was hidden for less than that comes back "
        "as it was. When left out 1,5 by a network; 1 by optimization, and in a draft of a chunk.",
    )
    passes: int = Field(
        default=1,
        ge=1,
        le=64,
        description="How often the shot is gone over, forward and backward in turn, forward at last: what comes into "
        "view is painted as it looks later. The time of a network grows with them; optimization shares its steps out.",
    )
    cuts: Cuts = Field(
        default="auto",
        description="Frames that begin another shot, such as 1040,1088, and are painted afresh; auto finds them, none "
        "looks for none.",
    )
    scale: float = Field(default=1.0, gt=0, le=1, description="Working size relative to the plate.")
    flow: FlowSettings = FlowSettings()
    optimization: OptimizationSettings = OptimizationSettings()
    features: Network = Field(default="vgg19", description="Feature network.")
    weights: Path | None = Field(default=None, description="File with the feature network's weights.")
    device: str = Field(default="auto", description="'auto', 'cpu', 'cuda' or 'cuda:N'.")
    precision: Precision = Field(
        default="auto", description="Precision of the feature network; auto takes bfloat16 where the processor gains."
    )
    threads: int = Field(default=0, ge=0, le=1024, description="Processor threads; 0 takes every core.")
    output: OutputSettings
    overwrite: bool = Field(default=False, description="Start over instead of continuing.")

    @model_validator(mode="after")
    def _layers_exist(self) -> Self:
        if self.method == "optimization" and self.features == "vgg16":
            for layer in (*self.optimization.content_layers, *self.optimization.style_layers):
                if layer.endswith("_4"):
                    raise wrong("features", f"vgg16 has no layer {layer}; use vgg19 or a layer up to relu5_3")
        return self

    @property
    def written_layer(self) -> str | None:
        """The layer that has the colour of what is written."""
        return self.layer if self.output.layers == "plate" else None

    @property
    def used_lags(self) -> tuple[int, ...]:
        """The lags, in order; none where each frame is stylised on its own."""
        usual = (1, 5) if self.method == "feedforward" and self.preroll is None else (1,)
        return (self.lags or usual) if self.temporal else ()

    @property
    def cut_frames(self) -> tuple[int, ...]:
        """The cuts that are named, in order."""
        return () if self.cuts in ("auto", "none") else tuple(sorted({int(part) for part in self.cuts.split(",")}))

    @model_validator(mode="after")
    def _chunk_is_whole(self) -> Self:
        for name in ("state", "preroll"):
            if getattr(self, name) is not None and (self.chunk is None or not self.temporal):
                raise wrong(name, f"{name!r} is for a chunk of a shot that is rendered frame after frame")
        if self.state is not None and self.preroll is not None:
            raise wrong("preroll", "a draft chunk, which has a preroll, takes no state")
        return self

    @model_validator(mode="after")
    def _passes_have_a_shot(self) -> Self:
        if self.passes > 1 and not self.temporal:
            raise wrong("passes", "several passes carry results from frame to frame, which 'temporal' turned off")
        if self.passes > 1 and self.chunk is not None:
            raise wrong("passes", "several passes go over the whole shot: a chunk of it cannot be made by itself")
        if self.passes > 1 and self.flow.needs_forward:
            one_way = f"{self.flow.source!r} has the flow of one direction"
            remedy = "name the forward flow files by --flow-forward"
            raise wrong("passes", f"several passes go backward, too, and {one_way}; {remedy}")
        steps = self.optimization.iterations_next
        if self.method == "optimization" and self.passes > steps:
            raise wrong("passes", f"{self.passes} passes cannot share {steps} steps; raise iterations_next")
        return self

    @property
    def stands_alone(self) -> bool:
        """Whether this is a chunk that needs none of the frames of another one: others may be rendered beside it."""
        return self.chunk is not None and (self.preroll is not None or not self.temporal)

    @classmethod
    def load(cls, path: str | Path) -> RenderSettings:
        """Read settings from a JSON file.

        Raises:
            SettingsError: the file is missing, is no JSON, or holds unknown or unsuitable settings.
        """
        return cls.of(read_json(path), where=str(path))

    def fingerprint(self, **extra: str) -> str:
        """SHA-256 over everything that decides a pixel, plus ``extra`` (weight hashes, resolved device, threads).

        Left out: where results go, how they are packed and which frames are asked for, so that a longer range
        continues a shorter one and chunks are parts of a whole. What a preroll changes is the first frame, an extra.
        """
        text = json.dumps({"settings": self.deciding(), "extra": extra}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def deciding(self) -> dict[str, Any]:
        """The settings that decide a pixel, as JSON has them."""
        asked_for = {"frames", "chunk", "state", "preroll"}
        elsewhere = {"output", "overwrite", "device", "precision", "tile"} | asked_for
        of_images = {"optimization", "features", "weights", "style_color_space"}
        other_method = {"network"} if self.method == "optimization" else of_images
        data = self.model_dump(mode="json", exclude=elsewhere | other_method)
        if self.method == "feedforward":
            del data["style"]["scale"]
        return data
