import errno
import os
import stat
import time
from pathlib import Path

import pytest

from vst_core.atomic_file import clean_temporaries, write_atomically, write_bytes
from vst_core.errors import OutputError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def verify_nothing(_: Path) -> None:
    pass


def test_written_file_has_its_name_its_content_and_ordinary_permissions(tmp_path: Path) -> None:
    reference = tmp_path / "reference"
    reference.write_bytes(b"")
    write_atomically(tmp_path / "state.bin", lambda path: path.write_bytes(b"new"), verify_nothing)
    assert (tmp_path / "state.bin").read_bytes() == b"new"
    assert (tmp_path / "state.bin").stat().st_mode == reference.stat().st_mode
    assert names(tmp_path) == ["reference", "state.bin"]


def test_nothing_has_the_final_name_until_it_is_verified(tmp_path: Path) -> None:
    final = tmp_path / "a.exr"
    seen: list[str] = []

    def verify(path: Path) -> None:
        assert path.parent == tmp_path
        assert path.suffix == ".exr"
        assert path.name.startswith(".")
        assert not final.exists()
        seen.append(path.read_text())

    write_atomically(final, lambda path: path.write_text("pixels"), verify)
    assert seen == ["pixels"]
    assert final.read_text() == "pixels"


@pytest.mark.parametrize("culprit", ["write", "verify"])
def test_failure_keeps_the_old_file_and_leaves_no_other(tmp_path: Path, culprit: str) -> None:
    final = tmp_path / "a.bin"
    final.write_text("old")

    def step(path: Path, name: str) -> None:
        if name == "write":
            path.write_text("half a fi")
        if name == culprit:
            raise OutputError("is not what was written", where=final)

    with pytest.raises(OutputError, match="is not what was written"):
        write_atomically(final, lambda path: step(path, "write"), lambda path: step(path, "verify"))
    assert final.read_text() == "old"
    assert names(tmp_path) == ["a.bin"]


def test_operating_system_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"nowhere/a\.bin: cannot be written \(No such file or directory\)"):
        write_atomically(tmp_path / "nowhere" / "a.bin", lambda path: path.write_text("x"), verify_nothing)


def test_disk_that_fills_up_on_flush_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_atomically(tmp_path / "a.bin", lambda path: path.write_text("x"), verify_nothing)
    assert names(tmp_path) == []


def test_a_share_that_flushes_no_folders_takes_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flush = os.fsync

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    write_bytes(tmp_path / "a.bin", b"new")
    assert (tmp_path / "a.bin").read_bytes() == b"new"


def test_a_file_that_somebody_reads_on_windows_is_replaced_once_he_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final, replace, refused = tmp_path / "a.bin", Path.replace, iter(range(3))

    def sometimes(path: Path, target: Path) -> Path:
        if next(refused, None) is not None:
            raise PermissionError(13, "Access is denied")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", sometimes)
    with pytest.raises(OutputError, match="Access is denied"):  # elsewhere it is for good
        write_bytes(final, b"old")
    monkeypatch.setattr("vst_core.atomic_file._PATIENCE_SECONDS", 5.0)
    write_bytes(final, b"new")
    assert final.read_bytes() == b"new"
    assert names(tmp_path) == ["a.bin"]


def test_stale_temporaries_are_removed_and_nothing_else(tmp_path: Path) -> None:
    mine = [".b.0001.vst-0123456789abcdef.tmp.exr", ".a.vst-00000000000000ff.tmp"]
    recent = ".b.0002.vst-1111111111111111.tmp.exr"
    others = [
        ".vst-notes",
        ".vst-0123456789abcdef.tmp.exr",
        "a.vst-0123456789abcdef.tmp.exr",
        ".vst-0123456789abcdef.exr",
        "plate.0001.exr",
        ".hidden.tmp",
    ]
    for name in [*mine, *others, recent]:
        (tmp_path / name).write_text("x")
        if name != recent:
            os.utime(tmp_path / name, (time.time() - 7200, time.time() - 7200))
    assert [path.name for path in clean_temporaries(tmp_path)] == sorted(mine)
    assert names(tmp_path) == sorted([*others, recent])
    assert clean_temporaries(tmp_path, older_than=0, of=lambda name: name != "b.0002.exr") == []
    assert clean_temporaries(tmp_path, older_than=0, of=lambda name: name == "b.0002.exr") == [tmp_path / recent]
    assert names(tmp_path) == sorted(others)
    assert clean_temporaries(tmp_path / "nowhere") == []
