from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from small_pictures import LAYERS, LOSSES, SOLVERS, MakeFeatures, ignore, picture, settings
from torch import Tensor

from vst_core.errors import ModelError
from vst_core.features import Features
from vst_core.methods import Optimization, Prior, Progress
from vst_core.moments import Moments, feature_moments


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


def test_coarse_to_fine_ends_at_the_plates_size(method: Callable[..., Optimization]) -> None:
    content, seen = picture(1, 92, 96), list[Progress]()
    made = method(scales=3, iterations=9)
    result = made.stylize(content, None, seen.append)
    assert result.shape == content.shape
    assert (seen[-1].step, seen[-1].steps) == (9, 9)
    assert torch.equal(made.stylize(content, None, ignore), result)
    assert not torch.equal(method(scales=1, iterations=9).stylize(content, None, ignore), result)


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
