"""What is made of a shot for those who look at it and cut it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from vst_core.errors import SettingsError
from vst_core.frames import FrameRange

FRAMES = typer.Option("--frames", metavar="FIRST-LAST", parser=FrameRange.parse)
RATE = typer.Option("--rate", metavar="FPS", help="Frames a second, such as 25 or 24000/1001.")


def movie(
    sequence: Annotated[str, typer.Argument(metavar="PATTERN", help="The frames.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The .mp4 or .mov to write.")],
    rate: Annotated[str, RATE] = "24",
    frames: Annotated[FrameRange | None, FRAMES] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer to show.")] = None,
    color_space: Annotated[str | None, typer.Option("--color-space", help="Colour space of the frames.")] = None,
) -> None:
    """Write a review movie: H.264, sRGB, tagged as such."""
    from vst_core.pipeline.movie import write_movie

    write_movie(sequence, output, rate=read_rate(rate), frames=frames, layer=layer, color_space=color_space)
    typer.echo(output)


def clip(
    shot: Annotated[str, typer.Argument(metavar="OUT", help="Frames, as out.####.exr, or their manifest.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The .otio to write.")],
    rate: Annotated[str, RATE] = "24",
    at: Annotated[
        Path | None, typer.Option("--at", metavar="FOLDER", help="Where the frames will lie, if not where they are.")
    ] = None,
) -> None:
    """Write a shot as a clip for an editor's timeline, in OpenTimelineIO."""
    from vst_core.pipeline.clip import write_clip
    from vst_core.pipeline.journal import find_shots

    (found, *more) = find_shots(shot)
    if more:
        raise SettingsError("has several shots", where=shot, remedy="name the manifest of one")
    write_clip(found, output, rate=read_rate(rate), folder=at)
    typer.echo(output)


def read_rate(text: str) -> Fraction:
    """A frame rate.

    Raises:
        SettingsError: it is none.
    """
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 1 <= rate <= 1000:
        raise SettingsError(f"{text!r} is not a frame rate", where="--rate", remedy="for example 24 or 24000/1001")
    return rate
