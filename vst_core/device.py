"""Where tensors live, in which precision the feature network runs, and with how many threads."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Literal

import psutil
import torch

from vst_core.container import granted
from vst_core.errors import ModelError
from vst_core.threads import set_threads, usable_cores

if sys.platform != "win32":
    import resource

_NAME = re.compile(r"cpu|cuda(:\d+)?")
_NO_CODE = "no kernel image"  # in what CUDA says then


@dataclass(frozen=True, slots=True)
class Device:
    """A resolved device: what ``auto`` became. Belongs to a render's fingerprint, since it decides the last bits.

    Attributes:
        torch_device: where tensors live.
        dtype: type of the feature network's weights and activations; losses and pixels stay float32.
        threads: processor threads of one operation.
    """

    torch_device: torch.device
    dtype: torch.dtype
    threads: int

    def __str__(self) -> str:
        return f"{self.torch_device}/{str(self.dtype).removeprefix('torch.')}/{self.threads} threads"


def resolve_device(
    device: str = "auto", precision: Literal["auto", "float32", "bfloat16"] = "auto", threads: int = 0
) -> Device:
    """Decide device, precision and threads, and have all libraries use so many.

    On a card, cuDNN is told to repeat itself: else a frame that is made again would differ in its last bits, and so
    would all that follow it. And float32 is just that: by itself it multiplies ten bits of the mantissa (TF32).

    ``auto`` takes CUDA where there is a usable card, and bfloat16 where the hardware multiplies it natively (AMX
    tiles or AVX-512 BF16 on a processor, Ampere or later on a card): elsewhere it is emulated and slower than float32.
    The decision depends on the hardware alone, never on a timing, so a retried task decides the same.

    Raises:
        ModelError: the device does not exist, or cannot compute in that precision at all.
    """
    threads = threads or usable_cores()
    set_threads(threads)
    resolved = _best() if device == "auto" else _usable(device)
    if precision == "auto":
        precision = "bfloat16" if _gains_from_bfloat16(resolved) else "float32"
    if resolved.type == "cuda":
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.allow_tf32 = precision == "bfloat16"
    if precision == "bfloat16" and not has_bfloat16(resolved):
        raise ModelError("this processor cannot compute in bfloat16", remedy="give --precision float32")
    return Device(resolved, getattr(torch, precision), threads)


def _best() -> torch.device:
    """The card if there is one that torch has code for, even if it fails now; else the processor."""
    if torch.cuda.is_available():
        try:
            return _usable("cuda")
        except ModelError as error:
            if _NO_CODE not in error.what:
                raise
    return torch.device("cpu")


def _usable(name: str) -> torch.device:
    reason = "it is unknown"
    if _NAME.fullmatch(name):  # torch knows more, and some of them only fail later
        try:
            device = torch.device(name)
            _compute_something(device)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
        else:
            return device
    raise ModelError(f"device {name!r} cannot be used ({reason})", remedy="choose cpu, cuda or cuda:N")


def _compute_something(device: torch.device) -> None:
    """Cards that a build of torch has no code for give memory, and fail when they are to compute."""
    one = torch.ones(1, 1, 1, 1, device=device)
    torch.nn.functional.conv2d(one, one).item()


def _gains_from_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    multiplies = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()  # torch's, if not public
    return bool(multiplies) and has_bfloat16(device)


def has_bfloat16(device: torch.device) -> bool:
    """Whether convolutions can be had in bfloat16 at all; a processor needs AVX-512 for them, or its like."""
    return device.type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # no public name either


def to_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A tensor where it is computed with; a copy to a card goes on while the processor does something else."""
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def free_memory(device: torch.device) -> int:
    """Bytes that can still be had where tensors live: on the card, or of the machine or the container it is in."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = int(psutil.virtual_memory().available)
    try:
        limit, used = (int(granted(f"memory.{name}")) for name in ("max", "current"))
        # Files that were read stay in memory while nobody else needs it.
        cached = re.search(r"^inactive_file (\d+)$", granted("memory.stat"), re.MULTILINE)
    except (OSError, ValueError):  # no control group, or one without a limit
        return free
    return max(0, min(free, limit - used + (int(cached[1]) if cached else 0)))


def peak_memory(device: torch.device) -> tuple[int, int]:
    """The most bytes that this process had so far: of the machine's memory, and of the card's where tensors live."""
    if sys.platform == "win32":
        machine = int(psutil.Process().memory_info().peak_wset)
    else:
        unit = 1 if sys.platform == "darwin" else 1024
        machine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return machine, torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
