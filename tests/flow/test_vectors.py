from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from flow_scenes import SHOT, read_blender
from numpy.typing import NDArray

from vst_core.errors import InputError, SettingsError
from vst_core.flow import VectorLayer, Vectors, find_vector_layer, to_flow

BEAUTY = ["ViewLayer.Combined.R", "ViewLayer.Combined.G", "ViewLayer.Combined.B", "ViewLayer.Depth.Z"]
BLENDER = [*BEAUTY, *(f"ViewLayer.Vector.{c}" for c in "XYZW")]
NUKE = ["R", "G", "B", "A", "backward.u", "backward.v", "forward.u", "forward.v"]


def numbered(names: list[str]) -> Callable[[str], NDArray[np.float32]]:
    """Channel i of the list is i + 1 everywhere."""
    return lambda name: np.full((2, 3), names.index(name) + 1, np.float32)


def values(layer: VectorLayer, names: list[str]) -> tuple[list[float] | None, list[float] | None]:
    vectors = to_flow(layer, numbered(names))
    return tuple(None if flow is None else flow[0, :, 0, 0].tolist() for flow in (vectors.backward, vectors.forward))  # type: ignore[return-value]


def test_blender_is_found_and_its_signs_are_turned() -> None:
    layer = find_vector_layer(BLENDER)
    assert layer.convention == "Blender"
    assert values(layer, BLENDER) == ([5, -6], [-7, 8])


def test_nuke_is_found_and_its_y_is_turned() -> None:
    layer = find_vector_layer(NUKE)
    assert layer.convention == "Nuke"
    assert values(layer, NUKE) == ([5, -6], [7, -8])


def test_nuke_may_have_one_direction_only() -> None:
    assert values(find_vector_layer(NUKE[:6]), NUKE) == ([5, -6], None)
    assert values(find_vector_layer(NUKE[:4] + NUKE[6:]), NUKE) == (None, [7, -8])
    assert values(find_vector_layer(NUKE, "backward"), NUKE) == ([5, -6], [7, -8])


@pytest.mark.parametrize("name", ["Vector", "My.Layer.001.Vector", "Räume.Vector"])
def test_any_view_layer_and_the_compositors_dump_are_blender(name: str) -> None:
    names = ["Image.R", *(f"{name}.{c}" for c in "WXYZ")]
    assert values(find_vector_layer(names), names) == ([3, -4], [-5, 2])


def test_a_dump_without_w_has_no_forward_motion() -> None:
    names = ["Vector.X", "Vector.Y", "Vector.Z"]
    assert values(find_vector_layer(names), names) == ([1, -2], None)


def test_the_first_view_layer_is_taken_unless_another_is_named() -> None:
    names = [*BLENDER, *(f"Foreground.Vector.{c}" for c in "XYZW")]
    assert values(find_vector_layer(names), names)[0] == [5, -6]
    assert values(find_vector_layer(names, "Foreground"), names) == ([9, -10], [-11, 12])
    assert values(find_vector_layer(names, "Foreground.Vector"), names) == ([9, -10], [-11, 12])


@pytest.mark.parametrize("suffixes", ["uv", "xy", "XY", "RG"])
def test_a_custom_layer_reads_as_nukes_backward(suffixes: str) -> None:
    names = ["R", "G", *(f"motion.{s}" for s in suffixes)]
    layer = find_vector_layer(names, "motion")
    assert layer.convention == "custom"
    assert values(layer, names) == ([3, -4], None)


def test_two_channels_may_be_named() -> None:
    names = ["mv.red", "mv.green", "mv.blue"]
    assert values(find_vector_layer(names, "mv.green, mv.blue"), names) == ([2, -3], None)


def test_flips_and_scale_come_on_top_of_the_convention() -> None:
    names = ["motion.u", "motion.v"]
    assert values(find_vector_layer(names, "motion", flip_y=True), names)[0] == [1, 2]
    assert values(find_vector_layer(names, "motion", flip_x=True, scale=10), names)[0] == [-10, -20]
    assert values(find_vector_layer(names, "motion", scale=(1920, -1080)), names)[0] == [1920, 2160]
    assert values(find_vector_layer(BLENDER, flip_x=True, flip_y=True, scale=2), BLENDER) == ([-10, 12], [14, -16])


def test_the_motion_to_the_next_frame_may_have_a_layer_of_its_own() -> None:
    names = ["R", "G", "motionBack.x", "motionBack.y", "motionFore.x", "motionFore.y"]
    alone, both = (find_vector_layer(names, layer, forward_layer="motionFore") for layer in (None, "motionBack"))
    assert values(alone, names) == (None, [5, -6])
    assert values(both, names) == ([3, -4], [5, -6])
    assert values(find_vector_layer(names, forward_layer="motionFore.y,R", flip_y=True), names) == (None, [6, 1])
    assert find_vector_layer(BLENDER, "ViewLayer", forward_layer="ViewLayer.Combined").convention == "Blender"


@pytest.mark.parametrize(("layer", "forward_layer"), [("motionBack", "fore"), ("back", "motionFore"), (None, "fore")])
def test_a_layer_that_is_not_there_is_named(layer: str | None, forward_layer: str) -> None:
    names = ["motionBack.x", "motionBack.y", "motionFore.x", "motionFore.y"]
    missing = repr("back" if layer == "back" else "fore")
    with pytest.raises(InputError, match=rf"has no motion vectors in {missing}; .*motionFore\.x"):
        find_vector_layer(names, layer, forward_layer=forward_layer)


def test_another_zero_is_taken_off_before_the_scale() -> None:
    names = ["motion.u", "motion.v"]
    assert values(find_vector_layer(names, "motion", zero=0.5, scale=10), names)[0] == [5, -15]
    assert values(find_vector_layer(NUKE, zero=1), NUKE) == ([4, -5], [6, -7])


@pytest.mark.parametrize("scale", [0, float("nan"), (1.0, 0.0), (float("inf"), 1.0)])
def test_a_useless_scale_is_refused(scale: float | tuple[float, float]) -> None:
    with pytest.raises(SettingsError, match="scale"):
        find_vector_layer(BLENDER, scale=scale)


@pytest.mark.parametrize("layer", [None, "motion", "a,b", "a,b,c", "ViewLayer", "forward"])
def test_missing_vectors_list_what_is_there(layer: str | None) -> None:
    with pytest.raises(InputError) as caught:
        find_vector_layer(BEAUTY, layer, where="sh010.1001.exr")
    message = str(caught.value)
    assert message.startswith("sh010.1001.exr: has no motion vectors")
    assert "ViewLayer.Combined.R" in message
    assert "ViewLayer.Depth.Z" in message
    assert layer is None or repr(layer) in message


def test_position_passes_and_halves_of_pairs_are_not_vectors() -> None:
    with pytest.raises(InputError):
        find_vector_layer(["ViewLayer.Position.X", "ViewLayer.Position.Y", "ViewLayer.Vector.X", "backward.u"])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_in_a_channel_names_frame_channel_and_pixel(value: float) -> None:
    def channel(name: str) -> NDArray[np.float32]:
        field = np.zeros((4, 6), np.float32)
        if name.endswith("Z"):
            field[2, 5] = value
        return field

    with pytest.raises(InputError) as caught:
        to_flow(find_vector_layer(BLENDER), channel, where="sh010.1007.exr")
    assert "sh010.1007.exr" in str(caught.value)
    assert "'ViewLayer.Vector.Z'" in str(caught.value)
    assert "column 5, row 2" in str(caught.value)


def test_flow_has_the_frames_shape_and_the_channels_are_left_alone() -> None:
    source = {name: np.random.default_rng(i).random((5, 7)).astype(np.float16) for i, name in enumerate(BLENDER)}
    kept = {name: field.copy() for name, field in source.items()}
    vectors = to_flow(find_vector_layer(BLENDER), source.__getitem__)
    assert isinstance(vectors, Vectors)
    for flow in (vectors.backward, vectors.forward):
        assert flow is not None
        assert flow.shape == (1, 2, 5, 7)
        assert flow.dtype == torch.float32
    assert all(np.array_equal(source[name], kept[name]) for name in BLENDER)


def test_a_blender_file_is_read() -> None:
    frame = read_blender(Path(SHOT / "shot.1002.exr"), 1002)
    assert frame.vectors is not None
    assert frame.vectors.backward is not None
    assert frame.vectors.backward.shape[2:] == frame.image.shape[2:]
    assert frame.vectors.backward.abs().max() > 1
