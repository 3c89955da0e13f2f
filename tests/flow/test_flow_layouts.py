"""Motion of tensors as a researcher has them: turned, channels last, in other float types."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from motion_operations import BACK, FLOW, IMAGE, OPERATIONS, Operation
from torch import Tensor

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
