"""Motion of tensors as a researcher has them: turned, channels last, in other float types."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from flow_scenes import grid, pattern, smooth_flow
from torch import Tensor

from vst_core.flow import consistency_mask, is_cut, unchanged_mask, warp, warp_sharp

HEIGHT, WIDTH = 40, 56
FLOW, BACK = smooth_flow(HEIGHT, WIDTH, 2), smooth_flow(HEIGHT, WIDTH, 2, seed=1)
IMAGE = pattern(*grid(HEIGHT, WIDTH))
Operation = Callable[[Tensor, Tensor, Tensor], Tensor]
OPERATIONS: dict[str, Operation] = {
    "warp": lambda image, flow, _: warp(image, flow),
    "warp_sharp": lambda image, flow, _: warp_sharp(image, flow),
    "consistency_mask": lambda _, flow, back: consistency_mask(flow, back),
    "unchanged_mask": lambda image, _, __: unchanged_mask(image, image.flip(3)),
    "is_cut": lambda image, flow, _: torch.tensor(is_cut(image, torch.zeros_like(flow[:, :1]))),
}
LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "turned": lambda field: field.transpose(2, 3).contiguous().transpose(2, 3),
    "channels last": lambda field: field.contiguous(memory_format=torch.channels_last),
    "every other": lambda field: field.repeat_interleave(2, 3)[..., ::2],
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_order_in_memory_changes_nothing(operation: Operation, layout: Callable[[Tensor], Tensor]) -> None:
    found = operation(*(layout(each) for each in (IMAGE, FLOW, BACK)))
    assert torch.equal(found, operation(IMAGE, FLOW, BACK))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("name", ["warp_sharp", "consistency_mask"])
def test_results_are_of_the_given_type(name: str, dtype: torch.dtype) -> None:
    given = [each.round().to(dtype) if each is not IMAGE else each.to(dtype) for each in (IMAGE, FLOW, BACK)]
    found = OPERATIONS[name](*given)
    assert found.dtype == dtype
    expected = OPERATIONS[name](*(each.float() for each in given))
    torch.testing.assert_close(found.float(), expected, rtol=0, atol=0.02)
