"""What the style losses have in common."""

from __future__ import annotations

from torch import Tensor, nn

from vst_core.moments import Moments


class StyleLoss(nn.Module):
    """A style loss that took its target when it was made.

    Attributes:
        needs_mean: whether ``of_moments`` looks at the mean.
    """

    needs_mean = True

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> scalar."""
        raise NotImplementedError

    def of_moments(self, moments: Moments) -> Tensor:
        """The same from the features' moments, for losses that depend on nothing else: scalar."""
        raise NotImplementedError

    def restart(self) -> None:
        """Forget what earlier calls left behind, so that the next ones give what a new object's would."""
