from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vst_core.errors import InputError, SettingsError
from vst_core.frames import FrameRange
from vst_core.sequence import STILL_FRAME, FrameSequence


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"x")


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("plate.####.exr", "plate.####.exr"),
        ("plate.%04d.exr", "plate.####.exr"),
        ("plate.@@@@.exr", "plate.####.exr"),
        ("plate.$F4.exr", "plate.####.exr"),
        ("plate.######.exr", "plate.######.exr"),
        ("plate.#.exr", "plate.#.exr"),
        ("plate.%d.exr", "plate.#.exr"),
        ("plate.$F.exr", "plate.#.exr"),
        ("####.exr", "####.exr"),
        ("render_####", "render_####"),
        ("shots/####/plate.%03d.exr", "shots/####/plate.###.exr"),
        ("ann@studio.plate.####.exr", "ann@studio.plate.####.exr"),
        ("50% [grey] {a}*?.####.exr", "50% [grey] {a}*?.####.exr"),
    ],
)
def test_pattern_is_normalized(text: str, pattern: str) -> None:
    sequence = FrameSequence.parse(text)
    assert sequence.pattern == pattern
    assert FrameSequence.parse(sequence.pattern) == sequence


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "folder/",
        "a.####_####.exr",
        "a.%04d.####.exr",
        "a.<UDIM>.exr",
        "a.%V.####.exr",
        "a.1-9####.exr",
        "a\0.####.exr",
    ],
)
def test_malformed_pattern_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        FrameSequence.parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("frame", "name"),
    [(7, "p.0007.exr"), (1001, "p.1001.exr"), (123456, "p.123456.exr"), (-5, "p.-005.exr"), (0, "p.0000.exr")],
)
def test_path_pads_as_printf_does(frame: int, name: str) -> None:
    path = FrameSequence.parse("p.####.exr").path(frame)
    assert path.name == name


def test_frames_on_disk_are_sorted_by_number_and_only_of_this_sequence(tmp_path: Path) -> None:
    touch(tmp_path, "p.-002.exr", "p.0009.exr", "p.0010.exr", "p.12345.exr", "p.0001.exr")
    touch(tmp_path, "p.1.exr", "p.00011.exr", "p.0012.exr.tmp", "q.0013.exr", "p.x014.exr", "p.0015.png", ".p.0016.exr")
    touch(tmp_path, "p.+017.exr", "p. 018.exr", "p.-0000.exr", "p.0019.0020.exr")
    (tmp_path / "p.٠٠٢١.exr").write_bytes(b"x")
    assert FrameSequence.parse(tmp_path / "p.####.exr").frames_on_disk() == [-2, 1, 9, 10, 12345]


@pytest.mark.parametrize("prefix", ["[a]", "a*b?", "100%", "a b", "{x,y}", "a(1)", "a+b", "ünï", "a.b.", "-", "'\""])
def test_odd_characters_are_plain_text(tmp_path: Path, prefix: str) -> None:
    touch(tmp_path, f"{prefix}0001.exr", f"{prefix}0002.exr", "a0003.exr")
    sequence = FrameSequence.parse(tmp_path / f"{prefix}####.exr")
    assert sequence.frames_on_disk() == [1, 2]
    assert sequence.path(2).is_file()


@given(
    prefix=st.text(
        st.characters(codec="utf-8", exclude_characters="/\\#@$%\0", exclude_categories=["Cc", "Nd"]), max_size=8
    ),
    frame=st.integers(-99999, 9999999),
    padding=st.integers(1, 8),
)
def test_any_frame_is_found_again_by_its_name(prefix: str, frame: int, padding: int) -> None:
    sequence = FrameSequence.parse(f"{prefix}{'#' * padding}.exr")
    assert sequence.frame_of(sequence.path(frame).name) == frame


def test_missing_frames(tmp_path: Path) -> None:
    touch(tmp_path, "p.1001.exr", "p.1003.exr", "p.1009.exr")
    sequence = FrameSequence.parse(tmp_path / "p.####.exr")
    assert sequence.missing(FrameRange(1001, 1004)) == [1002, 1004]
    with pytest.raises(InputError, match=r"2 of 4 frames are missing: 1002,1004; on disk: 1001,1003,1009"):
        sequence.check_input(FrameRange(1001, 1004))
    sequence.check_input(FrameRange(1003, 1003))


def test_nothing_there_says_what_is(tmp_path: Path) -> None:
    touch(tmp_path, "beauty.1001.exr", "beauty.1002.exr", "notes.txt")
    with pytest.raises(InputError, match=r"has beauty\.####\.exr \(1001-1002\), notes\.txt$"):
        FrameSequence.parse(tmp_path / "plate.####.exr").check_input()
    folder = tmp_path / "others"
    for name in ("o2", "o3"):
        (folder / name).mkdir(parents=True)
    touch(folder, "sh010.manifest.json", "b.-001.exr", "b.0007.exr")
    with pytest.raises(InputError, match=r"others has b\.####\.exr \(-1,7\), o2, o3 and 1 more$"):
        FrameSequence.parse(folder / "plate.####.exr").check_input()
    for path in folder.glob("b.*"):
        path.unlink()
    with pytest.raises(InputError, match=r"others has o2, o3, sh010\.manifest\.json$"):
        FrameSequence.parse(folder / "plate.####.exr").check_input()
    with pytest.raises(InputError, match="there is no folder"):
        FrameSequence.parse(tmp_path / "nowhere" / "plate.####.exr").check_input()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is empty"):
        FrameSequence.parse(tmp_path / "empty" / "plate.####.exr").check_input()


def test_single_file_is_one_frame_of_its_sequence(tmp_path: Path) -> None:
    touch(tmp_path, "plate.1001.exr", "plate.1002.exr")
    sequence = FrameSequence.parse(tmp_path / "plate.1001.exr")
    assert sequence.frames_on_disk() == [1001]
    assert sequence.path(1001) == tmp_path / "plate.1001.exr"
    assert sequence.pattern == str(tmp_path / "plate.####.exr")
    assert sequence.missing(FrameRange(1001, 1002)) == [1002]
    with pytest.raises(InputError, match="no file matches"):
        FrameSequence.parse(tmp_path / "plate.1003.exr").check_input()


@pytest.mark.parametrize("name", ["plate.exr", "plate_v001.exr", "100%.exr", "photo [2].png", "a.٣.exr"])
def test_name_without_a_number_is_a_still(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)
    sequence = FrameSequence.parse(tmp_path / name)
    assert sequence.frames_on_disk() == [STILL_FRAME]
    assert sequence.path(STILL_FRAME) == tmp_path / name


def test_existing_file_with_a_token_in_its_name_is_that_file(tmp_path: Path) -> None:
    touch(tmp_path, "half#2.png")
    assert FrameSequence.parse(tmp_path / "half#2.png").path(STILL_FRAME) == tmp_path / "half#2.png"


@pytest.mark.parametrize("name", ["out.exr", "out.1001.exr"])
def test_output_of_several_frames_needs_a_frame_number(name: str) -> None:
    with pytest.raises(SettingsError, match="names a single file for frames 1001-1002"):
        FrameSequence.parse(name).check_output(FrameRange(1001, 1002))
    FrameSequence.parse(name).check_output(FrameRange(1001, 1001))
    FrameSequence.parse("out.####.exr").check_output(FrameRange(1001, 1002))


def test_output_under_another_frames_number_is_refused() -> None:
    with pytest.raises(SettingsError):
        FrameSequence.parse("out.1001.exr").check_output(FrameRange(1002, 1002))


def test_a_date_in_a_name_is_no_frame_number(tmp_path: Path) -> None:
    name = "still.20231201123456.exr"
    (tmp_path / name).touch()
    still = FrameSequence.parse(tmp_path / name)
    assert (still.only, still.path(STILL_FRAME).name) == (STILL_FRAME, name)
    assert FrameSequence.parse(tmp_path / "still.####.exr").frames_on_disk() == []
    (tmp_path / "still.0000000001001.exr").touch()
    assert FrameSequence.parse(tmp_path / f"still.{'#' * 13}.exr").frames_on_disk() == [1001]
