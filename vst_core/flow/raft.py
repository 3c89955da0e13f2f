"""RAFT (Teed and Deng 2020) as torchvision has it, with weights from a file."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.errors import ModelError
from vst_core.torchvision_compat import import_torchvision
from vst_core.weights import load

_STRIDE = 8
_SMALLEST_SIDE = 128  # its correlation pyramid has four levels
_LARGEST_AREA = 1280 * 720  # all-pairs correlation: 1.1 GB here, and four times that at twice the area
_NETWORKS = {64: "raft_large", 32: "raft_small"}  # by the width of the first convolution
_FIRST_WEIGHT = "feature_encoder.convnormrelu.0.weight"
_GET_WEIGHTS = (
    "give the path of torchvision's raft_large or raft_small weights (.pth or .safetensors; for example "
    "raft_large_C_T_SKHT_V2-ff5fadd5.pth, which vst weights pull fetches), or use flow 'dis'"
)


class RaftEstimator:
    """``(current, previous) -> backward_flow``, shaped and scaled as in `vst_core.flow.estimate_flow`.

    Sides are padded to a multiple of 8 and to 128 at least. Frames above 1280x720 pixels in area are estimated at a
    reduced size, since the memory that RAFT takes grows with the square of the area.

    Args:
        path: torchvision's ``state_dict`` of ``raft_large`` or ``raft_small``, .pth or .safetensors.
        device: where the network runs.

    Raises:
        ModelError: the weights are missing, damaged, or of another network.
    """

    def __init__(self, path: str | Path | None, device: str | torch.device = "cpu") -> None:
        if path is None:
            raise ModelError("RAFT needs a weights file", where="raft_weights", remedy=_GET_WEIGHTS)
        self._device = torch.device(device)
        self._network = _build(_load(Path(path)), Path(path)).to(self._device)
        self._lock = threading.Lock()

    def __call__(self, current: Tensor, previous: Tensor) -> Tensor:
        """The backward flow from ``current`` to ``previous``."""
        if current.shape != previous.shape:
            raise ValueError(f"pictures of different shape: {tuple(current.shape)} and {tuple(previous.shape)}")
        with torch.no_grad(), self._lock:
            images = [_prepare(image.to(self._device, torch.float32)) for image in (current, previous)]
            rows, columns = images[0].shape[-2:]
            flow: Tensor = self._network(*(_pad(image) for image in images))[-1][..., :rows, :columns]
        height, width = current.shape[-2:]
        if (rows, columns) != (height, width):
            flow = F.interpolate(flow, size=(height, width), mode="bilinear", align_corners=False)
            flow = flow * flow.new_tensor([width / columns, height / rows]).view(1, 2, 1, 1)
        return flow.to(current.device)


def _prepare(image: Tensor) -> Tensor:
    """Display [0, 1] to RAFT's [-1, 1], reduced where the frame is too large."""
    height, width = image.shape[-2:]
    scale = math.sqrt(_LARGEST_AREA / (height * width))
    if scale < 1:
        size = (max(1, int(height * scale)), max(1, int(width * scale)))
        image = F.interpolate(image, size=size, mode="bilinear", align_corners=False, antialias=True)
    return image.clamp(0, 1) * 2 - 1


def _pad(image: Tensor) -> Tensor:
    height, width = (max(_SMALLEST_SIDE, -(-side // _STRIDE) * _STRIDE) for side in image.shape[-2:])
    return F.pad(image, (0, width - image.shape[-1], 0, height - image.shape[-2]), mode="replicate")


def _load(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise ModelError("no RAFT weights at this path", where=path.absolute(), remedy=_GET_WEIGHTS)
    state = load("raft", path).state
    if _FIRST_WEIGHT not in state:
        raise ModelError("does not contain the weights of torchvision's RAFT", where=path, remedy=_GET_WEIGHTS)
    return state


def _build(state: dict[str, Tensor], path: Path) -> torch.nn.Module:
    import_torchvision()
    from torchvision.models import optical_flow  # importable only now

    name = _NETWORKS.get(state[_FIRST_WEIGHT].shape[0])
    if name is None:
        raise ModelError("is neither raft_large nor raft_small", where=path, remedy=_GET_WEIGHTS)
    create: Any = getattr(optical_flow, name)
    network: torch.nn.Module = create(weights=None)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ModelError(
            f"does not fit {name} ({str(error).splitlines()[-1].strip()})", where=path, remedy=_GET_WEIGHTS
        ) from error
    return network.eval().requires_grad_(requires_grad=False)
