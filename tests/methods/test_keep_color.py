"""What colours become when a painting is to keep those of its plate."""

from __future__ import annotations

import pytest
import torch
from stand_in_card import CARD
from torch import Tensor

from vst_core.methods.keep_color import (
    color_moments,
    luma,
    matching_luminance,
    matching_map,
    with_luminance,
)
from vst_core.moments import Moments


def colors(seed: int, *, mean: float = 0.5, deviation: float = 0.1) -> Tensor:
    """(1, 3, 40, 50), channels that depend on one another."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(3, 3, generator=generator) * deviation
    return mean + torch.einsum("ij,bjhw->bihw", mixing, torch.randn(1, 3, 40, 50, generator=generator))


def covariance(moments: Moments) -> Tensor:
    return moments.covariance[0]


def test_matched_colours_have_mean_and_covariance_of_the_plate() -> None:
    painting, plate = colors(1, mean=0.3), colors(2, mean=0.6)
    found = color_moments(matching_map(color_moments(painting), color_moments(plate))(painting))
    wanted = color_moments(plate)
    assert torch.allclose(found.mean, wanted.mean, atol=1e-5)
    assert torch.allclose(covariance(found), covariance(wanted), atol=1e-4)


def test_colours_that_match_already_stay() -> None:
    painting = colors(1)
    kept = matching_map(color_moments(painting), color_moments(painting))
    assert torch.allclose(kept(painting), painting, atol=1e-4)


def test_no_hue_becomes_its_opposite() -> None:
    """The map is symmetric with positive eigenvalues: each colour moves on its own side of the mean."""
    for seed in range(20):
        matrix = matching_map(color_moments(colors(seed)), color_moments(colors(seed + 100))).matrix
        assert torch.allclose(matrix, matrix.T, atol=1e-3)
        assert torch.linalg.eigvalsh(matrix).min() > 0


def test_a_painting_of_one_colour_stays_finite() -> None:
    flat = torch.full((1, 3, 8, 8), 0.25)
    for source, target in ((flat, colors(1)), (colors(1), flat), (flat, flat)):
        image = matching_map(color_moments(source), color_moments(target))(source)
        assert torch.isfinite(image).all()
        assert torch.allclose(image.mean((2, 3)), target.mean((2, 3)), atol=1e-3)


def test_only_pixels_that_are_seen_count() -> None:
    image = torch.zeros(1, 3, 4, 6)
    image[..., 3:] = 0.8
    seen = torch.zeros(4, 6, dtype=torch.bool)
    seen[:, 3:] = True
    assert color_moments(image, seen).mean.tolist() == [pytest.approx([0.8] * 3)]
    assert color_moments(image, torch.zeros_like(seen)).mean.tolist() == [pytest.approx([0.4] * 3)]


def test_the_result_has_the_luminance_asked_for_and_the_plates_hue() -> None:
    plate, wanted = colors(3, deviation=0.05), luma(colors(4, deviation=0.05))
    image = with_luminance(plate, wanted)
    assert torch.allclose(luma(image), wanted, atol=1e-5)
    chroma, before = image - luma(image), plate - luma(plate)
    assert torch.nn.functional.cosine_similarity(chroma, before).min() > 0.999


def test_the_plates_own_luminance_gives_the_plate() -> None:
    plate = torch.rand(1, 3, 30, 30)
    assert torch.allclose(with_luminance(plate, luma(plate)), plate, atol=1e-6)


@pytest.mark.parametrize("wanted", [-0.5, 0.0, 0.03, 0.97, 1.0, 1.5])
def test_colours_that_do_not_fit_are_paled_and_not_clipped(wanted: float) -> None:
    plate = torch.rand(1, 3, 30, 30)
    image = with_luminance(plate, torch.full((1, 1, 30, 30), wanted))
    assert image.min() >= -1e-6
    assert image.max() <= 1 + 1e-6
    assert torch.allclose(luma(image), torch.tensor(min(max(wanted, 0.0), 1.0)), atol=1e-5)


def test_a_grey_plate_stays_grey() -> None:
    grey = torch.rand(1, 1, 9, 9).expand(1, 3, 9, 9)
    image = with_luminance(grey, torch.rand(1, 1, 9, 9))
    assert torch.allclose(image.amax(1), image.amin(1), atol=1e-6)


def test_matched_luminance_has_the_plates_mean_and_deviation() -> None:
    painting, plate = colors(5, mean=0.2), colors(6, mean=0.7)
    found = matching_luminance(painting, color_moments(painting), color_moments(plate))
    assert float(found.mean()) == pytest.approx(float(luma(plate).mean()), abs=1e-4)
    assert float(found.std()) == pytest.approx(float(luma(plate).std()), rel=0.01)


def test_colours_are_matched_where_they_lie() -> None:
    painting, plate = colors(1), colors(2)
    there = matching_map(color_moments(painting.to(CARD)), color_moments(plate.to(CARD)))(painting.to(CARD))
    assert there.device == CARD
    here = matching_map(color_moments(painting), color_moments(plate))(painting)
    assert torch.allclose(there.cpu(), here, atol=1e-5)


def test_luminance_is_kept_in_its_type() -> None:
    def kept(painting: Tensor, plate: Tensor) -> Tensor:
        return with_luminance(plate, matching_luminance(painting, color_moments(painting), color_moments(plate)))

    found = kept(colors(1).double(), colors(2).double())
    assert found.dtype == torch.float64
    assert torch.allclose(found.float(), kept(colors(1), colors(2)), atol=1e-5)
