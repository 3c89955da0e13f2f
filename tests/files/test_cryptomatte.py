"""Which pixels an object covers, by the ids and coverages that a renderer wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vst_core.errors import InputError
from vst_core.files.cryptomatte import find_cryptomattes

NAN_BITS = 0xFFC00001
IDS = {"ball": 0x645D3BC4, "wheel": 0x21F47005, "wheel.001": 0x61D04F69, "odd": NAN_BITS}
MANIFEST = '{"ball":"645d3bc4","wheel":"21f47005","wheel.001":"61d04f69","odd":"ffc00001"}'
CHANNELS = [f"View.CryptoObject{level:02}.{component}" for level in (0, 1) for component in "RGBA"]


def said(**more: str) -> dict[str, str]:
    return {f"cryptomatte/542cafa/{name}": text for name, text in {"name": "View.CryptoObject", **more}.items()}


def bits(*names: str) -> NDArray[np.float32]:
    return np.array([[IDS.get(name, 0) for name in names]], np.uint32).view(np.float32)


def covered(*shares: float) -> NDArray[np.float32]:
    return np.array([shares], np.float32)


PLANES: dict[str, NDArray[Any]] = {
    "View.CryptoObject00.R": bits("ball", "wheel", "odd", ""),
    "View.CryptoObject00.G": covered(0.5, 1, 0.75, 0),
    "View.CryptoObject00.B": bits("wheel", "", "ball", ""),
    "View.CryptoObject00.A": covered(0.25, 0, 0.25, 0),
    "View.CryptoObject01.R": bits("wheel.001", "", "", ""),
    "View.CryptoObject01.G": covered(0.125, 0, 0, 0),
    "View.CryptoObject01.B": bits("", "", "", ""),
    "View.CryptoObject01.A": covered(0, 0, 0, 0),
}


def matte(wanted: str, **more: str) -> list[float]:
    (layer,) = find_cryptomattes([said(manifest=MANIFEST, **more)], CHANNELS, "plate.exr")
    return [float(value) for value in layer.matte(layer.matching(wanted), PLANES.__getitem__)[0]]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("ball", [0.5, 0, 0.25, 0]),
        ("wheel", [0.25, 1, 0, 0]),
        ("wheel*", [0.375, 1, 0, 0]),
        ("wheel.???", [0.125, 0, 0, 0]),
        ("odd", [0, 0, 0.75, 0]),
        ("*", [0.875, 1, 1, 0]),
        ("Ball", [0, 0, 0, 0]),
    ],
)
def test_an_object_covers_what_its_ids_say_on_all_levels(wanted: str, expected: list[float]) -> None:
    """An id may be any bits: NaN too, which is not even equal to itself."""
    assert matte(wanted) == expected


def test_many_objects_are_found_as_few_are() -> None:
    (layer,) = find_cryptomattes([said(manifest=MANIFEST)], CHANNELS, "plate.exr")
    few = layer.matte(set(IDS.values()), PLANES.__getitem__)
    many = layer.matte({*IDS.values(), *range(1, 50), 0xFFFFFFFF}, PLANES.__getitem__)
    assert np.array_equal(few, many)


def test_a_matte_is_never_more_than_all_of_a_pixel() -> None:
    (layer,) = find_cryptomattes([said(manifest=MANIFEST)], CHANNELS, "plate.exr")
    planes = PLANES | {"View.CryptoObject00.G": covered(1, 1, 1, 1)}
    assert layer.matte(set(IDS.values()), planes.__getitem__).max() == 1


def test_it_is_called_by_its_name_with_or_without_the_view_layer() -> None:
    (layer,) = find_cryptomattes([said(manifest=MANIFEST)], CHANNELS, "plate.exr")
    assert [layer.is_called(name) for name in ("View.CryptoObject", "cryptoobject", "CryptoMaterial", "Crypto")] == [
        True,
        True,
        False,
        False,
    ]
    assert layer.pairs[2] == ("View.CryptoObject01.R", "View.CryptoObject01.G")


def test_channels_may_be_called_as_nuke_calls_them() -> None:
    names = [f"View.CryptoObject00.{component}" for component in ("red", "green", "blue", "alpha")]
    (layer,) = find_cryptomattes([said(manifest=MANIFEST)], names, "plate.exr")
    assert layer.pairs == ((names[0], names[1]), (names[2], names[3]))


def test_of_what_is_no_whole_cryptomatte_nothing_is_found() -> None:
    assert find_cryptomattes([said(manifest=MANIFEST)], ["R", "G", "B"], "plate.exr") == []
    assert find_cryptomattes([{"cryptomatte/1/manifest": MANIFEST}], CHANNELS, "plate.exr") == []
    assert find_cryptomattes([{"take": 3}], CHANNELS, "plate.exr") == []


def test_the_manifest_may_lie_beside_the_frame_and_parts_may_share_the_metadata(tmp_path: Path) -> None:
    (tmp_path / "names.json").write_text(MANIFEST)
    plate = tmp_path / "plate.exr"
    (layer,) = find_cryptomattes([{}, said(manif_file="names.json"), said()], CHANNELS, plate)
    assert layer.ids == IDS
    (layer,) = find_cryptomattes([said()], CHANNELS, plate)
    assert layer.ids == {}


@pytest.mark.parametrize("text", ["{", "[1]", '{"ball": "xyz"}', '{"ball": 5}', "[" * 100_000])
def test_a_broken_manifest_is_one_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plate\.exr: the manifest of the Cryptomatte 'View\.CryptoObject' cannot"):
        find_cryptomattes([said(manifest=text)], CHANNELS, tmp_path / "plate.exr")
    with pytest.raises(InputError, match=r"gone\.json: no such file"):
        find_cryptomattes([said(manif_file="gone.json")], CHANNELS, tmp_path / "plate.exr")
