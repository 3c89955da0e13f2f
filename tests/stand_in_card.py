"""A stand-in for a graphics card, where there is none: a device of torch's that computes on the processor.

It is as strict as CUDA about what lies where: an operation on tensors here and there is refused, and nothing but a copy
brings one to the processor. What is right on it differs from the processor's in no bit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

_COPIES = ("aten::_to_copy", "aten::copy_")
_INDEXES = ("aten::index", "aten::index_put_", "aten::_index_put_impl_")
_PROCESSOR = torch.device("cpu")


class _Module(_DummyBackendModule):
    """What torch asks a device about itself."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]


_setup_privateuseone_for_python_backend("card", backend_module=_Module())
CARD = torch.device("card", 0)


class OnCard(Tensor):
    """A tensor on the card."""

    held: Tensor

    @staticmethod
    def __new__(cls: type[OnCard], held: Tensor) -> OnCard:
        made: OnCard = torch.Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=CARD,
        )
        made.held = held
        return made

    def tolist(self) -> Any:
        """Torch refuses it to tensors that are not its own."""
        return self.held.tolist()

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # its stub has no operation
        cls, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return _done(operation, args, kwargs or {})

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]


def _done(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Do it on the processor, and say that it was done on the card."""
    tensors = [each for each in pytree.tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
    _refuse_mixture(operation, args, tensors)
    stays = any(isinstance(each, OnCard) for each in tensors)
    if (device := kwargs.get("device")) is not None:
        stays, kwargs = torch.device(device).type == CARD.type, kwargs | {"device": _PROCESSOR}
    result = operation(*pytree.tree_map(_held, args), **pytree.tree_map(_held, kwargs))
    written = {id(_held(each)): each for each in tensors}  # what is written into comes back itself

    def placed(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        return written.get(id(value), OnCard(value) if stays else value)

    return pytree.tree_map(placed, result)


def _refuse_mixture(operation: Any, args: tuple[Any, ...], tensors: list[Tensor]) -> None:
    """Single values of the processor may take part, and so may its indices, as with CUDA."""
    name = operation._schema.name
    if name in _COPIES or (name in _INDEXES and isinstance(args[0], OnCard)):
        return
    kinds = {isinstance(each, OnCard) for each in tensors if isinstance(each, OnCard) or each.dim() > 0}
    if len(kinds) > 1:
        raise RuntimeError(f"Expected all tensors to be on the same device, but found {CARD} and cpu in {operation}")


def _held(value: Any) -> Any:
    return value.held if isinstance(value, OnCard) else value


def _empty(size: Any, *, dtype: Any = None, memory_format: Any = None, **_: Any) -> Tensor:
    return OnCard(torch.empty(size, dtype=dtype, memory_format=memory_format or torch.contiguous_format))


def _empty_strided(size: Any, stride: Any, *, dtype: Any = None, **_: Any) -> Tensor:
    return OnCard(torch.empty_strided(size, stride, dtype=dtype))


def _copy_from(source: Tensor, target: Tensor, _non_blocking: bool = False) -> Tensor:
    _held(target).copy_(_held(source))
    return target


_operations: Any = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
_operations.impl("empty.memory_format", _empty, "PrivateUse1")
_operations.impl("empty_strided", _empty_strided, "PrivateUse1")
_operations.impl("_copy_from", _copy_from, "PrivateUse1")
