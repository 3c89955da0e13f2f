"""Shots of an editor's timeline, read with OpenTimelineIO: each video clip is one, with the frames the cut uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import opentimelineio as otio

from vst_core.errors import SettingsError
from vst_core.farm.shot_list import Row, check_columns, column
from vst_core.frames import FrameRange

METADATA = "vst"
"""A clip may have options of its own under this key of its metadata, as in the cells of a table."""


def read_timeline(path: Path, columns: Sequence[str], *, needs_media: bool) -> Iterator[Row]:
    """The clips of a timeline's video tracks, in their order. One that is used several times is one shot.

    Args:
        path: the timeline.
        columns: names of options that a clip may have of its own.
        needs_media: whether clips have to say where their frames lie.

    Raises:
        SettingsError: it cannot be read, or a clip is no shot.
    """
    rows: dict[str, Row] = {}
    for number, clip in enumerate(_clips(path), start=1):
        if not clip.enabled:
            continue
        where = f"{path}, clip {number}" + (f" ({clip.name})" if clip.name else "")
        row = _row(clip, where, columns, needs_media=needs_media)
        rows[row.shot] = _joined(rows[row.shot], row) if row.shot in rows else row
    yield from rows.values()


def _clips(path: Path) -> Iterator[Any]:
    if not path.is_file():
        raise SettingsError("no such file", where=path)
    try:
        found = otio.adapters.read_from_file(str(path))
    except otio.exceptions.NoKnownAdapterForExtensionError:
        remedy = f"give .csv, .tsv or {', '.join(sorted(otio.adapters.suffixes_with_defined_adapters(read=True)))}"
        raise SettingsError("is not a format that OpenTimelineIO can read here", where=path, remedy=remedy) from None
    except Exception as error:  # noqa: BLE001 - adapters raise what they like
        raise SettingsError(f"cannot be read ({error})", where=path) from None
    timelines = [found] if isinstance(found, otio.schema.Timeline) else found
    if not isinstance(found, otio.schema.Timeline | otio.schema.SerializableCollection):
        raise SettingsError(f"holds a {type(found).__name__}, not a timeline", where=path)
    for timeline in timelines:
        tracks = timeline.video_tracks() if isinstance(timeline, otio.schema.Timeline) else ()
        for track in tracks:
            yield from track.find_clips()


def _row(clip: Any, where: str, columns: Sequence[str], *, needs_media: bool) -> Row:
    if not clip.name:
        raise SettingsError("the clip has no name", where=where, remedy="give it the name of the shot")
    own = _own(clip, f"{where}, metadata {METADATA!r}")
    check_columns(list(own), columns, f"{where}, metadata {METADATA!r}")
    values = _media(clip, where, needs_media=needs_media and "plate" not in own)
    return Row(clip.name, where, values | own)


def _own(clip: Any, where: str) -> dict[str, str]:
    """What a clip's metadata say of it, as the cells of a table would."""
    metadata = clip.metadata.get(METADATA, {})
    if not isinstance(metadata, Mapping):
        raise SettingsError("is not a set of options with their values", where=where, remedy='give {"style": "ink"}')
    for name, value in metadata.items():
        if not isinstance(value, str | int | float):
            remedy = "give options of vst render, each with a text, a number, true or false"
            raise SettingsError(f"{name!r} has a value that no cell of a table could have", where=where, remedy=remedy)
    return {column(name): str(value) for name, value in metadata.items()}


def _media(clip: Any, where: str, *, needs_media: bool) -> dict[str, str]:
    """Pattern and frames of what a clip shows; nothing where it does not matter and cannot be told."""
    media = clip.media_reference
    retimed = [effect for effect in clip.effects if isinstance(effect, otio.schema.TimeEffect)]
    if isinstance(media, otio.schema.ImageSequenceReference) and not retimed:
        if media.frame_step != 1:
            what = f"its media has every {media.frame_step}th frame only"
            raise SettingsError(what, where=where, remedy="a shot needs every frame")
        first, last = media.frame_range_for_time_range(clip.trimmed_range())
        return {"plate": _pattern(media), "frames": str(FrameRange(first, last))}
    if not needs_media:
        return {}
    if retimed:
        what, remedy = "it is retimed, so which frames it needs is not said", "list the shot in a .csv, with its frames"
    else:
        what = f"its media is a {type(media).__name__}, not an ImageSequenceReference"
        remedy = "give the plates as PLATE, with {shot} for the clip's name"
    raise SettingsError(what, where=where, remedy=remedy)


def _pattern(media: Any) -> str:
    """A path as it is, or what a URL of a file stands for, in which the percent sign has a meaning of its own."""
    base, number = media.target_url_base, f"%0{media.frame_zero_padding}d" if media.frame_zero_padding else "%d"
    if base and not base.endswith("/"):
        base += "/"
    parts = [base + media.name_prefix, media.name_suffix]
    if base.startswith("file:"):
        parts = [otio.url_utils.filepath_from_url(parts[0]), otio.url_utils.filepath_from_url(parts[1])]
    return number.join(parts)


def _joined(one: Row, other: Row) -> Row:
    """A clip that is used twice: what there is of both, the frames between them included."""
    if {**one.values, "frames": ""} != {**other.values, "frames": ""}:
        remedy = "give every shot a name of its own"
        raise SettingsError(
            f"is called as another one ({one.where}) and differs from it", where=other.where, remedy=remedy
        )
    if "frames" not in one.values:
        return one
    ranges = [FrameRange.parse(row.values["frames"]) for row in (one, other)]
    both = FrameRange(min(part.first for part in ranges), max(part.last for part in ranges))
    return Row(one.shot, one.where, one.values | {"frames": str(both)})
