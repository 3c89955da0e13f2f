"""What a user is told when something of a shot is damaged, and what is left on the disk then."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small_shot import Outcome, SmallShot, outputs, read_channels, write_channels

Run = Callable[..., Outcome]
Damage = Callable[[Path], object]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def poison(value: float) -> Damage:
    def damage(path: Path) -> None:
        channels = read_channels(path)
        channels["ViewLayer.Combined.G"][5, 7] = value
        write_channels(path, channels)

    return damage


def resize(path: Path) -> None:
    write_channels(path, {name: values[:30, :50] for name, values in read_channels(path).items()})


def still_vectors(path: Path) -> None:
    channels = read_channels(path)
    write_channels(path, {name: np.zeros_like(v) if ".Vector." in name else v for name, v in channels.items()})


def without_vectors(path: Path) -> None:
    write_channels(path, {name: v for name, v in read_channels(path).items() if ".Vector." not in name})


def garble_header(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[8:200] = bytes(range(256))[64:256]
    path.write_bytes(data)


DAMAGES: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "missing": (Path.unlink, ("1003", "missing")),
    "empty": (lambda path: path.write_bytes(b""), ("frame 1003", "shot.1003.exr")),
    "truncated": (truncate, ("frame 1003", "shot.1003.exr")),
    "garbled": (garble_header, ("frame 1003", "shot.1003.exr")),
    "text": (lambda path: path.write_text("no picture"), ("frame 1003", "shot.1003.exr")),
    "resized": (resize, ("frame 1003", "shot.1003.exr", "50x30")),
    "not a number": (poison(math.nan), ("frame 1003", "ViewLayer.Combined.G", "7, 5")),
    "infinite": (poison(math.inf), ("frame 1003", "ViewLayer.Combined.G")),
    "no motion": (still_vectors, ("frame 1002", "motion blur")),
    "no vectors": (without_vectors, ("frame 1003", "vectors")),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_frame_is_named_and_nothing_half_done_stays(
    name: str, small_shot: SmallShot, tmp_path: Path, vst: Run
) -> None:
    damage, said = DAMAGES[name]
    shot = small_shot.copy(tmp_path / "plate")
    for frame in (1001, 1002, 1003, 1004) if damage is still_vectors else (1003,):
        damage(shot.path(frame))
    output = tmp_path / "out"
    outcome = vst(*shot.command(output))
    assert outcome.code == 3
    for word in said:
        assert word in outcome.complaint
    if output.exists():
        assert outputs(output) in ([], ["out.1001.exr"], ["out.1001.exr", "out.1002.exr"])


def test_libraries_add_nothing_to_what_a_user_is_told(small_shot: SmallShot, tmp_path: Path) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    truncate(shot.path(1001))
    command = [sys.executable, "-m", "vst_core.cli", *map(str, shot.command(tmp_path / "out"))]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert ended.stderr.count("\n") == 1
    assert "shot.1001.exr" in Outcome(ended.returncode, ended.stdout, ended.stderr).complaint


def test_finished_frames_stay_and_the_mended_shot_goes_on(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    good = shot.path(1003).read_bytes()
    poison(math.nan)(shot.path(1003))
    output = tmp_path / "out"
    assert vst(*shot.command(output)).code == 3
    kept = {path.name: path.read_bytes() for path in output.glob("*.exr")}
    assert kept.keys() == {"out.1001.exr", "out.1002.exr"}
    shot.path(1003).write_bytes(good)
    assert vst(*shot.command(output)).code == 0
    assert {name: (output / name).read_bytes() for name in kept} == kept
    assert len(list(output.glob("*.exr"))) == 4


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--layer", "beauty"], 3, "beauty"),
        (["--color-space", "no such space"], 2, "no such space"),
        (["--flow-layer", "motion"], 3, "motion"),
        (["--flow", "raft"], 5, "RAFT"),
        (["--flow", "{out}/flow.####.flo"], 3, "flow"),
        (["--flow", "sideways"], 2, "sideways"),
        (["--style", "{out}/none.png"], 3, "none.png"),
        (["--style", __file__], 3, "test_damaged_input.py"),
        (["--weights", __file__], 5, "test_damaged_input.py"),
        (["--frames", "1004-1001"], 2, "1004-1001"),
        (["--frames", "soon"], 2, "soon"),
        (["--frames", "1001-1100"], 3, "missing"),
        (["--iterations", "0"], 2, "iterations"),
        (["--iterations", "many"], 2, "--iterations"),
        (["--scale", "2"], 2, "scale"),
        (["--style-weights", "1,1"], 2, "weights"),
        (["--style-weights", "0"], 2, "must not sum to 0"),
        (["--style-weights", "a"], 2, "--style-weights"),
        (["--compression", "best"], 2, "best"),
        (["--device", "quantum"], 5, "quantum"),
        (["--output", "{out}/out.####.png"], 2, "EXR"),
        (["--output", "{out}/out.exr"], 2, "out.exr"),
        (["--output", "{plate}"], 2, "same files"),
        (["--no-such-option"], 2, "--no-such-option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_word_is_named(
    more: list[str], code: int, said: str, small_shot: SmallShot, tmp_path: Path, vst: Run
) -> None:
    output = tmp_path / "out"
    filled = [word.format(out=output, plate=small_shot.pattern) for word in more]
    outcome = vst(*small_shot.command(output, *filled))
    assert outcome.code == code, outcome.err
    assert said in outcome.complaint
    assert not output.exists()


def test_check_names_all_at_once_and_writes_nothing(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    shot.path(1002).unlink()
    resize(shot.path(1003))
    shot.path(1004).write_bytes(b"")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    given = shot.command(tmp_path / "out", "--style", "none.png", "--weights", "none.safetensors")
    outcome = vst("check", *given[1:])
    assert outcome.code == 3
    for word in ("1002", "50x30", "shot.1004.exr", "none.png", "none.safetensors"):
        assert word in outcome.out
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_check_of_a_sound_shot(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    outcome = vst("check", *small_shot.command(tmp_path / "out")[1:])
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.strip()


def test_other_settings_do_not_replace_frames(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    output = tmp_path / "out"
    assert vst(*small_shot.command(output)).code == 0
    before = {path.name: path.read_bytes() for path in output.glob("*.exr")}
    outcome = vst(*small_shot.command(output, "--style-weight", "2"))
    assert outcome.code == 4
    assert "out.1001.exr" in outcome.complaint
    assert "--overwrite" in outcome.complaint
    assert {path.name: path.read_bytes() for path in output.glob("*.exr")} == before
    assert vst(*small_shot.command(output, "--style-weight", "2", "--overwrite")).code == 0
    assert {path.name: path.read_bytes() for path in output.glob("*.exr")} != before


def test_the_same_files_under_other_paths_are_the_same_render(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    output = tmp_path / "out"
    assert vst(*small_shot.command(output)).code == 0
    moved = small_shot.copy(tmp_path / "elsewhere")
    outcome = vst(*moved.command(output))
    assert outcome.code == 0
    assert outcome.err.count("kept") == 4
