"""Shots of an editor's timeline, as OpenTimelineIO itself writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from opentimelineio.opentime import RationalTime, TimeRange

from vst_core import SettingsError
from vst_core.farm.shot_list import read_shot_list

COLUMNS = ("plate", "frames", "style", "strength")


def span(first: float, frames: int) -> TimeRange:
    return TimeRange(RationalTime(first, 24), RationalTime(frames, 24))


def images(folder: str = "plates", start: int = 1001, **changes: Any) -> otio.schema.ImageSequenceReference:
    """Frames 1001 to 1100, whose timecode begins at an hour."""
    values = {"target_url_base": folder, "name_prefix": "sh.", "name_suffix": ".exr", "start_frame": start}
    given = values | {"frame_zero_padding": 4, "rate": 24, "available_range": span(86400, 100)} | changes
    return otio.schema.ImageSequenceReference(**given)


def clip(name: str, media: Any = None, source: TimeRange | None = None, **more: Any) -> otio.schema.Clip:
    return otio.schema.Clip(name, media_reference=media or images(), source_range=source, **more)


def timeline(path: Path, *clips: otio.schema.Clip) -> Path:
    made = otio.schema.Timeline("cut")
    made.tracks.append(otio.schema.Track("V1", clips))
    made.tracks.append(otio.schema.Track("A1", [clip("sound")], kind=otio.schema.TrackKind.Audio))
    otio.adapters.write_to_file(made, str(path))
    return path


def rows(path: Path, **options: Any) -> list[tuple[str, dict[str, str]]]:
    return [(row.shot, row.values) for row in read_shot_list(path, COLUMNS, **options)]


def test_every_video_clip_is_a_shot_with_the_frames_the_cut_uses(tmp_path: Path) -> None:
    off = clip("off")
    off.enabled = False
    nested = otio.schema.Stack("inner")
    nested.append(clip("sh030", images("file:///show/pl%20%C3%A4tes", start=-2), source=span(86400, 4)))
    path = timeline(
        tmp_path / "cut.otio",
        clip("sh010", source=span(86408, 24)),
        off,
        clip("sh020", metadata={"vst": {"style": "ink", "strength": 0.5}}),
        nested,
    )
    assert rows(path) == [
        ("sh010", {"plate": "plates/sh.%04d.exr", "frames": "1009-1032"}),
        ("sh020", {"plate": "plates/sh.%04d.exr", "frames": "1001-1100", "style": "ink", "strength": "0.5"}),
        ("sh030", {"plate": "/show/pl ätes/sh.%04d.exr", "frames": "-2-1"}),
    ]


def test_a_clip_that_is_used_twice_is_one_shot(tmp_path: Path) -> None:
    path = timeline(tmp_path / "cut.otio", clip("a", source=span(86440, 8)), clip("a", source=span(86420, 4)))
    assert rows(path) == [("a", {"plate": "plates/sh.%04d.exr", "frames": "1021-1048"})]
    movie = otio.schema.ExternalReference("sh.mov")
    path = timeline(tmp_path / "movies.otio", clip("a", movie), clip("a", movie.clone()))
    assert rows(path, needs_media=False) == [("a", {})]


def test_clips_without_frames_take_those_that_are_said_for_all(tmp_path: Path) -> None:
    movie = otio.schema.ExternalReference("sh.mov")
    path = timeline(tmp_path / "cut.otio", clip("a", movie), clip("b"))
    assert rows(path, needs_media=False) == [("a", {}), ("b", {"plate": "plates/sh.%04d.exr", "frames": "1001-1100"})]


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (clip(""), "clip 2: the clip has no name"),
        (clip("b", otio.schema.MissingReference()), "clip 2 (b): its media is a MissingReference, not an ImageSeq"),
        (clip("b", images(frame_step=2)), "clip 2 (b): its media has every 2th frame only"),
        (clip("b", effects=[otio.schema.LinearTimeWarp(time_scalar=2)]), "clip 2 (b): it is retimed"),
        (clip("b", metadata={"vst": {"stile": "x"}}), "clip 2 (b), metadata 'vst': unknown column 'stile'; did you"),
        (clip("b", metadata={"vst": {"style": {"styles": ["ink"]}}}), "clip 2 (b), metadata 'vst': 'style' has"),
        (clip("b", metadata={"vst": {"style": ["ink"]}}), "clip 2 (b), metadata 'vst': 'style' has a value that"),
        (clip("b", metadata={"vst": {"frames": None}}), "clip 2 (b), metadata 'vst': 'frames' has a value"),
        (clip("b", metadata={"vst": "ink"}), "clip 2 (b), metadata 'vst': is not a set of options with their"),
        (clip("a", images("elsewhere")), "clip 2 (a): is called as another one ("),
    ],
)
def test_what_is_wrong_is_one_line_that_says_which_clip(tmp_path: Path, bad: otio.schema.Clip, complaint: str) -> None:
    path = timeline(tmp_path / "cut.otio", clip("a"), bad.clone())
    with pytest.raises(SettingsError) as raised:
        rows(path)
    assert f"{path}, {complaint}" in str(raised.value)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("cut.otio", "{", "cut.otio: cannot be read"),
        ("cut.otio", '{"OTIO_SCHEMA": "Gap.1"}', "cut.otio: holds a Gap, not a timeline"),
        ("cut.aaf", "", "cut.aaf: is not a format that OpenTimelineIO can read here; give .csv, .tsv or otio"),
    ],
)
def test_what_is_no_timeline(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SettingsError) as raised:
        rows(tmp_path / name)
    assert complaint in str(raised.value)
    with pytest.raises(SettingsError, match=r"none\.otio: no such file"):
        rows(tmp_path / "none.otio")
