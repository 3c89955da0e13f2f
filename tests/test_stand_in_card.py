"""The stand-in is as strict as the card it stands for, or what is tested on it says nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from stand_in_card import CARD
from torch import Tensor


def test_it_computes_what_the_processor_does() -> None:
    image = torch.rand(1, 3, 8, 9)
    convolution = torch.nn.Conv2d(3, 4, 3)
    there = convolution(image).square().sum()
    there.backward()
    expected = [parameter.grad.clone() for parameter in convolution.parameters() if parameter.grad is not None]
    convolution.zero_grad()
    here = convolution.to(CARD)(image.to(CARD)).square().sum()
    here.backward()
    assert here.device == CARD
    assert here.item() == there.item()
    for parameter, gradient in zip(convolution.parameters(), expected, strict=True):
        assert parameter.grad is not None
        assert parameter.grad.device == CARD
        assert torch.equal(parameter.grad.cpu(), gradient)


def test_what_is_made_there_is_there_and_written_in_place() -> None:
    made = torch.zeros(2, 3, device=CARD)
    made[:, 1:] += 1
    torch.mul(made, 2, out=made)
    assert made.device == CARD
    assert made.tolist() == [[0, 2, 2], [0, 2, 2]]
    assert torch.tensor([1.0, 2.0], device=CARD).device == CARD


@pytest.mark.parametrize(
    "mixed",
    [
        lambda here, there: there + here,
        lambda here, there: here * there.sum(),
        lambda here, there: torch.stack((here, there)),
        lambda here, there: here[there > 0],
        lambda here, there: torch.mul(there, there, out=here),
        lambda _, there: there.numpy(),
    ],
    ids=["sum", "one value there", "stack", "index", "out", "numpy"],
)
def test_what_lies_here_and_there_is_refused(mixed: Callable[[Tensor, Tensor], object]) -> None:
    with pytest.raises(RuntimeError):
        mixed(torch.ones(2, 2), torch.ones(2, 2, device=CARD))


def test_single_values_copies_and_indices_are_not() -> None:
    there = torch.ones(2, 2, device=CARD)
    assert (there * torch.tensor(3.0)).device == CARD
    assert torch.equal(torch.zeros(2, 2).copy_(there), torch.ones(2, 2))
    assert there[torch.tensor([1])].shape == (1, 2)
