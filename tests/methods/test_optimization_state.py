from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from small_pictures import LOSSES, SOLVERS, ignore, picture

from vst_core.errors import Cancelled
from vst_core.methods import Optimization, Prior, Progress


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


def test_preparing_again_replaces_the_style(method: Callable[..., Optimization]) -> None:
    content, made = picture(1), method((picture(100),))
    first = made.stylize(content, None, ignore)
    made.prepare([picture(101)], [1.0], 1.0)
    second = made.stylize(content, None, ignore)
    assert not torch.equal(first, second)
    assert torch.equal(second, method((picture(101),)).stylize(content, None, ignore))


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
