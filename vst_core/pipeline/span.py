"""Which frames a render computes, delivers and reads."""

from __future__ import annotations

from dataclasses import dataclass

from vst_core.errors import SettingsError
from vst_core.frames import FrameRange, counted
from vst_core.settings import RenderSettings


@dataclass(frozen=True, slots=True)
class Span:
    """The frames of a render: a whole shot, a chunk of it, or a draft of a chunk.

    Attributes:
        frames: what is delivered.
        first: the first frame of the chain, which has none before it: of the whole shot, or of a draft's preroll.
        shot: all frames of the whole shot.
        needed: the frames of the plate that are read.
    """

    frames: FrameRange
    first: int
    shot: FrameRange
    needed: FrameRange


def span_of(settings: RenderSettings, whole: FrameRange) -> Span:
    """What a render with these settings delivers of a shot.

    Args:
        settings: with the chunk, if any.
        whole: all frames of the shot.

    Raises:
        SettingsError: the chunk is not within the shot.
    """
    chunk = settings.chunk or whole
    if chunk.first not in whole or chunk.last not in whole:
        raise SettingsError(f"{chunk} is not within the frames {whole}", where="chunk")
    first = whole.first if settings.preroll is None else max(whole.first, chunk.first - settings.preroll)
    start = chunk.first
    if settings.temporal:
        start = max(first, chunk.first - max(settings.used_lags)) if settings.preroll is None else first
    return Span(chunk, first, whole, FrameRange(start, chunk.last))


def check_cuts(settings: RenderSettings, frames: FrameRange) -> None:
    """Check that the cuts that are named lie within the shot, after its first frame.

    Raises:
        SettingsError: naming one that does not.
    """
    for cut in settings.cut_frames:
        if not frames.first < cut <= frames.last:
            raise SettingsError(
                f"frame {cut} cannot begin another shot in frames {frames}",
                where="cuts",
                remedy=f"give frames from {frames.first + 1} to {frames.last}",
            )


def check_lags(settings: RenderSettings, frames: FrameRange) -> None:
    """Check that the lags that are named fit the shot. A frame by itself has nothing before it, and needs none.

    Raises:
        SettingsError: naming one that does not.
    """
    farthest = max(settings.lags or (1,))
    if 1 < len(frames) <= farthest:
        raise SettingsError(
            f"a lag of {farthest} does not fit a shot of {counted(len(frames), 'frame')}",
            where="lags",
            remedy=f"give lags from 1 to {len(frames) - 1}",
        )
