"""The way between a host's scene-linear light and what a network sees, in plain operators.

The same curve, highlights and negative values as ``color``; see there for why. What is different is only the form:
other programs run this, so every number is a constant of the module, and there is no path that depends on the pixels.
"""

# No annotations from the future: TorchScript takes a constant from its annotation, and cannot read one that is text.
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vst_core.color import HIGHLIGHT_RADIUS
from vst_core.color import curve as curves
from vst_core.color.highlights import LIFT_RANGE
from vst_core.color.transform import DARK, LUMINANCE


class Light(nn.Module):
    """To display and back, for opaque frames.

    Args:
        to_working: (3, 3), takes a host's colour as a column to scene-linear Rec.709.
    """

    red: Final[float] = float(LUMINANCE[0])
    green: Final[float] = float(LUMINANCE[1])
    blue: Final[float] = float(LUMINANCE[2])
    dark: Final[float] = float(DARK)
    white: Final[float] = curves.WHITE_DISPLAY
    lift_range: Final[float] = LIFT_RANGE
    radius: Final[int] = HIGHLIGHT_RADIUS
    toe: Final[float] = curves.TOE
    toe_slope: Final[float] = curves.TOE_SLOPE
    scale: Final[float] = curves.SCALE
    offset: Final[float] = curves.OFFSET
    gamma: Final[float] = curves.GAMMA
    knee: Final[float] = curves.KNEE
    knee_display: Final[float] = curves.KNEE_DISPLAY
    peak: Final[float] = curves.PEAK
    a: Final[float] = curves.SHOULDER_A
    b: Final[float] = curves.SHOULDER_B
    c: Final[float] = curves.SHOULDER_C

    def __init__(self, to_working: Tensor) -> None:
        super().__init__()
        self.decode, self.encode = nn.Buffer(to_working.float()), nn.Buffer(torch.linalg.inv(to_working).float())

    def to_working(self, color: Tensor) -> Tensor:
        """(1, 3, H, W) of the host -> scene-linear Rec.709."""
        return (self.decode.float() @ color.flatten(2)).view_as(color)

    def to_host(self, linear: Tensor) -> Tensor:
        """(1, 3, H, W), scene-linear Rec.709 -> the host's."""
        return (self.encode.float() @ linear.flatten(2)).view_as(linear)

    def to_display(self, linear: Tensor) -> Tensor:
        """(1, 3, H, W), scene-linear Rec.709 -> display [0, 1]; NaN, which would spread over the frame, becomes 0."""
        x = torch.nan_to_num(linear)
        power = self.scale * x.clamp(min=self.toe) ** (1 / self.gamma) - self.offset
        shoulder = self.a + self.b * torch.log(x.clamp(min=self.knee) + self.c)
        display = torch.where(x > self.knee, shoulder, power)
        return torch.where(x <= self.toe, x * self.toe_slope, display).clamp(0.0, 1.0)

    def to_scene_linear(self, stylized: Tensor, display: Tensor, plate: Tensor) -> Tensor:
        """A network's picture as light.

        Args:
            stylized: (1, 3, H, W), display.
            display: (1, 3, H, W), what the network was shown.
            plate: (1, 3, H, W), the same as scene-linear Rec.709.

        Returns:
            (1, 3, H, W), scene-linear Rec.709.
        """
        brightest = display.amax(1, keepdim=True)
        lifted = stylized + self._lift(brightest, stylized.amax(1, keepdim=True))
        light = self._inverse_curve(torch.minimum(lifted.clamp(min=0.0), self._limit(brightest)))
        remaining = (self._luminance(light) + self.dark) / (self._luminance(plate.clamp(0.0, self.peak)) + self.dark)
        return light * (plate / self.peak).clamp(min=1.0) + plate.clamp(max=0.0) * remaining.clamp(max=1.0)

    def _inverse_curve(self, display: Tensor) -> Tensor:
        toe = self.toe * self.toe_slope
        power = ((display.clamp(min=toe) + self.offset) / self.scale) ** self.gamma
        shoulder = torch.exp((display.clamp(min=self.knee_display) - self.a) / self.b) - self.c
        linear = torch.where(display > self.knee_display, shoulder, power)
        return torch.where(display <= toe, display / self.toe_slope, linear)

    def _luminance(self, linear: Tensor) -> Tensor:
        return self.red * linear[:, :1] + self.green * linear[:, 1:2] + self.blue * linear[:, 2:]

    def _lift(self, brightest: Tensor, stylized: Tensor) -> Tensor:
        """What to add to display values where the plate has highlights, (1, 1, H, W)."""
        share = ((brightest - self.white) / self.lift_range).clamp(0.0, 1.0)
        around = self._blurred(torch.cat((share, share * (brightest - stylized)), 1))
        return share * (around[:, 1:] / around[:, :1].clamp(min=1e-6)).clamp(min=0.0)

    def _limit(self, brightest: Tensor) -> Tensor:
        """The largest display value allowed, (1, 1, H, W)."""
        size, radius = 2 * self.radius + 1, self.radius
        rows = F.max_pool2d(brightest, [size, 1], [1, 1], [radius, 0])
        return F.max_pool2d(rows, [1, size], [1, 1], [0, radius]).clamp(min=self.white)

    def _blurred(self, maps: Tensor) -> Tensor:
        size, radius = 2 * self.radius + 1, self.radius
        padded = F.pad(maps, [radius, radius, radius, radius], mode="replicate")
        return F.avg_pool2d(F.avg_pool2d(padded, [size, 1], [1, 1]), [1, size], [1, 1])
