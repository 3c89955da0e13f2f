"""Sizes of the feed-forward network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Normalization = Literal["instance", "batch", "none"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """A transformer network (Johnson et al. 2016), described by what sets one size apart from another.

    Attributes:
        widths: channels after each step of the encoder. The first step is the stem, every further one halves the map.
        blocks: residual blocks at the smallest size.
        stem_kernel: side of the first convolution's kernel.
        stem_stride: 1, or 2 to leave full size at once; the last convolution then follows an upsampling.
        last_kernel: side of the last convolution's kernel.
    """

    widths: tuple[int, ...]
    blocks: int
    stem_kernel: int
    stem_stride: Literal[1, 2]
    last_kernel: int

    @property
    def reduction(self) -> int:
        """How many times smaller than the frame the smallest map is."""
        return self.stem_stride << (len(self.widths) - 1)


ARCHITECTURES: dict[str, Architecture] = {
    # Johnson et al. 2016: c9s1-32, d64, d128, 5 x R128, u64, u32, c9s1-3.
    "quality": Architecture(widths=(32, 64, 128), blocks=5, stem_kernel=9, stem_stride=1, last_kernel=9),
    # Nothing is computed at full size: a tenth of the multiplications.
    "fast": Architecture(widths=(24, 48), blocks=4, stem_kernel=5, stem_stride=2, last_kernel=5),
}
