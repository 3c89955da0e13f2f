"""Installing and undoing, in folders that look like a host's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from folders import snapshot
from full_disk import largest_file

from install.errors import InstallError
from install.plan import Plan
from install.record import NAME, read_record


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """What is installed."""
    folder = tmp_path / "source"
    (folder / "nodes" / "__pycache__").mkdir(parents=True)
    (folder / "nodes" / "node.py").write_text("1\n")
    (folder / "nodes" / "other.py").write_text("2\n")
    (folder / "nodes" / "__pycache__" / "node.pyc").write_bytes(b"\0")
    (folder / "init.py").write_text("3\n")
    return folder


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A folder that a host has used."""
    folder = tmp_path / "host"
    (folder / "cache").mkdir(parents=True)
    (folder / "cache" / "list").write_bytes(b"\x01\xff")
    (folder / "scripts").mkdir()
    (folder / "scripts" / "mine.py").write_text("pass")
    (folder / "init.py").write_bytes(b"import nuke")
    return folder


def plan(folder: Path, source: Path) -> Plan:
    return Plan(
        host="Host",
        folder=folder,
        own="extensions/vst",
        sources={"nodes": source / "nodes", "init.py": source / "init.py"},
        ignored=("other.py",),
        files={"scripts/startup.py": "pass\n"},
        blocks={"init.py": "a = 1\n", "menu.py": "b = 2\n"},
        made_by_host=("scripts/__pycache__/startup.*.pyc",),
        host_folders=("scripts/__pycache__",),
        caches=("cache/list", "cache/new"),
    )


def use(folder: Path) -> None:
    """What a host does once it finds the plug-in."""
    for name in ("scripts/__pycache__", "extensions/vst/nodes/__pycache__"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "scripts" / "__pycache__" / "startup.cpython-311.pyc").write_bytes(b"\0")
    (folder / "extensions" / "vst" / "nodes" / "__pycache__" / "node.pyc").write_bytes(b"\0")
    (folder / "cache").mkdir(exist_ok=True)
    (folder / "cache" / "list").write_bytes(b"another")
    (folder / "cache" / "new").write_bytes(b"another")


@pytest.mark.parametrize("link", [False, True])
@pytest.mark.parametrize("used", [False, True])
def test_everything_is_as_before(tmp_path: Path, host: Path, source: Path, link: bool, used: bool) -> None:
    if not used:
        shutil.rmtree(host)
    before = snapshot(tmp_path)
    work = plan(host, source)
    work.carry_out("1.0", "/bin/vst", link=link)
    assert (host / "extensions" / "vst" / "nodes").is_symlink() == link
    assert (host / "extensions" / "vst" / "worker.txt").read_text() == "/bin/vst\n"
    assert (host / "extensions" / "vst" / "nodes" / "other.py").exists() == link
    assert "a = 1" in (host / "init.py").read_text()
    if not link:
        use(host)
    work.carry_out("1.1", "/bin/vst", link=link)  # an update is no second one
    installed = work.record()
    assert installed is not None
    assert installed.version == "1.1"
    if not link:
        use(host)
    installed.undo()
    assert snapshot(tmp_path) == before
    assert work.record() is None


def test_what_the_user_did_since_stays(host: Path, source: Path) -> None:
    work = plan(host, source)
    work.carry_out("1.0", "", link=False)
    (host / "extensions" / "another").mkdir()
    (host / "init.py").write_bytes((host / "init.py").read_bytes() + b"mine = 1\n")
    (host / "menu.py").write_text("mine = 2\n" + (host / "menu.py").read_text())
    installed = work.record()
    assert installed is not None
    installed.undo()
    assert (host / "init.py").read_bytes() == b"import nuke\nmine = 1\n"
    assert (host / "menu.py").read_text() == "mine = 2\n"
    assert [path.name for path in (host / "extensions").iterdir()] == ["another"]


def test_a_linked_file_of_the_user_stays_a_link(tmp_path: Path, host: Path, source: Path) -> None:
    (host / "init.py").rename(tmp_path / "dotfile")
    (host / "init.py").symlink_to(tmp_path / "dotfile")
    before = snapshot(tmp_path)
    work = plan(host, source)
    work.carry_out("1.0", "", link=False)
    assert (host / "init.py").is_symlink()
    assert "a = 1" in (tmp_path / "dotfile").read_text()
    installed = work.record()
    assert installed is not None
    installed.undo()
    assert snapshot(tmp_path) == before


def test_a_folder_that_was_moved_is_undone_where_it_is(tmp_path: Path, host: Path, source: Path) -> None:
    before = snapshot(host)
    plan(host, source).carry_out("1.0", "", link=False)
    moved = host.rename(tmp_path / "moved")
    installed = read_record(moved, "extensions/vst")
    assert installed is not None
    installed.undo()
    assert snapshot(moved).keys() - before.keys() <= {"extensions", "scripts/__pycache__"}
    assert snapshot(moved)["init.py"] == before["init.py"]


@pytest.mark.parametrize("name", ["extensions/vst", "scripts/startup.py"])
def test_nothing_of_others_is_overwritten(tmp_path: Path, host: Path, source: Path, name: str) -> None:
    (host / name).parent.mkdir(exist_ok=True)
    (host / name).write_text("not ours")
    before = snapshot(tmp_path)
    with pytest.raises(InstallError, match=f"{name}: is there already"):
        plan(host, source).carry_out("1.0", "", link=False)
    assert snapshot(tmp_path) == before


def test_what_fails_half_way_leaves_nothing(tmp_path: Path, host: Path, source: Path) -> None:
    (host / "menu.py").mkdir()  # no block can be written into it
    before = snapshot(tmp_path)
    with pytest.raises(InstallError, match="cannot be written") as raised:
        plan(host, source).carry_out("1.0", "", link=False)
    assert raised.value.exit_code == 4
    assert snapshot(tmp_path) == before


def test_a_full_disk_costs_the_user_no_file_of_his_own(tmp_path: Path, host: Path, source: Path) -> None:
    (host / "init.py").write_bytes(b"# mine\n" * 500)
    before = snapshot(tmp_path)
    work = plan(host, source)
    with largest_file(3000), pytest.raises(InstallError, match="cannot be written"):
        work.carry_out("1.0", "", link=False)
    assert snapshot(tmp_path) == before
    work.carry_out("1.0", "", link=False)
    installed, with_it = work.record(), snapshot(tmp_path)
    assert installed is not None
    with largest_file(3000), pytest.raises(InstallError, match="cannot be restored"):
        installed.undo()
    assert snapshot(tmp_path) == with_it
    installed.undo()
    assert snapshot(tmp_path) == before


def test_copies_of_what_is_read_only_can_be_taken_away(host: Path, source: Path) -> None:
    """As in a package that a studio protects; who is no administrator removes nothing from a read-only folder."""
    (source / "nodes" / "inner").mkdir()
    for path in (source / "nodes" / "node.py", source / "nodes" / "inner", source / "nodes"):
        path.chmod(path.stat().st_mode & ~0o222)
    plan(host, source).carry_out("1.0", "", link=False)
    own = host / "extensions" / "vst" / "nodes"
    assert [path.name for path in (own, *own.iterdir()) if not path.stat().st_mode & 0o200] == []
    (source / "nodes").chmod(0o755)


def test_a_damaged_record_is_named(host: Path, source: Path) -> None:
    plan(host, source).carry_out("1.0", "", link=False)
    record = host / "extensions" / "vst" / NAME
    for text in ("{", "[]", json.dumps({"version": "1"}), json.dumps(json.loads(record.read_text()) | {"more": 1})):
        record.write_text(text)
        with pytest.raises(InstallError, match=f"{NAME}: is damaged"):
            plan(host, source).record()


def test_a_dry_run_names_everything_that_is_written(host: Path, source: Path) -> None:
    work = plan(host, source)
    told = "\n".join(work.lines(link=False))
    before = snapshot(host)
    work.carry_out("1.0", "", link=False)
    for name in snapshot(host).keys() - before.keys():
        path = host / name
        if path.is_file() and path.name != NAME:
            assert any(str(each) in told for each in (path, *path.parents) if each != host), name
