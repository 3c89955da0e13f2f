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

from vst_core.settings_groups import (
    COMPRESSIONS,
    FLOW_SOURCES,
    FlowSettings,
    MatteSettings,
    OptimizationSettings,
    OutputSettings,
    StyleMeasure,
    StyleSettings,
)
from vst_core.settings_model import Cuts, Frames, Lags, SettingsModel, read_json, wrong

__all__ = [
    "COMPRESSIONS",
    "FLOW_SOURCES",
    "FlowSettings",
    "MatteSettings",
    "Network",
    "OptimizationSettings",
    "OutputSettings",
    "Precision",
    "RenderSettings",
    "StyleMeasure",
    "StyleSettings",
]

Network = Literal["vgg19", "vgg16"]
Precision = Literal["auto", "float32", "bfloat16"]


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
    matte: MatteSettings = MatteSettings()
    over: str | None = Field(
        default=None,
        description="Pattern of frames that the painting is mixed over, such as the shot in another style; the plate "
        "when left out.",
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

    @model_validator(mode="after")
    def _background_shows(self) -> Self:
        if self.over is not None and self.strength == 1 and not self.matte.is_given:
            raise wrong("over", "nothing of it would show; give --matte, or a --strength below 1")
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
