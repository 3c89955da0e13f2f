"""What the node shows, in a real Blender, pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from blender_frames import Picture, picture, write_picture
from real_blender import blender

HALF_ULP = 2e-7
Shown = tuple[Path, Picture, list[Picture]]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Folder of what was rendered, the plate, and the stylised frames."""
    folder = tmp_path_factory.mktemp("mix")
    random = np.random.default_rng(1)
    plate, *stylized = (random.uniform(-1, 30, (6, 8, 4)).astype(np.float32) for _ in range(4))
    for pixels in (plate, *stylized):
        pixels[..., 3] = random.uniform(0, 1, pixels.shape[:2])
    write_picture(folder / "plate.exr", plate)
    for number, pixels in enumerate(stylized, start=1001):
        write_picture(folder / f"st.{number}.exr", pixels)
    blender("mixing.mix", folder / "plate.exr", folder, folder)
    return folder, plate, stylized


def test_without_a_result_the_plate_goes_through(shown: Shown) -> None:
    folder, plate, _ = shown
    assert np.array_equal(picture(folder / "empty.exr"), plate)


def test_strength_is_exact_at_its_ends_and_linear_between(shown: Shown) -> None:
    folder, plate, stylized = shown
    assert np.array_equal(picture(folder / "strength_0.0.exr"), plate)
    assert np.array_equal(picture(folder / "strength_1.0.exr"), stylized[1])
    assert stylized[1].max() > 25
    np.testing.assert_allclose(picture(folder / "strength_0.5.exr"), (plate + stylized[1]) / 2, atol=30 * HALF_ULP)


def test_a_matte_linked_to_the_strength_says_where_the_painting_shows(shown: Shown) -> None:
    folder, plate, stylized = shown
    matte = plate[..., 3:]
    expected = (1 - matte) * plate + matte * stylized[1]
    np.testing.assert_allclose(picture(folder / "matte.exr"), expected, atol=30 * HALF_ULP)


def test_beyond_the_sequence_the_plate_goes_through(shown: Shown) -> None:
    folder, plate, _ = shown
    for frame in (0, 4):
        assert np.array_equal(picture(folder / f"beyond_{frame}.exr"), plate)


def test_keyframes_of_the_strength_are_followed(shown: Shown) -> None:
    folder, plate, stylized = shown
    assert np.array_equal(picture(folder / "keyed_1.exr"), plate)
    np.testing.assert_allclose(picture(folder / "keyed_2.exr"), (plate + stylized[1]) / 2, atol=30 * HALF_ULP)
    assert np.array_equal(picture(folder / "keyed_3.exr"), stylized[2])


def test_a_saved_file_renders_the_same_again(shown: Shown) -> None:
    folder, _, _ = shown
    kinds = blender("mixing.reload", folder / "mix.blend", folder, "reloaded")
    assert "VST_ND_stylize" in kinds
    for frame in (1, 2, 3):
        assert np.array_equal(picture(folder / f"reloaded_{frame}.exr"), picture(folder / f"keyed_{frame}.exr"))


def test_a_baked_group_renders_the_same_without_the_add_on(shown: Shown) -> None:
    folder, _, _ = shown
    kinds = blender("mixing.bake", folder / "mix.blend", folder)
    assert "CompositorNodeGroup" in kinds
    assert not any("VST" in kind or "Undefined" in kind for kind in kinds)
    for frame in (1, 2, 3):
        assert np.array_equal(picture(folder / f"baked_{frame}.exr"), picture(folder / f"keyed_{frame}.exr"))
