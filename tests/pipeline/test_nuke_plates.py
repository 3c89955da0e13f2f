"""Plates that Nuke wrote: two views in one file, in each of its layouts, with forward vectors and bounding boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch
from flow_scenes import grid, pattern
from nuke_files import BY_LAYER, BY_VIEW, INTERLEAVES, Picture, nuke_parts, write_nuke
from numpy.typing import NDArray
from small_network import STYLES

from vst_core import InputError, RenderSettings, render_shot
from vst_core.flow import read_flow
from vst_core.frames import FrameRange
from vst_core.pipeline.fields import write_fields
from vst_core.settings import FlowSettings

FRAMES = FrameRange(1001, 1003)
FORMAT = (96, 64)
STEPS = {"left": (5.0, -3.0), "right": (-4.0, 2.0)}
"""What the picture of a view moves by from frame to frame, in pixels, y down."""
BOXES = {"left": (-8, -6, 112, 76), "right": (-8, -6, 112, 76)}
OFFSET_BOXES = {"left": (-8, -6, 112, 76), "right": (6, 4, 84, 56)}


def picture(view: str, frame: int, box: tuple[int, int, int, int]) -> Picture:
    x, y = grid(box[3], box[2])
    right, down = STEPS[view]
    steps = frame - FRAMES.first
    image = pattern(x + box[0] - right * steps, y + box[1] - down * steps, seed=len(view))[0].numpy() * 1.5
    noise = np.random.default_rng(frame).random((3, box[3], box[2])).astype(np.float32)
    channels = dict(zip(("rgba.red", "rgba.green", "rgba.blue"), image, strict=True))
    channels |= dict(zip(("diffuse.red", "diffuse.green", "diffuse.blue"), noise, strict=True))
    channels["rgba.alpha"] = np.ones_like(noise[0])
    channels["forward.u"] = np.full_like(noise[0], right)  # to where the next frame shows the same, y up
    channels["forward.v"] = np.full_like(noise[0], -down)
    channels["depth.Z"] = noise[0] * 100
    return Picture(channels, box, FORMAT)


def write_shot(folder: Path, interleave: str, boxes: dict[str, tuple[int, int, int, int]]) -> str:
    folder.mkdir()
    for frame in FRAMES:
        views = {view: picture(view, frame, box) for view, box in boxes.items()}
        write_nuke(folder / f"plate.{frame}.exr", views, interleave)
    return str(folder / "plate.####.exr")


def settings(plate: str, output: Path, view: str, network: Path) -> RenderSettings:
    return RenderSettings.of(
        {
            "plate": plate,
            "layer": view,
            "network": str(network),
            "style": {"styles": STYLES[:1]},
            "precision": "float32",
            "threads": 1,
            "output": {"pattern": str(output / "out.####.exr")},
        }
    )


Parts = list[tuple[str, tuple[int, ...], dict[str, NDArray[np.float32]]]]


def parts_of(path: Path) -> Parts:
    """Name, windows and channels of every part."""
    parts = []
    for part in OpenEXR.File(str(path), separate_channels=True).parts:
        windows = (*np.ravel(part.header["dataWindow"]), *np.ravel(part.header["displayWindow"]))
        channels = {name: channel.pixels for name, channel in part.channels.items()}
        parts.append((str(part.header.get("view")), tuple(int(corner) for corner in windows), channels))
    return parts


def changed(plate: Path, result: Path) -> set[tuple[str, str]]:
    """View and channel of everything that differs; where windows or names do, the test fails."""
    found = set()
    for (view, window, before), (same_view, same_window, after) in zip(parts_of(plate), parts_of(result), strict=True):
        assert (view, window, before.keys()) == (same_view, same_window, after.keys())
        found |= {(view, name) for name in before if before[name].tobytes() != after[name].tobytes()}
    return found


@pytest.mark.parametrize("interleave", INTERLEAVES)
@pytest.mark.parametrize("view", ["left", "right"])
def test_only_the_colour_of_the_view_changes(small_network: Path, tmp_path: Path, interleave: str, view: str) -> None:
    plate = write_shot(tmp_path / "plate", interleave, BOXES)
    results = list(render_shot(settings(plate, tmp_path / "out", view, small_network)))
    assert [note for result in results for note in result.notes] == []
    prefix = "right." if interleave == INTERLEAVES[0] and view == "right" else ""
    where = "None" if interleave == INTERLEAVES[0] else view
    for frame in FRAMES:
        different = changed(tmp_path / "plate" / f"plate.{frame}.exr", tmp_path / "out" / f"out.{frame}.exr")
        assert different == {(where, f"{prefix}{component}") for component in "RGB"}


@pytest.mark.parametrize(
    ("interleave", "boxes"),
    [*((interleave, BOXES) for interleave in INTERLEAVES), (BY_VIEW, OFFSET_BOXES), (BY_LAYER, OFFSET_BOXES)],
)
@pytest.mark.parametrize("view", ["left", "right"])
def test_the_vectors_of_the_view_are_taken_with_their_signs(
    tmp_path: Path, interleave: str, view: str, boxes: dict[str, tuple[int, int, int, int]]
) -> None:
    plate = write_shot(tmp_path / "plate", interleave, boxes)
    flow = FlowSettings(source="vectors")
    (first, *_) = write_fields(plate, str(tmp_path / "b.####.flo"), flow=flow, frames=FRAMES, layer=view)
    backward_flow = read_flow(first)[0]
    assert backward_flow.shape[-2:] == (boxes[view][3], boxes[view][2])
    inner = backward_flow[..., 12:-12, 12:-12]
    assert torch.allclose(inner, -torch.tensor(STEPS[view]).view(1, 2, 1, 1).expand_as(inner), atol=0.05)


def test_vectors_that_only_the_other_view_has_are_not_taken(small_network: Path, tmp_path: Path) -> None:
    (tmp_path / "plate").mkdir()
    for frame in FRAMES:
        views = {view: picture(view, frame, box) for view, box in BOXES.items()}
        left = {name: plane for name, plane in views["left"].channels.items() if not name.startswith("forward")}
        views["left"] = Picture(left, BOXES["left"], FORMAT)
        write_nuke(tmp_path / "plate" / f"plate.{frame}.exr", views, BY_VIEW)
    plate = str(tmp_path / "plate" / "plate.####.exr")
    with pytest.raises(InputError, match=r"frame 1001, .*plate\.1001\.exr: has no motion vectors"):
        list(render_shot(settings(plate, tmp_path / "out", "left", small_network)))


def test_vectors_in_a_smaller_box_than_the_colour(small_network: Path, tmp_path: Path) -> None:
    (tmp_path / "plate").mkdir()
    for frame in FRAMES:
        whole = picture("left", frame, BOXES["left"])
        vectors = {name: plane[4:, 6:] for name, plane in whole.channels.items() if name.startswith("forward")}
        color = {name: plane for name, plane in whole.channels.items() if name.startswith("rgba")}
        pictures = Picture(color, BOXES["left"], FORMAT), Picture(vectors, (-2, -2, 106, 72), FORMAT)
        parts = [part for each in pictures for part in nuke_parts({"left": each}, by_layer=True)]
        OpenEXR.File(parts).write(str(tmp_path / "plate" / f"plate.{frame}.exr"))
    plate = str(tmp_path / "plate" / "plate.####.exr")
    results = list(render_shot(settings(plate, tmp_path / "out", "left", small_network)))
    assert [(result.frame, result.notes) for result in results] == [(frame, ()) for frame in FRAMES]
