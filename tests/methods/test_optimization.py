from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from small_pictures import LAYERS, LOSSES, SOLVERS, MakeFeatures, ignore, picture, settings
from torch import Tensor

from vst_core.errors import SettingsError
from vst_core.methods import Optimization, Prior, measure_style, scaled_to_area
from vst_core.methods.objective import Objective


@pytest.mark.parametrize("style_loss", LOSSES)
@pytest.mark.parametrize("optimizer", SOLVERS)
def test_it_lowers_its_objective(style_loss: str, optimizer: str, random_features: MakeFeatures) -> None:
    chosen, network = settings(style_loss=style_loss, optimizer=optimizer), random_features(LAYERS)
    content, style = picture(1), picture(100)
    made = Optimization(chosen, network)
    made.prepare([style], [1.0], 1.0)
    result = made.stylize(content, None, ignore)
    parts = []
    for image in (content, result):
        objective = Objective(chosen, network, content, None, measure_style(chosen, network, [style], [1.0]))
        objective(image)
        parts.append(objective.parts())
    assert parts[1]["total"] < 0.9 * parts[0]["total"]
    assert parts[1]["style"] < 0.9 * parts[0]["style"]


@pytest.mark.parametrize("style_loss", LOSSES)
@pytest.mark.parametrize("optimizer", SOLVERS)
def test_the_result_is_a_picture(style_loss: str, optimizer: str, method: Callable[..., Optimization]) -> None:
    content = picture(1)
    for prior in (None, Prior(picture(2), torch.ones(1, 1, 32, 36))):
        result = method(style_loss=style_loss, optimizer=optimizer).stylize(content, prior, ignore)
        assert result.shape == content.shape
        assert result.dtype == torch.float32
        assert not result.requires_grad
        assert torch.isfinite(result).all()
        assert result.min() >= 0
        assert result.max() <= 1
        assert not torch.equal(result, content)


def mean_square(first: Tensor, second: Tensor) -> float:
    return float((first - second).square().mean())


def test_each_weight_does_what_it_says(method: Callable[..., Optimization]) -> None:
    content = picture(1)
    usual = method().stylize(content, None, ignore)
    held = method(content_weight=50).stylize(content, None, ignore)
    assert mean_square(held, content) < 0.7 * mean_square(usual, content)
    smooth = method(tv_weight=500).stylize(content, None, ignore)
    assert mean_square(smooth[..., 1:], smooth[..., :-1]) < 0.7 * mean_square(usual[..., 1:], usual[..., :-1])


def test_without_style_the_plate_stays(method: Callable[..., Optimization]) -> None:
    content = picture(1)
    assert torch.allclose(method(style_weight=0, tv_weight=0).stylize(content, None, ignore), content, atol=1e-6)


@pytest.mark.parametrize("style_loss", LOSSES)
def test_a_style_of_no_weight_has_no_say(style_loss: str, method: Callable[..., Optimization]) -> None:
    first, second, content = picture(100), picture(101), picture(1)
    alone = method((first,), style_loss=style_loss).stylize(content, None, ignore)
    for blend, expected in (((1.0, 0.0), True), ((0.5, 0.5), False)):
        result = method((first, second), blend, style_loss=style_loss).stylize(content, None, ignore)
        assert torch.equal(result, alone) == expected


def test_the_size_of_the_style_file_does_not_matter_but_the_style_scale_does(
    method: Callable[..., Optimization],
) -> None:
    content, style = picture(1), picture(100, 64, 72)
    made = method((style,))
    found = [made.stylize(content, None, ignore)]
    for given, scale in ((scaled_to_area(style, (32 * 36) ** 0.5), 1.0), (style, 0.5)):
        made.prepare([given], [1.0], scale)
        found.append(made.stylize(content, None, ignore))
    assert torch.equal(found[1], found[0])
    assert not torch.equal(found[2], found[0])


@pytest.mark.parametrize(("size", "side", "expected"), [((100, 100), 50, (50, 50)), ((40, 90), 120, (80, 180))])
def test_styles_are_scaled_to_an_area_and_keep_their_shape(
    size: tuple[int, int], side: float, expected: tuple[int, int]
) -> None:
    scaled = scaled_to_area(torch.rand(1, 3, *size), side)
    assert scaled.shape == (1, 3, *expected)
    assert 0 <= scaled.min() <= scaled.max() <= 1


def test_a_narrow_style_stays_wide_enough_for_the_network() -> None:
    assert min(scaled_to_area(torch.rand(1, 3, 16, 1600), 64).shape[-2:]) == 16


def test_a_plate_that_is_too_small_is_refused(method: Callable[..., Optimization]) -> None:
    with pytest.raises(SettingsError, match="12x40 is too small"):
        method().stylize(picture(1, 40, 12), None, ignore)
