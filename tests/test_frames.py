from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vst_core.errors import SettingsError
from vst_core.frames import FrameRange, counted

frames = st.integers(-1_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1001-1100", 1001, 1100),
        ("1001", 1001, 1001),
        ("0007-0012", 7, 12),
        (" 1 - 5 ", 1, 5),
        ("-5", -5, -5),
        ("-5-3", -5, 3),
        ("-5--1", -5, -1),
    ],
)
def test_texts_that_are_ranges(text: str, first: int, last: int) -> None:
    assert FrameRange.parse(text) == FrameRange(first, last)


@pytest.mark.parametrize("text", ["", "-", "a-b", "1-", "1-10x2", "1,2", "1-2-3", "1:10", "1.5", "1--", "1 2"])
def test_texts_that_are_none_are_refused_by_name(text: str) -> None:
    with pytest.raises(SettingsError, match="FIRST-LAST") as caught:
        FrameRange.parse(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["10-1", "-1--5"])
def test_a_range_that_ends_before_it_starts_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="ends before it starts"):
        FrameRange.parse(text)


def test_frame_by_frame() -> None:
    frame_range = FrameRange(-2, 1)
    assert list(frame_range) == [-2, -1, 0, 1]
    assert list(frame_range) == [-2, -1, 0, 1], "a range can be gone through twice"
    assert len(frame_range) == 4
    assert -2 in frame_range
    assert 1 in frame_range
    assert -3 not in frame_range
    assert 2 not in frame_range
    assert "1" not in frame_range


@given(frames, st.integers(0, 10_000))
def test_text_and_range_are_two_ways_to_say_the_same(first: int, length: int) -> None:
    frame_range = FrameRange(first, first + length)
    assert FrameRange.parse(str(frame_range)) == frame_range


@given(frames, st.integers(0, 200))
def test_length_is_the_number_of_frames(first: int, length: int) -> None:
    frame_range = FrameRange(first, first + length)
    assert len(list(frame_range)) == len(frame_range) == length + 1
    assert all(frame in frame_range for frame in frame_range)


@pytest.mark.parametrize(("count", "words"), [(0, "0 frames"), (1, "1 frame"), (2, "2 frames")])
def test_one_frame_is_said_as_one(count: int, words: str) -> None:
    assert counted(count, "frame") == words
