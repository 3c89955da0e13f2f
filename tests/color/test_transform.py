import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from vst_core.color import HIGHLIGHT_RADIUS, ColorConfig, DisplayTransform, style_to_display
from vst_core.color.coverage import MIN_ALPHA
from vst_core.color.curve import WHITE_DISPLAY, curve
from vst_core.errors import ModelError

Array = NDArray[np.float32]
REC709 = DisplayTransform("lin_rec709_scene")
ACESCG = DisplayTransform("ACEScg")


def relative_error(actual: Array, expected: Array) -> float:
    """Largest error of a pixel, relative to its largest channel."""
    size = np.maximum(np.abs(expected).max(axis=-1), 1e-6)
    return float((np.abs(actual - expected).max(axis=-1) / size).max())


def round_trip(transform: DisplayTransform, color: Array, alpha: Array | None = None) -> Array:
    display = transform.to_display(color, alpha)
    assert display.pixels.shape == (1, 3, *color.shape[:2])
    assert display.pixels.dtype == torch.float32
    assert display.pixels.min() >= 0
    assert display.pixels.max() <= 1
    return transform.to_scene_linear(display.pixels, display)


shapes = st.tuples(st.integers(1, 20), st.integers(1, 20))


@settings(max_examples=60, deadline=None)
@given(st.data())
@pytest.mark.parametrize("transform", [REC709, ACESCG], ids=["rec709", "acescg"])
def test_any_plate_comes_back(transform: DisplayTransform, data: st.DataObject) -> None:
    shape = data.draw(shapes)
    color = data.draw(arrays(np.float32, (*shape, 3), elements=st.floats(-100, 65504, width=16)))
    alphas = st.one_of(st.sampled_from([0.0, 1.0, MIN_ALPHA]), st.floats(-0.5, 1.5, width=16))
    alpha = data.draw(st.one_of(st.none(), arrays(np.float32, shape, elements=alphas)))
    result = round_trip(transform, color, alpha)
    assert np.isfinite(result).all()
    assert relative_error(result, color) < 1e-3


def test_every_value_from_dark_to_sun() -> None:
    values = np.concatenate([np.linspace(-0.1, 2, 3000), np.geomspace(1e-6, 64, 3000), np.geomspace(64, 6e4, 399)])
    color = np.stack([values, values[::-1], np.roll(values, 1234)], axis=-1).astype(np.float32)[None]
    assert np.allclose(round_trip(REC709, color), color, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("space", ["ACEScg", "ACES2065-1", "lin_p3d65_scene", "Linear ARRI Wide Gamut 4"])
def test_saturated_colours_of_wide_gamuts(space: str) -> None:
    transform = DisplayTransform(space)
    cube = np.stack(np.meshgrid(*[[0, 1e-3, 0.18, 1, 16, 60]] * 3), axis=-1).reshape(12, 18, 3).astype(np.float32)
    display = transform.to_display(cube, None)
    assert any(outside is not None for outside in display.outside), "Rec.709 cannot hold them"
    assert relative_error(transform.to_scene_linear(display.pixels, display), cube) < 1e-4


@pytest.mark.parametrize(
    ("space", "tolerance"),
    [("sRGB - Texture", 1e-3), ("srgb_p3d65_scene", 1e-3), ("ARRI LogC3 (EI800)", 1e-3), ("ACEScct", 1e-3)],
)
def test_encoded_spaces(space: str, tolerance: float) -> None:
    levels = np.linspace(0, 1, 52, dtype=np.float32)
    color = np.stack(np.meshgrid(levels, levels[::3], levels[::17]), axis=-1).reshape(52, -1, 3)
    result = round_trip(DisplayTransform(space), np.ascontiguousarray(color))
    assert np.abs(result - color).max() < tolerance


def test_the_network_sees_the_curve_of_rec709() -> None:
    color = np.random.default_rng(0).random((9, 7, 3)).astype(np.float32)
    seen = REC709.to_display(color, None).pixels[0].permute(1, 2, 0).numpy()
    assert np.allclose(seen, curve(color), atol=1e-6)
    red = np.full((2, 2, 3), (1, 0, 0), np.float32)
    assert ACESCG.to_display(red, None).pixels[0, :, 0, 0].tolist() == pytest.approx(
        [float(curve(np.array([[1.705051]], np.float32))[0, 0]), 0, 0], abs=1e-4
    )


def test_plate_is_not_changed() -> None:
    color = np.random.default_rng(0).random((20, 7, 3)).astype(np.float32) - 0.3
    alpha = np.random.default_rng(1).random((20, 7)).astype(np.float32)
    before = color.copy(), alpha.copy()
    stylized = torch.rand(1, 3, 20, 7)
    kept = stylized.clone()
    REC709.to_scene_linear(stylized, REC709.to_display(color, alpha))
    assert (color == before[0]).all()
    assert (alpha == before[1]).all()
    assert torch.equal(stylized, kept)


# ------------------------------------------------------------------ alpha


def antialiased_disc(size: int = 96) -> Array:
    y, x = np.mgrid[:size, :size] - size / 2 + 0.5
    return np.asarray(np.clip(np.round((size / 4 - np.hypot(x, y)) * 64) / 64, 0, 1), dtype=np.float32)


def test_white_disc_has_no_dark_fringe() -> None:
    alpha = antialiased_disc()
    color = np.repeat(alpha[..., None], 3, axis=-1)
    display = REC709.to_display(color, alpha)
    assert float(display.pixels.min()) == pytest.approx(WHITE_DISPLAY, abs=1e-4), "no black anywhere near the edge"
    assert np.allclose(REC709.to_scene_linear(display.pixels, display), color, rtol=1e-5, atol=1e-7)


def test_constant_colour_network_gives_colour_times_alpha() -> None:
    alpha = antialiased_disc()
    display = REC709.to_display(
        np.random.default_rng(0).random((96, 96, 3)).astype(np.float32) * alpha[..., None], alpha
    )
    wanted = np.array([0.2, 0.5, 0.05], np.float32)
    painted = torch.from_numpy(curve(wanted[None]))[..., None, None].expand(-1, -1, 96, 96).reshape(1, 3, 96, 96)
    assert np.allclose(REC709.to_scene_linear(painted, display), wanted * alpha[..., None], rtol=1e-4, atol=1e-7)


def test_light_without_coverage_passes_untouched() -> None:
    alpha = antialiased_disc()
    color = np.random.default_rng(0).random((96, 96, 3)).astype(np.float32)
    color *= np.where(alpha > 0, alpha, 7)[..., None]
    result = REC709.to_scene_linear(torch.zeros(1, 3, 96, 96), REC709.to_display(color, alpha))
    assert (result[alpha == 0] == color[alpha == 0]).all()
    assert (result[alpha > MIN_ALPHA] == 0).all()


def test_glow_over_next_to_no_alpha_stays_finite_and_exact() -> None:
    alpha = np.geomspace(1e-7, 1e-2, 64, dtype=np.float32)[None].repeat(4, 0)
    color = np.full((4, 64, 3), (2, 0.5, 30), np.float32)
    assert relative_error(round_trip(REC709, color, alpha), color) < 1e-4


# ------------------------------------------------------------------ what a network may do


def test_no_fireflies_where_the_plate_has_no_highlights() -> None:
    color = np.full((32, 32, 3), 0.4, np.float32)
    result = REC709.to_scene_linear(torch.full((1, 3, 32, 32), 5.0), REC709.to_display(color, None))
    assert result.max() == pytest.approx(1, rel=1e-4)
    assert REC709.to_scene_linear(torch.full((1, 3, 32, 32), -3.0), REC709.to_display(color, None)).max() == 0


def test_highlights_stay_near_those_of_the_plate() -> None:
    color = np.full((64, 64, 3), 0.2, np.float32)
    color[32, 32] = (40, 5, 1)
    result = REC709.to_scene_linear(torch.ones(1, 3, 64, 64), REC709.to_display(color, None))
    distance = np.abs(np.mgrid[:64, :64] - 32).max(axis=0)
    assert result[distance <= HIGHLIGHT_RADIUS] == pytest.approx(40, rel=1e-3)
    assert result[distance > HIGHLIGHT_RADIUS] == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("light", [3.0, 16.0, 640.0])
def test_highlights_come_back_where_paint_is_no_brighter_than_paper(light: float) -> None:
    color = np.full((64, 64, 3), 0.2, np.float32)
    color[24:40, 24:40] = light
    paper = torch.from_numpy(curve(np.full((1, 3 * 64 * 64), 0.9, np.float32))).reshape(1, 3, 64, 64)
    result = REC709.to_scene_linear(paper, REC709.to_display(color, None))
    assert result[24:40, 24:40] == pytest.approx(light, rel=1e-2)
    assert result[:23] == pytest.approx(0.9, rel=1e-3)


def test_strokes_stay_visible_within_a_highlight() -> None:
    color = np.full((32, 32, 3), 8, np.float32)
    stripes = np.where(np.arange(32) % 8 < 4, 0.9, 0.3).astype(np.float32)
    painted = torch.from_numpy(curve(stripes[None])).expand(1, 3, 32, 32)
    result = REC709.to_scene_linear(painted, REC709.to_display(color, None))
    bright, dark = result[..., stripes > 0.5, :], result[..., stripes < 0.5, :]
    assert bright == pytest.approx(8, rel=1e-3)
    assert dark.max() < 4
    assert dark.min() > 0.3


def test_dark_stroke_over_a_saturated_light_is_no_hole() -> None:
    """The negative part of an out-of-gamut plate fades with what the network left of its light."""
    plate = np.full((4, 4, 3), (0, 0, 2.0), np.float32)
    display = ACESCG.to_display(plate, None)
    linear = ACESCG.to_scene_linear(torch.full((1, 3, 4, 4), 0.02), display)
    assert linear.min() > -1e-3
    assert relative_error(ACESCG.to_scene_linear(display.pixels, display), plate) < 1e-4


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_network_that_fails_is_not_hidden(value: float) -> None:
    display = REC709.to_display(np.zeros((4, 4, 3), np.float32), None)
    stylized = display.pixels.clone()
    stylized[0, 1, 2, 3] = value
    with pytest.raises(ModelError, match="NaN or infinity"):
        REC709.to_scene_linear(stylized, display)


def test_other_size_is_refused() -> None:
    display = REC709.to_display(np.zeros((4, 4, 3), np.float32), None)
    with pytest.raises(ValueError, match="stylized is"):
        REC709.to_scene_linear(torch.zeros(1, 3, 4, 5), display)


def test_half_precision_network_output() -> None:
    color = np.random.default_rng(0).random((8, 8, 3)).astype(np.float32)
    display = REC709.to_display(color, None)
    assert relative_error(REC709.to_scene_linear(display.pixels.half(), display), color) < 0.01


# ------------------------------------------------------------------ spaces


def test_style_goes_through_the_same_curve_as_the_plate() -> None:
    grey = np.full((3, 5, 3), 0.46135, np.float32)
    style = style_to_display(grey, "sRGB - Texture")
    assert style.shape == (1, 3, 3, 5)
    assert style.numpy() == pytest.approx(0.46135, abs=1e-4)
    assert REC709.to_display(np.full((3, 5, 3), 0.18, np.float32), None).pixels.numpy() == pytest.approx(
        0.46135, abs=1e-4
    )


def test_results_can_have_a_space_of_their_own() -> None:
    transform = DisplayTransform("sRGB - Texture", output_space="ACEScg")
    assert transform.output_interop_id == "lin_ap1_scene"
    assert round_trip(transform, np.full((2, 3, 3), 0.5, np.float32)) == pytest.approx(0.21404, abs=1e-4)


def test_light_without_coverage_is_brought_to_the_space_of_the_results() -> None:
    transform = DisplayTransform("ACEScg", output_space="lin_rec709_scene")
    glow = np.full((2, 3, 3), (1, 0, 0), np.float32)
    result = round_trip(transform, glow, np.zeros((2, 3), np.float32))
    assert result[1, 1] == pytest.approx([1.70505, -0.13026, -0.02400], abs=1e-4)


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_a_plate_that_is_half_there_keeps_its_light_at_any_strength(strength: float) -> None:
    transform = DisplayTransform("srgb_rec709_scene", output_space="lin_rec709_scene")
    color, alpha = np.full((4, 4, 3), 0.6 * 0.5, np.float32), np.full((4, 4), 0.5, np.float32)
    display = transform.to_display(color, alpha)
    light = ((0.6 + 0.055) / 1.055) ** 2.4
    assert transform.to_scene_linear(display.pixels, display, strength) == pytest.approx(light * 0.5, rel=1e-3)


@pytest.mark.parametrize("opacity", [None, 0.5])
def test_strength_mixes_light_also_where_the_plate_is_stored_as_log(opacity: float | None) -> None:
    transform, config = DisplayTransform("ACEScct"), ColorConfig.load()
    alpha = None if opacity is None else np.full((4, 4), opacity, np.float32)
    color = np.full((4, 4, 3), 0.3, np.float32)
    display = transform.to_display(color * (opacity or 1), alpha)

    def light(strength: float) -> Array:
        mixed = transform.to_scene_linear(torch.full((1, 3, 4, 4), 0.6), display, strength)
        return config.convert(mixed / np.float32(opacity or 1), "ACEScct", "ACEScg")

    assert light(0.25) == pytest.approx(0.25 * light(1) + 0.75 * light(0), rel=1e-3)


@pytest.mark.parametrize("space", ["lin_rec709_scene", "ACEScct"])
def test_strength_can_be_another_for_each_pixel_and_what_lies_below_another_picture(space: str) -> None:
    transform = DisplayTransform(space)
    random = np.random.default_rng(3)
    color, background = random.random((2, 4, 6, 3), np.float32) / np.float32(2)
    alpha = np.linspace(0.5, 1, 24, dtype=np.float32).reshape(4, 6)
    display = transform.to_display(color, alpha)
    painted = torch.full((1, 3, 4, 6), 0.6)
    shares = np.repeat(np.array([[0, 0.25, 0.25, 1, 1, 0]], np.float32), 4, 0)
    result = transform.to_scene_linear(painted, display, shares, background)
    for share, columns in ((0.25, slice(1, 3)), (1.0, slice(3, 5))):
        alike = transform.to_scene_linear(painted, display, share, background)
        assert result[:, columns] == pytest.approx(alike[:, columns], rel=1e-5)
    assert np.array_equal(result[:, ::5], background[:, ::5])
    assert np.abs(result - color).max(axis=(0, 2)).min() > 0.01, "nothing of the plate is left"


def test_where_nothing_of_a_painting_shows_the_sign_of_a_zero_stays() -> None:
    color = np.full((4, 4, 3), -0.0, np.float32)
    display = REC709.to_display(color, None)
    shares = np.eye(4, dtype=np.float32)
    result = REC709.to_scene_linear(torch.full((1, 3, 4, 4), 0.5), display, shares)
    assert np.array_equal(np.signbit(result[..., 0]), shares == 0)
    assert (result[..., 0][shares == 1] > 0.1).all()
