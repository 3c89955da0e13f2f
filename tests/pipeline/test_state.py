"""What is carried from frame to frame is what lies on disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch
from small_shot import leftovers

from vst_core import FrameRange, OutputError
from vst_core.image import Window
from vst_core.pipeline.state import State
from vst_core.pipeline.state_store import StateStore
from vst_core.sequence import FrameSequence

FINGERPRINT = "f" * 64
WINDOW = Window(-3, 5, 12, 8)
FRAMES = FrameRange(1001, 1020)


def picture(seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 3, 8, 12, generator=torch.Generator().manual_seed(seed))


def store(folder: Path, fingerprint: str = FINGERPRINT, name: str = "out.####.exr", lookback: int = 1) -> StateStore:
    store = StateStore(FrameSequence.parse(folder / name), fingerprint, FRAMES, lookback)
    store.folder.mkdir(exist_ok=True)
    return store


def chain(count: int, first: int = 1001) -> list[State]:
    states: list[State] = []
    for frame in range(first, first + count):
        states.append(State.follow(states[-1] if states else None, frame, picture(frame), WINDOW, FINGERPRINT))
    return states


def test_a_state_in_memory_is_the_one_that_is_read_back(tmp_path: Path) -> None:
    first, second = chain(2)
    store(tmp_path).save(second)
    loaded = store(tmp_path).load(1002, second.digest)
    assert loaded is not None
    assert torch.equal(loaded.image, second.image)
    assert loaded.image.dtype == torch.float32
    assert (loaded.frame, loaded.window, loaded.digest, loaded.previous) == (1002, WINDOW, second.digest, first.digest)
    assert float((second.image - picture(1002)).abs().max()) < 1e-3
    assert torch.equal(second.image, second.image.half().float())


def test_what_was_read_is_no_view_of_the_file_which_windows_would_not_replace(tmp_path: Path) -> None:
    (state,) = chain(1)
    states = store(tmp_path)
    states.save(state)
    loaded = states.load(1001)
    assert loaded is not None
    path = states.folder / "1001.safetensors"
    with path.open("rb+") as file:
        file.write(bytes(path.stat().st_size))
    assert torch.equal(loaded.stylized, state.stylized)


def test_a_digest_stands_for_everything_that_made_the_state() -> None:
    first = State.follow(None, 1001, picture(), WINDOW, FINGERPRINT)
    other = State.follow(None, 1001, picture(9), WINDOW, FINGERPRINT)
    moved = Window(0, 5, 12, 8)
    digests = {
        first.digest,
        other.digest,
        State.follow(None, 1001, picture(), WINDOW, "0" * 64).digest,
        State.follow(None, 1001, picture(), moved, FINGERPRINT).digest,
        State.follow(None, 1002, picture(), WINDOW, FINGERPRINT).digest,
        State.follow(first, 1002, picture(), WINDOW, FINGERPRINT).digest,
        State.follow(other, 1002, picture(), WINDOW, FINGERPRINT).digest,
    }
    assert len(digests) == 7
    assert State.follow(None, 1001, picture(), WINDOW, FINGERPRINT).digest == first.digest


def test_only_the_state_that_is_asked_for_is_given(tmp_path: Path) -> None:
    state = chain(1)[0]
    store(tmp_path).save(state)
    assert store(tmp_path).load(1001, "0" * 64) is None
    assert store(tmp_path).load(1002, state.digest) is None
    assert store(tmp_path, fingerprint="0" * 64).load(1001, state.digest) is None
    (store(tmp_path).folder / "1001.safetensors").rename(store(tmp_path).folder / "1002.safetensors")
    assert store(tmp_path).load(1002, state.digest) is None


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    state = chain(1)[0]
    store(tmp_path).save(state)
    path = store(tmp_path).folder / "1001.safetensors"
    data = path.read_bytes()
    for position in range(0, len(data), 7):
        path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        loaded = store(tmp_path).load(1001, state.digest)
        assert loaded is None or torch.equal(loaded.image, state.image)
    for length in (0, 5, 100, len(data) - 1):
        path.write_bytes(data[:length])
        assert store(tmp_path).load(1001, state.digest) is None


def test_two_states_and_every_eighth_are_kept(tmp_path: Path) -> None:
    states = store(tmp_path)
    for state in chain(20, first=1001):
        states.save(state)
        assert {1001, state.frame, state.frame - 1} & {int(p.stem) for p in states.folder.glob("*.safetensors")}
    kept = sorted(int(path.stem) for path in states.folder.glob("*.safetensors"))
    assert kept == [1008, 1016, 1019, 1020]
    states.clear()
    assert list(states.folder.glob("*.safetensors")) == []


def test_an_old_state_that_cannot_be_removed_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_elsewhere(_: Path, **__: bool) -> None:
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")

    states = store(tmp_path)
    monkeypatch.setattr(Path, "unlink", open_elsewhere)
    for state in chain(3):
        states.save(state)
    assert len(list(states.folder.iterdir())) == 3


def test_states_are_kept_for_as_long_as_they_are_looked_back_to(tmp_path: Path) -> None:
    """The last three and the one before them, and three of every twenty-four: each leaves a way to go on."""
    states = store(tmp_path, lookback=3)
    made = chain(20)
    for state in made:
        states.save(state)
        past = states.load_past(state.frame, 1001, state.digest)
        assert states.is_whole(past, state.frame, 1001)
        assert list(past) == list(range(state.frame, max(1001, state.frame - 2) - 1, -1))
    kept = sorted(int(path.stem) for path in states.folder.glob("*.safetensors"))
    assert kept == [1006, 1007, 1008, 1017, 1018, 1019, 1020]
    for last in (1008, 1019):
        assert states.is_whole(states.load_past(last, 1001, made[last - 1001].digest), last, 1001)
    assert not states.is_whole(states.load_past(1018, 1001, made[19].digest), 1018, 1001)  # of another frame
    (states.folder / "1018.safetensors").unlink()
    assert list(states.load_past(1019, 1001)) == [1019]


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("out.####.exr", ".out.vst"),
        ("sh010_####.exr", ".sh010.vst"),
        ("sh.####.left.exr", ".sh.left.vst"),
        ("####.exr", ".shot.vst"),
        ("...####.exr", ".shot.vst"),
        ("still.exr", ".still.vst"),
    ],
)
def test_states_lie_in_a_hidden_folder_named_like_the_frames(tmp_path: Path, name: str, folder: str) -> None:
    assert StateStore(FrameSequence.parse(tmp_path / name), FINGERPRINT, FRAMES).folder == tmp_path / folder


def test_one_render_at_a_time(tmp_path: Path) -> None:
    with store(tmp_path).lock():
        with pytest.raises(OutputError, match="another render is writing this shot"), store(tmp_path).lock():
            pass
        with store(tmp_path, name="other.####.exr").lock():
            pass
    with store(tmp_path).lock():
        pass


@pytest.mark.parametrize(("alone", "left"), [(False, []), (True, [1002, 1005])])
def test_what_is_being_written_beside_a_draft_is_left(tmp_path: Path, alone: bool, left: list[int]) -> None:
    files = {frame: tmp_path / f".out.{frame}.vst-{0:016x}.tmp.exr" for frame in range(1002, 1006)}
    for path in files.values():
        path.write_bytes(b"half")
    frames = FrameRange(1003, 1004)
    with StateStore(FrameSequence.parse(tmp_path / "out.####.exr"), FINGERPRINT, frames, alone=alone).lock():
        assert [frame for frame, path in files.items() if path.exists()] == left


@pytest.mark.parametrize("other", ["1001-1003", "1004-1009", "1003", "1001-1009"])
def test_drafts_with_a_frame_in_common_are_not_made_at_once(tmp_path: Path, other: str) -> None:
    def draft(frames: str) -> StateStore:
        return StateStore(FrameSequence.parse(tmp_path / "out.####.exr"), "", FrameRange.parse(frames), alone=True)

    with draft("1003-1004").lock():
        with pytest.raises(OutputError, match="another render is writing this shot"), draft(other).lock():
            pass
        with draft("1001-1002").lock(), draft("1005-1009").lock():
            pass


@pytest.mark.parametrize("name", ["gate", "lock"])
def test_a_shot_that_cannot_be_locked(tmp_path: Path, name: str) -> None:
    states = store(tmp_path)
    (states.folder / name).mkdir()  # as where another user's render was, or a share without locks
    with pytest.raises(OutputError, match=r"\.out\.vst: cannot be locked \(Is a directory\)"), states.lock():
        pass


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    states = StateStore(FrameSequence.parse(tmp_path / "file" / "out.####.exr"), FINGERPRINT, FRAMES)
    with pytest.raises(OutputError, match=r"\.out\.vst: cannot be created \(Not a directory\)"), states.lock():
        pass


def test_a_full_disk_leaves_the_states_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states, (first, second, third) = store(tmp_path), chain(3)
    states.save(first)
    states.save(second)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        states.save(third)
    assert sorted(path.name for path in states.folder.iterdir()) == ["1001.safetensors", "1002.safetensors"]
    assert leftovers(tmp_path) == []
