from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813  # OpenImageIO's own documentation imports it so
import pytest
from exr_files import H, W, blender_channels, header, multipart, noise, oracle, rewrite, same_bits, window, write_exr

from vst_core.errors import InputError, OutputError, SettingsError
from vst_core.frame_io import check_finite, read_channels, read_frame, read_header
from vst_core.image import Window


def test_everything_but_the_colour_passes_bit_for_bit(plate: Path, tmp_path: Path) -> None:
    frame = read_frame(plate)
    assert same_bits(frame.color[..., 1], noise(1).astype(np.float32))
    result = frame.with_color(frame.color * 0.5)
    assert rewrite(tmp_path / "out.exr", result) == 0
    before, after = oracle(plate), oracle(tmp_path / "out.exr")
    assert before.keys() == after.keys()
    for name, pixels in before.items():
        if name in ("ViewLayer.Combined.R", "ViewLayer.Combined.G", "ViewLayer.Combined.B"):
            assert same_bits(after[name], (pixels.astype(np.float32) * 0.5).astype(np.float16)), name
        else:
            assert same_bits(after[name], pixels), name


def test_every_half_value_comes_back(tmp_path: Path) -> None:
    halves = np.arange(65536, dtype=np.uint16).view(np.float16).reshape(256, 256)
    channels = {**dict.fromkeys("RGB", np.zeros((256, 256), np.float16)), "mask": halves}
    rewrite(tmp_path / "b.exr", read_frame(write_exr(tmp_path / "a.exr", channels)))
    assert same_bits(oracle(tmp_path / "b.exr")["mask"], halves)


def test_attributes_are_kept_and_added(tmp_path: Path) -> None:
    kept: dict[str, Any] = {
        "timeCode": OpenEXR.TimeCode(1, 2, 3, 4, True, False, False, False, False, False, 1, 2, 3, 4, 5, 6, 7, 8),
        "keyCode": OpenEXR.KeyCode(1, 2, 3, 4, 5, 4, 64),
        "worldToCamera": np.arange(16, dtype=np.float32).reshape(4, 4),
        "chromaticities": (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767),
        "pixelAspectRatio": 2.0,
        "xDensity": 72.0,
        "strings": ["a", "bb"],
        "cryptomatte/ab12cd3/name": "CryptoObject",
        "studio shot": "sh010 Jürgen",
        "capDate": "2020:01:02 03:04:05",
        "v2i": np.array([1, 2], np.int32),
        "lineOrder": OpenEXR.DECREASING_Y,
    }
    source = write_exr(tmp_path / "a.exr", {c: noise(1) for c in "RGB"}, **kept)
    added: dict[str, str | int | float] = {"vst:settings": '{"a": "ü"}', "vst:frame": 1001, "vst:loss": 0.25}
    rewrite(tmp_path / "b.exr", read_frame(source), attributes=added)
    before, after = OpenEXR.File(str(source)).header(), OpenEXR.File(str(tmp_path / "b.exr")).header()
    assert {name: repr(after[name]) for name in before} == {name: repr(value) for name, value in before.items()}
    assert after.keys() - before.keys() == added.keys()
    metadata = read_header(tmp_path / "b.exr").metadata
    assert {name: metadata[name] for name in added} == added


def test_frames_per_second_is_kept(tmp_path: Path) -> None:
    spec = oiio.ImageSpec(4, 4, 3, "half")
    spec.attribute("FramesPerSecond", "rational", (24000, 1001))
    output = oiio.ImageOutput.create("openexr")
    assert output is not None
    assert output.open(str(tmp_path / "a.exr"), spec)
    assert output.write_image(np.zeros((4, 4, 3), np.float32))
    assert output.close()
    rewrite(tmp_path / "b.exr", read_frame(tmp_path / "a.exr"))
    assert read_header(tmp_path / "b.exr").metadata["FramesPerSecond"] == (24000, 1001)


def test_metadata_in_another_encoding_does_not_stop_a_frame(tmp_path: Path) -> None:
    source = write_exr(tmp_path / "a.exr", {c: noise(1) for c in "RGB"}, studio="AAAAQQQQ")
    source.write_bytes(source.read_bytes().replace(b"AAAAQQQQ", b"caf\xe9 \xa9 x"))
    rewrite(tmp_path / "b.exr", read_frame(source))
    assert b"caf\xe9 \xa9 x" in (tmp_path / "b.exr").read_bytes()


@pytest.mark.parametrize("attribute", [2**31, 2**60])
def test_attribute_that_fits_no_header_is_refused(plate: Path, tmp_path: Path, attribute: int) -> None:
    with pytest.raises(SettingsError, match="vst:seed: EXR metadata cannot hold"):
        rewrite(tmp_path / "b.exr", read_frame(plate), attributes={"vst:seed": attribute})


def test_windows_with_negative_origin_and_overscan(tmp_path: Path) -> None:
    windows = {"dataWindow": window(-8, -4, W, H), "displayWindow": window(2, 3, 32, 24)}
    frame = read_frame(write_exr(tmp_path / "a.exr", {c: noise(1) for c in "RGB"}, **windows))
    assert frame.data_window == Window(-8, -4, W, H)
    assert frame.display_window == Window(2, 3, 32, 24)
    rewrite(tmp_path / "b.exr", frame)
    after = OpenEXR.File(str(tmp_path / "b.exr")).header()
    for name, (low, high) in windows.items():
        assert (after[name][0] == low).all()
        assert (after[name][1] == high).all()
    assert same_bits(oracle(tmp_path / "b.exr")["G"], noise(1))


def test_multipart_keeps_its_parts(tmp_path: Path) -> None:
    source = multipart(tmp_path / "a.exr")
    frame = read_frame(source)
    assert [part.name for part in frame.parts] == ["ViewLayer.Vector", "ViewLayer.Combined", "ids"]
    assert frame.color_part == 1
    assert frame.metadata["take"] == 3
    assert frame.channel("object.id")[0][-1, -1] == np.float32((H * W - 1) * 1_900_001 % 2**32)
    rewrite(tmp_path / "b.exr", frame.with_color(frame.color * 2), attributes={"vst:x": "y"})
    before, after = OpenEXR.File(str(source)), OpenEXR.File(str(tmp_path / "b.exr"))
    for index, part in enumerate(before.parts):
        assert after.parts[index].name() == part.name()
        assert after.parts[index].compression() == part.compression()
        names = after.parts[index].header.keys()
        assert names - part.header.keys() <= {"vst:x"}, "attributes of one part must not leak into another"
        assert part.header.keys() <= names
    for index in (0, 2):
        a, b = oracle(source, index), oracle(tmp_path / "b.exr", index)
        assert all(same_bits(a[name], b[name]) for name in a)
    combined = oracle(tmp_path / "b.exr", 1)
    assert same_bits(combined["ViewLayer.Combined.R"], (noise(10).astype(np.float32) * 2).astype(np.float16))
    assert same_bits(combined["ViewLayer.Combined.A"], noise(13))
    assert read_header(tmp_path / "b.exr").metadata["vst:x"] == "y"
    assert read_frame(tmp_path / "b.exr").metadata["vst:x"] == "y"


def test_integers_beside_colour_are_exact(tmp_path: Path) -> None:
    ids = np.random.default_rng(0).integers(0, 2**32, (H, W), dtype=np.uint32)
    frame = read_frame(write_exr(tmp_path / "a.exr", {**{c: noise(1) for c in "RGB"}, "id": ids}))
    assert same_bits(frame.parts[0].planes[frame.parts[0].channels.index("id")], ids)
    rewrite(tmp_path / "b.exr", frame)
    assert same_bits(oracle(tmp_path / "b.exr")["id"], ids)


@pytest.mark.parametrize("largest", [2**24, 2**24 + 1])
def test_integers_beside_colour_in_tiles_are_exact_or_refused(tmp_path: Path, largest: int) -> None:
    ids = np.random.default_rng(0).integers(0, 2**24, (H, W), dtype=np.uint32)
    ids[3, 4] = largest
    tiles = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()}
    frame = read_frame(write_exr(tmp_path / "a.exr", {**{c: noise(1) for c in "RGB"}, "id": ids}, **tiles))
    if largest > 2**24:
        with pytest.raises(OutputError, match="integers above 16777216 in id"):
            rewrite(tmp_path / "b.exr", frame)
        assert not (tmp_path / "b.exr").exists()
    else:
        rewrite(tmp_path / "b.exr", frame)
        assert same_bits(oracle(tmp_path / "b.exr")["id"], ids)


def test_tiles_are_kept(tmp_path: Path) -> None:
    tiles = OpenEXR.TileDescription()
    tiles.xSize = tiles.ySize = 16
    channels = {c: noise(i) for i, c in enumerate("RGB")}
    OpenEXR.File({**header(), "type": OpenEXR.tiledimage, "tiles": tiles}, dict(channels)).write(
        str(tmp_path / "a.exr")
    )
    rewrite(tmp_path / "b.exr", read_frame(tmp_path / "a.exr"))
    after = OpenEXR.File(str(tmp_path / "b.exr"))
    assert after.header()["type"] == OpenEXR.tiledimage
    assert after.header()["tiles"].xSize == 16
    assert all(same_bits(oracle(tmp_path / "b.exr")[c], channels[c]) for c in "RGB")


def test_of_a_texture_with_mip_levels_the_full_size_is_written_as_the_only_one(tmp_path: Path) -> None:
    channels = {c: noise(i) for i, c in enumerate("RGB")}
    plate = oiio.ImageBuf(str(write_exr(tmp_path / "plate.exr", channels)))
    assert oiio.ImageBufAlgo.make_texture(oiio.MakeTxTexture, plate, str(tmp_path / "a.exr"))
    rewrite(tmp_path / "b.exr", read_frame(tmp_path / "a.exr"))
    after = OpenEXR.File(str(tmp_path / "b.exr")).header()
    assert after["tiles"].mode == OpenEXR.LevelMode.ONE_LEVEL
    assert after["textureformat"] == "Plain Texture"
    assert all(same_bits(oracle(tmp_path / "b.exr")[c], channels[c]) for c in "RGB")


@pytest.mark.parametrize("compression", ["NO", "RLE", "ZIPS", "ZIP", "PIZ"])
@pytest.mark.parametrize("tile", [None, (16, 24)])
@pytest.mark.parametrize("order", ["INCREASING_Y", "DECREASING_Y"])
def test_channels_of_several_types_pass_in_any_layout(
    tmp_path: Path, compression: str, tile: tuple[int, int] | None, order: str
) -> None:
    layout: dict[str, Any] = {
        "compression": getattr(OpenEXR, f"{compression}_COMPRESSION"),
        "lineOrder": getattr(OpenEXR, order),
        "dataWindow": window(-8, -4, W, H),
        "displayWindow": window(2, 3, 32, 24),
        "studio": "of its own",
    }
    if tile:
        layout |= {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()}
        layout["tiles"].xSize, layout["tiles"].ySize = tile
    source = write_exr(tmp_path / "a.exr", blender_channels(), **layout)
    rewrite(tmp_path / "b.exr", read_frame(source))
    before, after = OpenEXR.File(str(source)).header(), OpenEXR.File(str(tmp_path / "b.exr")).header()
    if tile:
        found = after["tiles"]
        assert (found.xSize, found.ySize) == tile
    kept = before.keys() - {"tiles", "channels"}
    assert {name: repr(after[name]) for name in kept} == {name: repr(before[name]) for name in kept}
    assert oracle(source).keys() == oracle(tmp_path / "b.exr").keys()
    assert all(same_bits(oracle(tmp_path / "b.exr")[name], pixels) for name, pixels in oracle(source).items())


def test_tiled_multipart_is_kept(tmp_path: Path) -> None:
    rewrite(tmp_path / "b.exr", read_frame(multipart(tmp_path / "a.exr", tiled=True)))
    assert all(part.type() == OpenEXR.tiledimage for part in OpenEXR.File(str(tmp_path / "b.exr")).parts)


def test_tiled_and_scanline_parts_in_one_file_keep_their_pixels(tmp_path: Path) -> None:
    tiled = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()}
    parts = [
        OpenEXR.Part(header(), {c: noise(1) for c in "RGB"}, "rgb"),
        OpenEXR.Part(header(**tiled), {"Z": noise(2, np.float32)}, "depth"),
    ]
    OpenEXR.File(parts).write(str(tmp_path / "a.exr"))
    rewrite(tmp_path / "b.exr", read_frame(tmp_path / "a.exr"))
    assert same_bits(oracle(tmp_path / "b.exr", 1)["Z"], noise(2, np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channel", ["R", "A"])
def test_nan_and_infinity_in_colour_or_alpha_are_refused(tmp_path: Path, value: float, channel: str) -> None:
    channels = {c: noise(1) for c in "RGBA"}
    channels[channel][7, 9] = channels[channel][8, 2] = value
    path = write_exr(tmp_path / "a.exr", channels, dataWindow=window(-10, 100, W, H))
    with pytest.raises(InputError, match=rf"a\.exr: channel {channel} has 2 pixels of NaN.*first at \(-1, 107\)"):
        read_frame(path)


def test_nan_and_infinity_elsewhere_are_nobodys_business(plate: Path) -> None:
    frame = read_frame(plate)
    assert np.isinf(frame.channel("ViewLayer.Depth.Z")[0]).all()
    check_finite(frame)


def test_colour_that_is_not_finite_is_never_written(plate: Path, tmp_path: Path) -> None:
    frame = read_frame(plate)
    color = frame.color.copy()
    color[0, 0, 0] = np.nan
    with pytest.raises(OutputError, match=r"channel ViewLayer\.Combined\.R has 1 pixels of NaN"):
        rewrite(tmp_path / "b.exr", frame.with_color(color))
    assert not (tmp_path / "b.exr").exists()


def test_channels_are_read_by_name_in_the_order_asked_for(tmp_path: Path) -> None:
    path = multipart(tmp_path / "a.exr")
    names = ("ViewLayer.Combined.B", "ViewLayer.Vector.W", "ViewLayer.Vector.X", "ViewLayer.Combined.B", "object.id")
    pixels = read_channels(path, names)
    assert pixels.dtype == np.float32
    expected = [noise(12), noise(3, np.float32), noise(0, np.float32), noise(12), oracle(path, 2)["object.id"]]
    for index, plane in enumerate(expected):
        assert (pixels[..., index] == plane.astype(np.float32)).all()


def test_unknown_channel_is_an_error_not_black(plate: Path) -> None:
    with pytest.raises(InputError, match=r"no channel 'Vector\.X'; its channels are .*ViewLayer\.Vector\.X"):
        read_channels(plate, ("Vector.X",))


def test_channels_over_different_windows_are_refused(tmp_path: Path) -> None:
    parts = [
        OpenEXR.Part(header(displayWindow=window(0, 0, W, H)), {"R": noise(1)}, "a"),
        OpenEXR.Part(
            header(dataWindow=window(0, 0, 8, 8), displayWindow=window(0, 0, W, H)), {"Z": noise(1, shape=(8, 8))}, "b"
        ),
    ]
    OpenEXR.File(parts).write(str(tmp_path / "a.exr"))
    with pytest.raises(InputError, match="different data windows"):
        read_channels(tmp_path / "a.exr", ("R", "Z"))


def test_header_tells_channels_types_and_windows_without_pixels(tmp_path: Path) -> None:
    path = multipart(tmp_path / "a.exr")
    path.write_bytes(path.read_bytes()[:3000])  # all of the header, none of the pixels
    found = read_header(path)
    assert found.channel_names[:4] == tuple(f"ViewLayer.Vector.{c}" for c in "XYZW")
    assert [part.formats[0] for part in found.parts] == ["float", "half", "uint"]
    assert found.parts[1].data_window == Window(0, 0, W, H)
    assert found.file_format == "openexr"


def test_layer_names_a_layer_a_part_or_a_view(tmp_path: Path) -> None:
    parts = [
        OpenEXR.Part(header(view="left"), {c: noise(1) for c in "RGB"}, "rgba.left"),
        OpenEXR.Part(header(view="right"), {c: noise(2) for c in "RGB"}, "rgba.right"),
        OpenEXR.Part(header(view="left"), {f"diffuse.{c}": noise(3) for c in "RGB"}, "light"),
    ]
    OpenEXR.File(parts).write(str(tmp_path / "a.exr"))
    for layer, seed in {None: 1, "left": 1, "right": 2, "rgba.right": 2, "diffuse": 3, "light": 3}.items():
        assert same_bits(read_frame(tmp_path / "a.exr", layer=layer).color[..., 0], noise(seed).astype(np.float32)), (
            layer
        )
    with pytest.raises(InputError, match=r"no colour layer 'specular'; its colour layers are rgba\.left.*diffuse"):
        read_frame(tmp_path / "a.exr", layer="specular")


def test_file_without_colour_lists_its_channels(tmp_path: Path) -> None:
    path = write_exr(
        tmp_path / "a.exr", {"Z": noise(1), "crypto00.r": noise(1), "crypto00.g": noise(1), "crypto00.b": noise(1)}
    )
    with pytest.raises(InputError, match=r"no red, green and blue channels; its channels are Z, crypto00\.r"):
        read_frame(path)
