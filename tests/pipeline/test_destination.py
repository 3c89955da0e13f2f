"""What can never end well is refused before the first frame: by its place, its name, or the room that there is."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from full_disk import quota, small_disk
from small_shot import SHOT, Outcome, SmallShot, copy_of, differing, leftovers, out

from vst_core import VstError
from vst_core.pipeline.check import check_shot
from vst_core.pipeline.destination import ROOT

Run = Callable[..., Outcome]


def refusal(shot: SmallShot, pattern: Path | str) -> str:
    """What both check and render say; neither writes anything."""
    settings = shot.settings(Path(), output__pattern=str(pattern))
    (complaint,) = check_shot(settings)
    with pytest.raises(VstError) as caught:
        shot.render(Path(), output__pattern=str(pattern))
    assert str(caught.value) == str(complaint)
    return str(complaint)


@pytest.mark.parametrize(
    "name",
    [
        "x" * 225 + ".####.exr",
        "ü" * 115 + ".####.exr",
        "y" * 256 + "/out.####.exr",
        "/".join(["z" * 200] * 21) + "/o.####.exr",
    ],
    ids=["frame", "frame in bytes", "folder", "path"],
)
def test_names_that_are_too_long(small_shot: SmallShot, tmp_path: Path, name: str) -> None:
    assert "is too long: " in refusal(small_shot, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_longest_name_that_fits_is_rendered(small_shot: SmallShot, tmp_path: Path) -> None:
    name = "x" * 215 + ".####.exr"
    (result,) = small_shot.render(tmp_path, output__pattern=str(tmp_path / name), frames="1001")
    assert result.path.is_file()
    assert "is too long: " in refusal(small_shot, tmp_path / f"x{name}")


def test_two_names_that_would_have_one_manifest(small_shot: SmallShot, tmp_path: Path) -> None:
    small_shot.render(tmp_path, output__pattern=str(tmp_path / "out_####.exr"), frames="1001")
    for name in ("out.####.exr", "out-####.exr"):
        assert "would share a manifest with out_1001.exr" in refusal(small_shot, tmp_path / name)
    assert len(small_shot.render(tmp_path, output__pattern=str(tmp_path / "out_@@@.exr"), frames="1001-1002")) == 2


def test_nothing_leaves_the_output_root(small_shot: SmallShot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    for folder in (root, elsewhere):
        folder.mkdir()
    (root / "link").symlink_to(elsewhere)
    (root / "inside").mkdir()
    (root / "inner").symlink_to(root / "inside")
    monkeypatch.setenv(ROOT, str(root))
    for folder in (elsewhere, root / "link", root / "link" / "below"):
        assert f"lies outside ${ROOT}, {root}" in refusal(small_shot, folder / "out.####.exr")
    assert list(elsewhere.iterdir()) == []
    for folder in (root, root / "inner"):
        assert check_shot(small_shot.settings(folder)) == []


@pytest.mark.parametrize("to", ["loop", "nothing"])
def test_a_link_that_leads_nowhere(small_shot: SmallShot, tmp_path: Path, to: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / to)
    for folder in (tmp_path / "loop", tmp_path / "loop/below"):
        line = f"{tmp_path / 'loop'}: is a broken link; choose another output folder"
        assert refusal(small_shot, folder / "out.####.exr") == line


@pytest.mark.parametrize("name", ["inner/../elsewhere", "link/../elsewhere", "../elsewhere"])
def test_no_output_goes_up_by_dots(
    small_shot: SmallShot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vst: Run, name: str
) -> None:
    """Behind a link they lead elsewhere than they read; the name to give is where they lead."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "far/inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far/inner")
    monkeypatch.chdir(tmp_path / "inner")
    output = f"{name}/out.####.exr" if name.startswith("..") else f"{tmp_path}/{name}/out.####.exr"
    meant = tmp_path / ("far/elsewhere" if name.startswith("link") else "elsewhere") / "out.####.exr"
    line = f"{output}: an output path may not go up with '..'; give {meant}"
    assert refusal(small_shot, output) == line
    for command in ("render", "plan", "submit"):
        outcome = vst(command, *small_shot.command(Path())[1:], "-o", output)
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.complaint.endswith(line.removeprefix(output))
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "far/elsewhere").exists()


def test_a_shot_too_large_for_the_disk(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = small_shot.path(1001).stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2 * size - 1000))
    assert "4 frames will take" in refusal(small_shot, tmp_path / "out.####.exr")
    assert list(tmp_path.iterdir()) == []
    folder = copy_of(rendered, tmp_path / "out")
    out(folder, 1003).unlink()
    assert check_shot(small_shot.settings(folder)) == []  # there is room for the one that is missing


def test_a_quota_that_is_used_up(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vst: Run
) -> None:
    """Which shows nowhere but in the attempt."""

    def refuse(*_: int) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    outcome = vst(*small_shot.command(tmp_path))
    assert outcome.code == 4
    assert "there is no space for a frame of 64.0 KiB or more (Disk quota exceeded)" in outcome.complaint
    assert "frame 1001 (" not in outcome.err
    folder = copy_of(rendered, tmp_path / "out")
    assert vst(*small_shot.command(folder)).code == 0  # nothing is to be made


def test_a_real_quota(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    """On a disk that says it has room: refused before the first frame; with more, all is well."""
    with quota(tmp_path / "disk", 32 << 20) as disk:
        (disk / "other").write_bytes(os.urandom(8 << 20))
        assert vst(*small_shot.command(disk / "out")).code == 0
        shutil.rmtree(disk / "out")
        with pytest.raises(OSError, match=os.strerror(errno.EDQUOT)):
            fill(disk / "other")
        outcome = vst(*small_shot.command(disk / "out"))
        assert (outcome.code, outcome.out) == (4, "")
        assert "(Disk quota exceeded); choose another folder" in outcome.complaint
        assert list(disk.rglob("*.exr")) == []


def fill(path: Path) -> None:
    """Write until nothing more is taken."""
    with path.open("ab", buffering=0) as file:
        while True:
            file.write(os.urandom(1 << 16))
            os.fsync(file.fileno())


def test_a_disk_that_is_full(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    with small_disk(tmp_path / "disk", 256 << 10) as disk:
        (disk / "other").write_bytes(b"x" * (230 << 10))
        outcome = vst(*small_shot.command(disk / "out"))
        assert (outcome.code, outcome.out) == (4, "")
        assert any(words in outcome.complaint for words in (" will take ", "there is no space for a frame"))
        assert list(disk.rglob("*.exr")) == []


def test_clocks_that_go_backwards_lose_nothing(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    """Files from the future, and a temporary one among them, as of a machine whose clock was wrong."""
    folder = copy_of(rendered, tmp_path / "out")
    out(folder, 1003).unlink()
    rubbish = [folder / f".out.1003.vst-{0:016x}.tmp.exr", folder / ".out.vst" / f".1003.vst-{0:016x}.tmp.safetensors"]
    for path in rubbish:
        path.write_bytes(b"half")
    for path in folder.rglob("*"):
        os.utime(path, (4e9, 4e9))
    assert [result.frame for result in small_shot.render(folder) if not result.kept] == [1003]
    assert differing(rendered, folder, SHOT) == []
    assert leftovers(folder) == []


@pytest.mark.parametrize("answer", ["late", "lost"])
def test_renames_over_a_network_lose_nothing(
    answer: str, small_shot: SmallShot, rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS may take its time; or do what it is asked, lose its answer, and find nothing to do the second time."""
    replace = Path.replace

    def slowly(self: Path, target: Path) -> Path:
        if answer == "late":
            time.sleep(0.05)
        done = replace(self, target)
        if answer == "lost":
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self))
        return done

    monkeypatch.setattr(Path, "replace", slowly)
    assert [result.kept for result in small_shot.render(tmp_path)] == [False] * 4
    monkeypatch.undo()
    assert all(result.kept for result in small_shot.render(tmp_path))
    assert differing(rendered, tmp_path, SHOT) == []
