"""How much two neighbouring frames differ beside what moved."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vst_core.flow import Motion, warp
from vst_core.pipeline.plate import View
from vst_core.pipeline.windows import coverage, place


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame of a stylised shot.

    Attributes:
        view: the plate.
        stylized: (1, 3, H, W) over the plate's data window, display [0, 1].
    """

    view: View
    stylized: Tensor


def warping_sums(current: Moment, earlier: Moment, motion: Motion) -> Tensor:
    """What a warping error is made of, (4,) float64.

    Squared differences over valid pixels of the stylised frame and of the plate, summed over RGB; how many pixels are
    valid; how many there are. Those of several pairs may be added up.

    Args:
        current: a frame.
        earlier: one before it.
        motion: from that one to this one, on this one's window.
    """
    view, flow = current.view, motion.backward_flow
    own = coverage(view.covered, view.window)
    valid = (motion.valid * own > 0.5).to(own)  # the soft rim of a mask holds what cannot be compared
    images = [place(each.stylized, each.view.covered, view.window) for each in (current, earlier)]
    plates = [view.motion.image, place(earlier.view.motion.image, earlier.view.window, view.window)]
    sums = _squared(images, flow, valid), _squared(plates, flow, valid), valid.sum(dtype=torch.float64)
    return torch.stack((*sums, own.sum(dtype=torch.float64)))


def warping_errors(sums: Tensor) -> tuple[float, float, float]:
    """Warping error of the stylised frames and of the plate, display [0, 1], and the share of pixels compared."""
    stylized, source, valid, pixels = sums.tolist()
    count = max(3 * valid, 1e-9)
    return (stylized / count) ** 0.5, (source / count) ** 0.5, valid / pixels


def _squared(pair: list[Tensor], backward_flow: Tensor, valid: Tensor) -> Tensor:
    return (valid * (pair[0] - warp(pair[1], backward_flow)).square()).sum(dtype=torch.float64)
