from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from vst_core.errors import ModelError, SettingsError
from vst_core.features import Features
from vst_core.methods import METHODS, Cancelled, Optimization, Prior, Progress, measure_style, scaled_to_area
from vst_core.methods.objective import Objective
from vst_core.moments import Moments, feature_moments
from vst_core.settings import OptimizationSettings, RenderSettings

MakeFeatures = Callable[[Sequence[str]], Features]
LAYERS = ("relu1_1", "relu2_1")
LOSSES = ("gram", "wasserstein", "sliced")
SOLVERS = ("adam", "lbfgs")
SMALL = {
    "style_layers": LAYERS,
    "content_layers": ("relu2_1",),
    "iterations": 12,
    "iterations_next": 7,
    "scales": 1,
    "learning_rate": 0.05,
}


def settings(**values: Any) -> OptimizationSettings:
    return OptimizationSettings.model_validate(SMALL | values)


def picture(seed: int, height: int = 32, width: int = 36) -> Tensor:
    """A smooth picture with some noise."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 4, 4, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear", align_corners=False)
    return (smooth + 0.1 * torch.rand(1, 3, height, width, generator=generator)).clamp(0, 1)


def ignore(_: Progress) -> None:
    pass


@pytest.fixture
def method(random_features: MakeFeatures) -> Callable[..., Optimization]:
    """Makes the method, prepared with one style; keywords are settings."""

    def make(styles: tuple[Tensor, ...] = (), blend: tuple[float, ...] = (1.0,), **values: Any) -> Optimization:
        chosen = settings(**values)
        made = Optimization(chosen, random_features((*chosen.style_layers, *chosen.content_layers)))
        made.prepare(styles or (picture(100),), blend, 1.0)
        return made

    return make


def test_every_method_of_the_settings_is_there() -> None:
    assert set(METHODS) == set(get_args(RenderSettings.model_fields["method"].annotation))


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


@pytest.mark.parametrize("style_loss", LOSSES)
@pytest.mark.parametrize("optimizer", SOLVERS)
def test_a_frame_does_not_depend_on_what_was_stylised_before(
    style_loss: str, optimizer: str, method: Callable[..., Optimization]
) -> None:
    first, second = picture(1), picture(2)
    prior = Prior(picture(3), torch.rand(1, 1, 32, 36))
    used = method(style_loss=style_loss, optimizer=optimizer)
    before = used.stylize(first, None, ignore), used.stylize(first, prior, ignore)
    torch.manual_seed(77)
    used.stylize(second, Prior(picture(4), torch.ones(1, 1, 32, 36)), ignore)
    used.stylize(picture(5, 24, 28), None, ignore)
    fresh = method(style_loss=style_loss, optimizer=optimizer)
    for each in (used, fresh):
        assert torch.equal(each.stylize(first, prior, ignore), before[1])
        assert torch.equal(each.stylize(first, None, ignore), before[0])


def test_the_global_random_numbers_are_left_alone(method: Callable[..., Optimization]) -> None:
    state = torch.get_rng_state()
    method(style_loss="sliced").stylize(picture(1), None, ignore)
    assert torch.equal(torch.get_rng_state(), state)


def test_nothing_the_caller_gave_is_changed(method: Callable[..., Optimization]) -> None:
    content, style = picture(1), picture(100)
    prior = Prior(picture(2), torch.rand(1, 1, 32, 36))
    given = (content, style, prior.warped, prior.valid)
    kept = [tensor.clone() for tensor in given]
    made = method((style,))
    made.stylize(content, prior, ignore)
    made.stylize(content, None, ignore)
    for tensor, copy in zip(given, kept, strict=True):
        assert torch.equal(tensor, copy)
        assert not tensor.requires_grad


def test_how_the_plate_lies_in_memory_does_not_matter(method: Callable[..., Optimization]) -> None:
    made, content = method(), picture(1)
    expected = made.stylize(content, None, ignore)
    assert torch.equal(made.stylize(content.to(memory_format=torch.channels_last), None, ignore), expected)
    larger = torch.zeros(1, 4, 40, 40)
    larger[:, :3, 3:35, 2:38] = content
    assert torch.equal(made.stylize(larger[:, :3, 3:35, 2:38], None, ignore), expected)


def test_coarse_to_fine_ends_at_the_plates_size(method: Callable[..., Optimization]) -> None:
    content, seen = picture(1, 92, 96), list[Progress]()
    made = method(scales=3, iterations=9)
    result = made.stylize(content, None, seen.append)
    assert result.shape == content.shape
    assert (seen[-1].step, seen[-1].steps) == (9, 9)
    assert torch.equal(made.stylize(content, None, ignore), result)
    assert not torch.equal(method(scales=1, iterations=9).stylize(content, None, ignore), result)


def watched(random_features: MakeFeatures, **values: Any) -> tuple[Optimization, list[Tensor]]:
    """The method with a list of every image of which it asked a gradient."""
    network, seen = random_features(LAYERS), list[Tensor]()

    def watch(_: torch.nn.Module, given: tuple[Tensor]) -> None:
        if given[0].requires_grad:
            seen.append(given[0].detach().clone())

    network.register_forward_pre_hook(watch)
    made = Optimization(settings(style_loss="sliced", **values), network)
    made.prepare([picture(100, 96, 96)], [1.0], 1.0)
    return made, seen


def test_adam_stays_among_the_colours_that_a_display_has(random_features: MakeFeatures) -> None:
    made, seen = watched(random_features, learning_rate=0.3)
    made.stylize(picture(1), None, ignore)
    assert len(seen) == 12
    assert all(0 <= image.min() <= image.max() <= 1 for image in seen)


def test_adam_goes_on_at_the_next_size_where_it_was(random_features: MakeFeatures) -> None:
    made, seen = watched(random_features, scales=2, iterations=30, learning_rate=0.01)
    made.stylize(0.5 + 0.2 * picture(1, 92, 96), None, ignore)
    first_step, next_size = ([image for image in seen if image.shape[-1] == width] for width in (68, 96))
    moved = [float((images[1] - images[0]).abs().mean()) for images in (first_step, next_size)]
    assert moved[0] > 0.009, "an Adam that knows nothing yet moves every pixel by the learning rate"
    assert moved[1] < 0.8 * moved[0]


def test_progress_counts_up_to_the_last_step(method: Callable[..., Optimization]) -> None:
    seen: list[Progress] = []
    method().stylize(picture(1), None, seen.append)
    assert [(progress.step, progress.steps) for progress in seen] == [(5, 12), (10, 12), (12, 12)]
    assert set(seen[0].loss) == {"total", "content", "style", "tv"}
    assert seen[-1].loss["total"] < seen[0].loss["total"]
    seen.clear()
    method().stylize(picture(1), Prior(picture(2), torch.ones(1, 1, 32, 36)), seen.append)
    assert [(progress.step, progress.steps) for progress in seen] == [(5, 7), (7, 7)]
    assert "temporal" in seen[0].loss


def test_a_run_that_stands_still_ends_early_and_says_so(method: Callable[..., Optimization]) -> None:
    seen: list[Progress] = []
    made = method(iterations=600, style_weight=0, style_layers=("relu1_1",), content_layers=("relu1_1",))
    made.stylize(picture(1, 16, 16), None, seen.append)
    reported = [progress.step for progress in seen]
    assert len(reported) < 600 / 5, "it did not stand still"
    assert reported[-1] == 600


def test_cancelling_stops_at_once_and_leaves_no_trace(method: Callable[..., Optimization]) -> None:
    content, calls = picture(1), []

    def cancel(progress: Progress) -> None:
        calls.append(progress)
        raise Cancelled

    made = method()
    with pytest.raises(Cancelled):
        made.stylize(content, None, cancel)
    assert len(calls) == 1
    assert torch.equal(made.stylize(content, None, ignore), method().stylize(content, None, ignore))


def half() -> Tensor:
    """Trust in the left half."""
    valid = torch.zeros(1, 1, 32, 36)
    valid[..., :18] = 1
    return valid


def error(result: Tensor, warped: Tensor) -> tuple[float, float]:
    """Mean squared distance from the warped image, left and right, two pixels off the seam."""
    squares = (result - warped).square()
    return float(squares[..., :16].mean()), float(squares[..., 20:].mean())


def test_the_prior_pulls_where_it_is_valid_and_nowhere_else(method: Callable[..., Optimization]) -> None:
    content, warped = picture(1), picture(2)
    found = [
        error(method(temporal_weight=weight).stylize(content, Prior(warped, half()), ignore), warped)
        for weight in (0.0, 1.0, 100.0)
    ]
    assert found[0][0] > 1.3 * found[1][0] > 1.3 * 1.3 * found[2][0]
    assert found[2][0] < 0.1 * found[2][1]
    assert min(right for _, right in found) > 0.7 * max(right for _, right in found), "the other half does not care"


def test_what_is_not_valid_has_no_influence_at_all(method: Callable[..., Optimization]) -> None:
    content, warped, valid = picture(1), picture(2), half()
    made = method()
    expected = made.stylize(content, Prior(warped, valid), ignore)
    other = valid * warped + (1 - valid) * picture(9)
    assert torch.equal(made.stylize(content, Prior(other, valid), ignore), expected)
    assert not torch.equal(made.stylize(content, Prior(other, torch.ones_like(valid)), ignore), expected)


def test_a_prior_that_is_nowhere_valid_is_like_a_start_from_the_plate(method: Callable[..., Optimization]) -> None:
    content, nowhere = picture(1), torch.zeros(1, 1, 32, 36)
    alone = method(iterations=7).stylize(content, None, ignore)
    assert torch.equal(method().stylize(content, Prior(picture(2), nowhere), ignore), alone)


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


def test_preparing_again_replaces_the_style(method: Callable[..., Optimization]) -> None:
    content, made = picture(1), method((picture(100),))
    first = made.stylize(content, None, ignore)
    made.prepare([picture(101)], [1.0], 1.0)
    second = made.stylize(content, None, ignore)
    assert not torch.equal(first, second)
    assert torch.equal(second, method((picture(101),)).stylize(content, None, ignore))


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


def plain_line(made: Optimization, content: Tensor) -> str:
    with pytest.raises(ModelError) as caught:
        made.stylize(content, None, ignore)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("optimizer", SOLVERS)
def test_a_run_that_diverges_is_one_plain_line(optimizer: str, method: Callable[..., Optimization]) -> None:
    made = method(style_loss="gram", optimizer=optimizer, style_weight=1e38)
    assert "diverged; lower the learning rate" in plain_line(made, picture(1))


@pytest.mark.parametrize("style_loss", LOSSES)
@pytest.mark.parametrize("optimizer", SOLVERS)
def test_a_plate_that_is_not_finite_is_one_plain_line(
    style_loss: str, optimizer: str, method: Callable[..., Optimization]
) -> None:
    content = picture(1)
    content[0, 1, 5, 5] = torch.nan
    assert "diverged" in plain_line(method(style_loss=style_loss, optimizer=optimizer), content)


def test_a_matrix_without_eigenvalues_is_a_plain_line_too() -> None:
    class Pixels(Features):
        """Three channels instead of many: eigensolvers give up on small matrices that larger ones let pass."""

        def __init__(self) -> None:
            torch.nn.Module.__init__(self)

        def forward(self, image: Tensor) -> dict[str, Tensor]:
            return dict.fromkeys(LAYERS, image)

        def statistics(
            self, image: Tensor, maps: Sequence[str], moments: Sequence[str], *, with_mean: bool = True
        ) -> tuple[dict[str, Tensor], dict[str, Moments]]:
            assert with_mean
            return dict.fromkeys(maps, image), dict.fromkeys(moments, feature_moments(image))

    made = Optimization(settings(), Pixels())
    made.prepare([picture(100)], [1.0], 1.0)
    assert "diverged" in plain_line(made, torch.full((1, 3, 32, 36), torch.nan))


def test_a_plate_that_is_too_small_is_refused(method: Callable[..., Optimization]) -> None:
    with pytest.raises(SettingsError, match="12x40 is too small"):
        method().stylize(picture(1, 40, 12), None, ignore)
