"""Plates of other colour spaces, formats and layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR
from numpy.typing import NDArray
from small_shot import (
    Channels,
    SmallShot,
    attributes_of,
    color_of,
    difference,
    is_color,
    out,
    read_channels,
    same,
    to_display,
    write_channels,
)

from vst_core import check_shot
from vst_core.color import resolve_color_space
from vst_core.frame_io import read_header

Color = NDArray[np.floating[Any]]
REC709_TO_ACESCG = np.array(  # Bradford from D65, as in the ACES 1.3 configurations
    [[0.613097, 0.339523, 0.047379], [0.070194, 0.916354, 0.013452], [0.020616, 0.109570, 0.869815]]
)


def with_color(channels: Channels, color: Color) -> Channels:
    names = [f"ViewLayer.Combined.{component}" for component in "RGB"]
    return channels | {name: color[..., i].astype(channels[name].dtype) for i, name in enumerate(names)}


def test_an_acescg_plate_gives_the_same_picture_in_acescg(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    for tagged in (True, False):
        shot = small_shot.copy(tmp_path / f"plate {tagged}")
        for frame in (1001, 1002):
            channels = read_channels(shot.path(frame))
            color = color_of(channels) @ REC709_TO_ACESCG.T
            tag = {"colorInteropID": "lin_ap1_scene"} if tagged else {}
            write_channels(shot.path(frame), with_color(channels, color), **tag)
        folder = tmp_path / f"out {tagged}"
        shot.render(folder, frames="1001-1002", color_space=None if tagged else "ACEScg")
        for frame in (1001, 1002):
            header = attributes_of(out(folder, frame))
            assert header["colorInteropID"] == "lin_ap1_scene"
            assert header["vst:colorSpace"] == "ACEScg"
            back = color_of(read_channels(out(folder, frame))) @ np.linalg.inv(REC709_TO_ACESCG).T
            expected = color_of(read_channels(out(rendered, frame)))
            assert np.abs(to_display(back) - to_display(expected)).mean() < 0.015  # 0.044 if taken for Rec.709


def test_a_space_that_is_named_is_what_the_results_say_whatever_the_plate_says(
    small_shot: SmallShot, tmp_path: Path
) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    write_channels(shot.path(1001), read_channels(shot.path(1001)), colorInteropID="lin_rec709_scene")
    shot.render(tmp_path / "out", frames="1001", color_space="ACEScct")
    assert resolve_color_space(read_header(out(tmp_path / "out", 1001)), None) == "ACEScct"


def test_a_full_picture_whose_alpha_is_zero_is_painted_and_keeps_it(small_shot: SmallShot, tmp_path: Path) -> None:
    for name in ("zeros", "none"):
        shot = small_shot.copy(tmp_path / name)
        channels = read_channels(shot.path(1001))
        alpha = channels.pop("ViewLayer.Combined.A")
        color = color_of(channels) + 0.01
        zeros = {"ViewLayer.Combined.A": np.zeros_like(alpha)} if name == "zeros" else {}
        write_channels(shot.path(1001), with_color(channels, color) | zeros)
        shot.render(tmp_path / f"out {name}", frames="1001")
    painted, expected = (read_channels(out(tmp_path / f"out {name}", 1001)) for name in ("zeros", "none"))
    assert not painted.pop("ViewLayer.Combined.A").any()
    assert same(painted, expected)


def test_light_beside_an_alpha_that_is_zero_is_left_alone(small_shot: SmallShot, tmp_path: Path) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    channels = read_channels(shot.path(1001))
    glow = np.zeros_like(color_of(channels))
    glow[10:20, 10:20] = 0.5
    channels = with_color(channels, glow) | {"ViewLayer.Combined.A": np.zeros(glow.shape[:2], np.float16)}
    write_channels(shot.path(1001), channels)
    shot.render(tmp_path / "out", frames="1001")
    assert same(read_channels(out(tmp_path / "out", 1001)), channels)


def test_a_png_plate_becomes_scene_linear_exr(small_shot: SmallShot, tmp_path: Path) -> None:
    encoded = {}
    for frame in (1001, 1002):
        display = to_display(color_of(read_channels(small_shot.path(frame))))
        encoded[frame] = (display * 65535).round().astype(np.uint16)
        cv2.imwrite(str(tmp_path / f"png.{frame}.png"), encoded[frame][..., ::-1])
        value = encoded[frame] / 65535
        linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
        write_channels(tmp_path / f"exr.{frame}.exr", {c: linear[..., i] for i, c in enumerate("RGB")})
    changes: dict[str, Any] = {"frames": "1001-1002", "flow__source": "dis"}
    small_shot.render(tmp_path / "png", plate=str(tmp_path / "png.####.png"), **changes)
    small_shot.render(tmp_path / "exr", plate=str(tmp_path / "exr.####.exr"), **changes)
    for frame in (1001, 1002):
        result = read_channels(out(tmp_path / "png", frame))
        assert {name: values.dtype for name, values in result.items()} == dict.fromkeys("RGB", np.dtype(np.float16))
        assert attributes_of(out(tmp_path / "png", frame))["colorInteropID"] == "lin_rec709_scene"
        assert difference(tmp_path / "png", tmp_path / "exr", frame) < 0.02


def test_a_grey_plate_passes_the_check_and_is_painted(small_shot: SmallShot, tmp_path: Path) -> None:
    for frame in (1001, 1002):
        grey = to_display(color_of(read_channels(small_shot.path(frame)))).mean(-1)
        cv2.imwrite(str(tmp_path / f"grey.{frame}.png"), (grey * 255).round().astype(np.uint8))
    changes = {"plate": str(tmp_path / "grey.####.png"), "frames": "1001-1002"}
    assert check_shot(small_shot.settings(tmp_path / "out", flow__source="dis", **changes)) == []
    assert len(small_shot.render(tmp_path / "out", flow__source="dis", **changes)) == 2
    (complaint,) = check_shot(small_shot.settings(tmp_path / "vectors", **changes))
    assert "has no motion vectors" in complaint.what


def test_a_plate_of_one_part_for_each_pass_gives_the_same_pixels(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    for frame in (1001, 1002):
        channels = read_channels(shot.path(frame))
        passes = sorted({name.rpartition(".")[0] for name in channels}, reverse=True)
        assert passes[0] == "ViewLayer.Vector"  # a reader that takes the first part finds no picture
        parts = [
            OpenEXR.Part(
                {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage},
                {name: values for name, values in channels.items() if name.startswith(prefix)},
                prefix,
            )
            for prefix in passes
        ]
        OpenEXR.File(parts).write(str(shot.path(frame)))
    shot.render(tmp_path / "out", frames="1001-1002")
    for frame in (1001, 1002):
        assert same(read_channels(out(tmp_path / "out", frame)), read_channels(out(rendered, frame)))
        names = [part.header["name"] for part in OpenEXR.File(str(out(tmp_path / "out", frame))).parts]
        assert names == passes


def test_colour_type_and_compression_can_be_chosen(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    small_shot.render(tmp_path, frames="1001", output__data_type="float", output__compression="piz")
    result, usual = read_channels(out(tmp_path, 1001)), read_channels(out(rendered, 1001))
    assert {name for name in result if result[name].dtype != usual[name].dtype} == {
        name for name in result if is_color(name)
    }
    assert np.array_equal(color_of(result).astype(np.float16), color_of(usual).astype(np.float16))
    assert attributes_of(out(tmp_path, 1001))["compression"] == OpenEXR.PIZ_COMPRESSION


def test_the_other_layers_can_be_left_out(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    small_shot.render(tmp_path, frames="1001", output__layers="color")
    result, usual = read_channels(out(tmp_path, 1001)), read_channels(out(rendered, 1001))
    assert same(result, {name: usual[f"ViewLayer.Combined.{name}"] for name in "RGBA"})
    assert not [name for name in attributes_of(out(tmp_path, 1001)) if "crypto" in name.lower()]
