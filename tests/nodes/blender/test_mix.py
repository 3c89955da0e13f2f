"""What the node shows, in a real Blender, pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from real_blender import blender
from small_shot import read_channels, write_channels

Picture = NDArray[np.float32]
HALF_ULP = 2e-7


def picture(path: Path) -> Picture:
    """(H, W, 4), scene-linear."""
    channels = read_channels(path)
    return np.stack([channels[name] for name in "RGBA"], axis=-1)


def write_picture(path: Path, pixels: Picture) -> Path:
    return write_channels(path, {name: pixels[..., index] for index, name in enumerate("RGBA")})


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Picture, list[Picture]]:
    """Folder of what was rendered, the plate, and the stylised frames."""
    folder = tmp_path_factory.mktemp("mix")
    random = np.random.default_rng(1)
    plate, *stylized = (random.uniform(-1, 30, (6, 8, 4)).astype(np.float32) for _ in range(4))
    for pixels in (plate, *stylized):
        pixels[..., 3] = 1
    write_picture(folder / "plate.exr", plate)
    for number, pixels in enumerate(stylized, start=1001):
        write_picture(folder / f"st.{number}.exr", pixels)
    blender("mix", folder / "plate.exr", folder, folder)
    return folder, plate, stylized


def test_without_a_result_the_plate_goes_through(shown: tuple[Path, Picture, list[Picture]]) -> None:
    folder, plate, _ = shown
    assert np.array_equal(picture(folder / "empty.exr"), plate)


def test_strength_is_exact_at_its_ends_and_linear_between(shown: tuple[Path, Picture, list[Picture]]) -> None:
    folder, plate, stylized = shown
    assert np.array_equal(picture(folder / "strength_0.0.exr"), plate)
    assert np.array_equal(picture(folder / "strength_1.0.exr"), stylized[1])
    assert stylized[1].max() > 25
    np.testing.assert_allclose(picture(folder / "strength_0.5.exr"), (plate + stylized[1]) / 2, atol=30 * HALF_ULP)


def test_beyond_the_sequence_the_plate_goes_through(shown: tuple[Path, Picture, list[Picture]]) -> None:
    folder, plate, _ = shown
    for frame in (0, 4):
        assert np.array_equal(picture(folder / f"beyond_{frame}.exr"), plate)


def test_keyframes_of_the_strength_are_followed(shown: tuple[Path, Picture, list[Picture]]) -> None:
    folder, plate, stylized = shown
    assert np.array_equal(picture(folder / "keyed_1.exr"), plate)
    assert np.array_equal(picture(folder / "keyed_3.exr"), stylized[2])


def test_a_saved_file_renders_the_same_again(shown: tuple[Path, Picture, list[Picture]]) -> None:
    folder, _, _ = shown
    kinds = blender("reload", folder / "mix.blend", folder, "reloaded")
    assert "VST_ND_stylize" in kinds
    for frame in (1, 3):
        assert np.array_equal(picture(folder / f"reloaded_{frame}.exr"), picture(folder / f"keyed_{frame}.exr"))


def test_a_baked_group_renders_the_same_without_the_add_on(shown: tuple[Path, Picture, list[Picture]]) -> None:
    folder, _, _ = shown
    blender("bake", folder / "mix.blend", folder)
    kinds = blender("reload_bare", folder / "baked.blend", folder, "baked")
    assert "CompositorNodeGroup" in kinds
    assert not any("VST" in kind or "Undefined" in kind for kind in kinds)
    for frame in (1, 3):
        assert np.array_equal(picture(folder / f"baked_{frame}.exr"), picture(folder / f"keyed_{frame}.exr"))


def test_copies_and_deletions_leave_nothing_shared_and_nothing_behind(tmp_path: Path) -> None:
    found = blender("life", tmp_path)
    assert found["apart"] == {"uid": True, "tree": True, "settings": "fast"}
    assert found["grown"] == 0
    assert found["left"] == []
    assert found["append"]["inside"]
    assert found["link"]["inside"]
    assert "linked from another file" in found["link"]["lines"][0]
    assert not any("linked from another file" in line for line in found["append"]["lines"])
