"""What the style losses have in common."""

from __future__ import annotations

from torch import Tensor, nn


class StyleLoss(nn.Module):
    """A style loss that took its target when it was made."""

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> scalar."""
        raise NotImplementedError

    def restart(self) -> None:
        """Forget what earlier calls left behind, so that the next ones give what a new object's would."""
