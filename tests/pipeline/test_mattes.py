"""The painting shows where a matte lets it, over the plate or over other frames."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from exr_files import window
from numpy.typing import NDArray
from small_network import with_network
from small_shot import Channels, SmallShot, color_of, copy_of, out, read_channels, same, snapshot, write_channels

from vst_core import FrameRange, InputError, OutputError, SettingsError, check_shot

FRAMES = FrameRange(1001, 1002)
IDS = {
    "ground": "c5b51ede",
    "a, b: [c]*": "084b5000",
    "wall": "7405f6ae",
    "wheel": "21f47005",
    "wheel.001": "61d04f69",
    "elsewhere": "00000007",
}
CRYPTOMATTE = {
    "cryptomatte/542cafa/name": "ViewLayer.CryptoObject",
    "cryptomatte/542cafa/hash": "MurmurHash3_32",
    "cryptomatte/542cafa/conversion": "uint32_to_float32",
    "cryptomatte/542cafa/manifest": json.dumps(IDS),
}


@pytest.fixture
def shot(small_shot: SmallShot, tmp_path: Path) -> SmallShot:
    """The shot with its Cryptomatte's manifest, and a channel that is a ramp from 0 to 1."""
    shot = small_shot.copy(tmp_path / "plate")
    for frame in FRAMES:
        channels = read_channels(shot.path(frame))
        write_channels(shot.path(frame), channels | {"roto.A": ramp(channels)}, **CRYPTOMATTE)
    return shot


def ramp(channels: Channels) -> NDArray[np.float16]:
    height, width = channels["ViewLayer.Depth.Z"].shape
    return np.repeat(np.clip(np.linspace(-0.25, 1.25, width), 0, 1)[None], height, 0).astype(np.float16)


def covered(channels: Channels, *objects: str) -> NDArray[np.float32]:
    """What objects cover, as the specification has it."""
    layer = "ViewLayer.CryptoObject00"
    total = np.zeros(channels[f"{layer}.r"].shape, np.float32)
    for number, share in ("rg", "ba"):
        for name in objects:
            total += (channels[f"{layer}.{number}"].view(np.uint32) == int(IDS[name], 16)) * channels[
                f"{layer}.{share}"
            ]
    return total


def mixed(folder: Path, plate: Path, matte: NDArray[Any], frame: int) -> NDArray[np.float32]:
    """The whole painting over the plate, as much as a matte says."""
    share = matte.astype(np.float32)[..., None]
    return share * color_of(read_channels(out(folder, frame))) + (1 - share) * color_of(read_channels(plate))


@pytest.fixture
def whole(shot: SmallShot, small_network: Path, tmp_path: Path) -> Path:
    """All of it painted."""
    shot.render(tmp_path / "whole", **with_network(small_network, frames=str(FRAMES)))
    return tmp_path / "whole"


def render(shot: SmallShot, network: Path, folder: Path, **changes: Any) -> Path:
    shot.render(folder, **with_network(network, frames=str(FRAMES), **changes))
    return folder


Case = tuple[dict[str, Any], Callable[[Channels], NDArray[Any]]]
CASES: dict[str, Case] = {
    "channel": ({"matte__name": "roto.A"}, lambda channels: channels["roto.A"]),
    "layer": ({"matte__name": "roto"}, lambda channels: channels["roto.A"]),
    "inverted": (
        {"matte__name": "roto", "matte__invert": True},
        lambda channels: 1 - channels["roto.A"].astype(np.float32),
    ),
    "odd name": (
        {"matte__name": 'CryptoObject:wall, "a, b: [c]*"'},
        lambda channels: covered(channels, "wall", "a, b: [c]*"),
    ),
    "object": ({"matte__name": "CryptoObject:wall"}, lambda channels: covered(channels, "wall")),
    "objects": (
        {"matte__name": "ViewLayer.CryptoObject:whee?*, ground"},
        lambda channels: covered(channels, "wheel", "wheel.001", "ground"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_painting_shows_where_the_matte_is_and_all_else_is_the_plate(
    case: str, shot: SmallShot, whole: Path, small_network: Path, tmp_path: Path
) -> None:
    changes, expected = CASES[case]
    folder = render(shot, small_network, tmp_path / "out", **changes)
    for frame in FRAMES:
        plate, result = read_channels(shot.path(frame)), read_channels(out(folder, frame))
        matte = expected(plate)
        assert 0.02 < matte.mean() < 0.98
        assert np.allclose(color_of(result), mixed(whole, shot.path(frame), matte, frame), rtol=2e-3, atol=1e-4)
        assert np.array_equal(color_of(result)[matte == 0], color_of(plate)[matte == 0])
        others = [name for name in plate if ".Combined." not in name or name.endswith(".A")]
        assert same({name: plate[name] for name in others}, {name: result[name] for name in others})


def test_strength_and_matte_multiply(shot: SmallShot, whole: Path, small_network: Path, tmp_path: Path) -> None:
    folder = render(shot, small_network, tmp_path / "out", matte__name="roto.A", strength=0.5)
    matte = read_channels(shot.path(1002))["roto.A"] / 2
    result = color_of(read_channels(out(folder, 1002)))
    assert np.allclose(result, mixed(whole, shot.path(1002), matte, 1002), rtol=2e-3, atol=1e-4)


def test_a_matte_of_files_may_be_a_still_and_have_a_window_of_its_own(
    shot: SmallShot, whole: Path, small_network: Path, tmp_path: Path
) -> None:
    plate = read_channels(shot.path(1001))
    height, width = plate["roto.A"].shape
    still = np.zeros((height, width), np.uint8)
    still[:, width // 2 :] = 255
    cv2.imwrite(str(tmp_path / "matte.png"), still)
    for frame in FRAMES:
        area = {"dataWindow": window(width // 2, 0, width - width // 2, height)}
        area["displayWindow"] = window(0, 0, width, height)
        write_channels(
            tmp_path / f"matte.{frame}.exr", {"A": np.ones((height, width - width // 2), np.float16)}, **area
        )
    for pattern in ("matte.png", "matte.####.exr"):
        folder = render(shot, small_network, tmp_path / pattern[-3:], matte__file=str(tmp_path / pattern))
        for frame in FRAMES:
            result = color_of(read_channels(out(folder, frame)))
            assert np.allclose(result, mixed(whole, shot.path(frame), still > 0, frame), rtol=2e-3, atol=1e-4)


def test_a_cryptomatte_may_lie_in_files_of_its_own(shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    (tmp_path / "ids").mkdir()
    for frame in FRAMES:
        channels = read_channels(shot.path(frame))
        ids = {name: values for name, values in channels.items() if ".Crypto" in name}
        write_channels(tmp_path / "ids" / f"ids.{frame}.exr", ids, **CRYPTOMATTE)
    name = "CryptoObject:wall,ground"
    own = render(shot, small_network, tmp_path / "own", matte__name=name)
    files = str(tmp_path / "ids" / "ids.####.exr")
    there = render(shot, small_network, tmp_path / "there", matte__name=name, matte__file=files)
    for frame in FRAMES:
        assert same(read_channels(out(own, frame)), read_channels(out(there, frame)))


def test_one_style_over_another(shot: SmallShot, whole: Path, small_network: Path, tmp_path: Path) -> None:
    """Each has a chain of its own, as if it were alone."""
    changes = {"style__styles": ["bars"], "matte__name": "CryptoObject:wall", "over": str(whole / "out.####.exr")}
    both = render(shot, small_network, tmp_path / "both", **changes)
    bars = render(shot, small_network, tmp_path / "bars", style__styles=["bars"])
    for frame in FRAMES:
        matte = covered(read_channels(shot.path(frame)), "wall")
        result = color_of(read_channels(out(both, frame)))
        assert np.allclose(result, mixed(bars, out(whole, frame), matte, frame), rtol=2e-3, atol=1e-4)
        assert np.array_equal(result[matte == 0], color_of(read_channels(out(whole, frame)))[matte == 0])


def test_what_lies_below_may_be_cropped(shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    plate = read_channels(shot.path(1001))
    height, width = plate["roto.A"].shape
    for frame in FRAMES:
        area = {"dataWindow": window(4, 2, 30, 20), "displayWindow": window(0, 0, width, height)}
        channels = {name: np.full((20, 30), 2, np.float16) for name in "RGB"}
        write_channels(tmp_path / f"below.{frame}.exr", channels, **area)
    below = str(tmp_path / "below.####.exr")
    folder = render(shot, small_network, tmp_path / "out", matte__name="roto.A", over=below)
    result = color_of(read_channels(out(folder, 1001)))
    nothing = plate["roto.A"] == 0
    assert nothing[:, 4:8].all()
    assert (result[2:22, 4:8] == 2).all()
    assert (result[22:, :8] == 0).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"matte__name": "rotA"}, r"shot\.1001\.exr: has no matte 'rotA'; name a channel or CryptoObject:NAME; its ch"),
        ({"matte__name": "CryptoAsset:wall"}, r"has no matte 'CryptoAsset:wall'; name a channel or CryptoObject:NAME"),
        ({"matte__name": "CryptoObject: ,"}, r"has no matte 'CryptoObject: ,'"),
        (
            {"matte__name": "CryptoObject:wall,whel"},
            r"has no 'whel' in its Cryptomatte; there are wheel, wheel\.001 and",
        ),
        ({"matte__file": "gone.####.exr"}, r"gone\.####\.exr: no file matches"),
        ({"matte__file": "{folder}/shot.####.exr"}, r"has several channels, and none that is alpha; name one of View"),
        ({"over": "gone.####.exr"}, r"gone\.####\.exr: no file matches"),
        ({"over": "{folder}/small.exr"}, r"small\.exr: is 8x8, but the shot is \d+x\d+"),
        (
            {"over": "{folder}/other.exr"},
            r"other\.exr: is in ACEScg, but what is mixed over it is written in .*Rec\.709",
        ),
        ({"matte__file": "{folder}/small.exr", "matte__name": "R"}, r"small\.exr: is 8x8, but the shot is"),
        ({"matte__name": "none.A"}, r"shot\.1001\.exr: its matte has NaN"),
    ],
)
def test_what_does_not_fit_is_one_line(
    changes: dict[str, str], message: str, shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    write_channels(shot.folder / "small.exr", {name: np.zeros((8, 8), np.float16) for name in "RGB"})
    for frame in FRAMES:
        channels = read_channels(shot.path(frame))
        nan = np.full_like(channels["roto.A"], np.nan)
        write_channels(shot.path(frame), channels | {"none.A": nan}, **CRYPTOMATTE)
    color = {name: np.zeros_like(nan) for name in "RGB"}
    write_channels(shot.folder / "other.exr", color, colorInteropID="lin_ap1_scene")
    changes = ({"matte__name": "roto.A"} if "over" in changes else {}) | changes
    filled = {name: value.replace("{folder}", str(shot.folder)) for name, value in changes.items()}
    settings = with_network(small_network, frames=str(FRAMES), **filled)
    with pytest.raises(InputError, match=message):
        shot.render(tmp_path / "out", **settings)
    if "NaN" not in message:  # which is in the pixels
        (complaint,) = check_shot(shot.settings(tmp_path / "out", **settings))
        assert re.search(message, str(complaint))
        assert not (tmp_path / "out").exists()


def test_a_cryptomatte_without_a_manifest_names_nothing(shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    for frame in FRAMES:
        said = {name: text for name, text in CRYPTOMATTE.items() if not name.endswith("manifest")}
        write_channels(shot.path(frame), read_channels(shot.path(frame)), **said)
    with pytest.raises(
        InputError, match=r"'ViewLayer\.CryptoObject' has no manifest, without which its ids have no na"
    ):
        render(shot, small_network, tmp_path / "out", matte__name="CryptoObject:wall")


def test_an_object_may_come_later_in_the_shot(shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    """A manifest has the objects of its frame."""
    channels = read_channels(shot.path(1001))
    before = CRYPTOMATTE | {"cryptomatte/542cafa/manifest": json.dumps({"ground": IDS["ground"]})}
    write_channels(shot.path(1001), channels, **before)
    folder = render(shot, small_network, tmp_path / "out", matte__name="CryptoObject:wall")
    assert np.array_equal(color_of(read_channels(out(folder, 1001))), color_of(channels))
    chunk = render(shot, small_network, tmp_path / "chunk", matte__name="CryptoObject:wall", chunk="1001-1001")
    assert same(read_channels(out(chunk, 1001)), read_channels(out(folder, 1001)))
    later = color_of(read_channels(shot.path(1002)))
    assert np.abs(color_of(read_channels(out(folder, 1002))) - later).max() > 0.05


def test_the_output_is_no_input(shot: SmallShot, whole: Path, small_network: Path) -> None:
    over = str(whole / "out.####.exr")
    before = snapshot(whole)
    with pytest.raises(SettingsError, match=r"out\.####\.exr: output and input are the same files"):
        render(shot, small_network, whole, over=over, matte__name="roto.A")
    assert snapshot(whole) == before


def test_what_was_mixed_otherwise_is_another_render(
    shot: SmallShot, whole: Path, small_network: Path, tmp_path: Path
) -> None:
    """A background that was rendered again in another style too, though its name is the same."""
    over = copy_of(whole, tmp_path / "below")
    changes = {"matte__name": "roto.A", "over": str(over / "out.####.exr")}
    folder = render(shot, small_network, tmp_path / "out", **changes)
    assert [
        each.kept for each in shot.render(folder, **with_network(small_network, frames=str(FRAMES), **changes))
    ] == [
        True,
        True,
    ]
    for other, told in (({"matte__invert": True}, r"matte\.invert"), ({"over": None}, "over")):
        with pytest.raises(OutputError, match=rf"was made with different settings \({told}\)"):
            render(shot, small_network, folder, **changes | other)
    render(shot, small_network, over, style__styles=["bars"], overwrite=True)
    with pytest.raises(OutputError, match=r"was made with different settings: another first .* or background"):
        render(shot, small_network, folder, **changes)
