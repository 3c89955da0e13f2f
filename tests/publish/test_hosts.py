"""The gate within Blender and Nuke: what the nodes show is what is published, and ``vst`` is a process."""

from __future__ import annotations

import errno
import importlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyblish
import pyblish.api
import pyblish.util
import pytest
from clients import VST
from nuke_app import NukeApp
from real_blender import blender
from small_network import with_network
from small_shot import SHOT, SmallShot, copy_of, out, outputs

from vst_core.cli.publish import run_here
from vst_core.publish import plugin_folder, plugins


@pytest.fixture
def vst_publish(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The plug-ins' package, as a host imports it, and a context without what others registered."""
    monkeypatch.syspath_prepend(plugin_folder())
    monkeypatch.setenv("VST_WORKER", str(VST))
    with plugins.gate() as package:
        package.unregister(plugins.HOST)
        yield package


def test_what_nodes_of_blender_show_becomes_a_version_once(painted: Path, tmp_path: Path) -> None:
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "pyblish").symlink_to(Path(pyblish.__file__).parent)
    frames = [str(out(painted, 1001))] * 2
    path = (plugin_folder(), tmp_path / "path")
    slow = ["ExtractContactSheet", "ExtractReviewMovie"]  # tested without a host
    found = blender("publishing.shown_shots", frames, str(tmp_path / "show"), slow, path=path)
    version = tmp_path / "show" / "out" / "v001"
    assert (found["errors"], found["versions"]) == ([], [str(version)])
    assert set(found["found"]) >= set(found["expected"])
    assert found["run"] == len(found["found"]) - len(slow)
    assert [name for name in outputs(version) if name.endswith(".exr")] == [f"out.{frame}.exr" for frame in SHOT]


def test_what_a_node_of_nuke_shows_is_collected_validated_and_repaired(
    painted: Path, tmp_path: Path, nuke_app: NukeApp, vst_publish: Any
) -> None:
    folder = copy_of(painted, tmp_path / "out")
    out(folder, 1003).write_bytes(b"")
    nuke_app.vst.create()
    for _ in range(2):
        node = nuke_app.vst.create()
        node.node("Result")["file"].fromUserText(f"{folder}/out.%04d.exr {SHOT}")
    vst_publish.register("nuke")
    try:
        found = pyblish.api.discover()
        assert {each.__name__ for each in found} >= set(vst_publish.expected("nuke"))
        context = pyblish.api.Context()
        context.data["vst_run"] = run_here  # as a process it is run in Blender
        pyblish.util.collect(context, found)
        assert [instance.data["vst_manifest"] for instance in context] == [str(folder / "out.manifest.json")]
        (decode,) = [each for each in found if each.__name__ == "ValidateDecode"]
        (before,) = pyblish.util.validate(context, [decode]).data["results"][-1:]
        assert "1003" in str(before["error"])
        (make_again,) = decode.actions
        assert pyblish.plugin.process(decode, context, None, make_again.id)["error"] is None
        (after,) = pyblish.util.validate(context, [decode]).data["results"][-1:]
        assert after["error"] is None
    finally:
        vst_publish.unregister("nuke")


def test_who_is_no_shot_of_vst_is_told_so(tmp_path: Path, nuke_app: NukeApp, vst_publish: Any) -> None:
    nuke_app.vst.create().node("Result")["file"].fromUserText(f"{tmp_path}/out.%04d.exr {SHOT}")
    vst_publish.register("nuke")
    try:
        (result,) = [each for each in pyblish.util.collect().data["results"] if each["error"]]
        assert str(result["error"]) == f"{tmp_path} has no manifest; name a folder with rendered frames"
    finally:
        vst_publish.unregister("nuke")


def collected(vst_publish: Any, folder: Path, to: Path, run: Any = run_here) -> tuple[Any, dict[str, Any]]:
    """A context with the shots in a folder, as a host's own pyblish collects them, and the plug-ins by name."""
    vst_publish.register("nuke")
    try:
        found = {each.__name__: each for each in pyblish.api.discover()}
        context = pyblish.api.Context()
        context.data.update(vst_run=run, vst_outputs=[str(folder)], vst_publish_to=str(to))
        pyblish.util.collect(context, [found["CollectShots"]])
        return context, found
    finally:
        vst_publish.unregister("nuke")


def make_again(context: Any, plugin: Any) -> str:
    """Press the button of a validator; what the artist is told."""
    result = pyblish.plugin.process(plugin, context, None, plugin.actions[0].id)
    return str(result["error"] or "")


def test_what_will_be_no_version_is_removed_on_windows_which_keeps_what_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vst_publish: Any
) -> None:
    versions = importlib.import_module(f"{vst_publish.__name__}.versions")
    context = SimpleNamespace(data={"vst_publish_to": tmp_path / "show"})
    shot = SimpleNamespace(data={"name": "sh010"}, context=context)
    (tmp_path / "out.1001.exr").write_bytes(b"pixels")
    unlink, modes = os.unlink, []

    def of_windows(path: str, *, dir_fd: int | None = None) -> None:
        if not os.stat(path, dir_fd=dir_fd).st_mode & stat.S_IWUSR:
            raise PermissionError(13, "Access is denied")
        unlink(path, dir_fd=dir_fd)

    def taken_then_open(_: Path, target: Path) -> None:
        if target.name == "v001":  # another publish was faster
            target.mkdir()
        raise PermissionError(13, "Access is denied")

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):  # as some shares do
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", files_only)
    monkeypatch.setattr(os, "unlink", of_windows)
    monkeypatch.setattr(Path, "rename", taken_then_open)
    versions.add(shot, tmp_path / "out.1001.exr")
    with pytest.raises(versions.VersionError, match=r"v002 cannot be created \(Access is denied\)"):
        versions.commit(shot, lambda folder, _: modes.append((folder / "out.1001.exr").stat().st_mode & stat.S_IWUSR))
    versions.discard(shot)
    assert modes == [stat.S_IWUSR] * 2
    assert [path.name for path in (tmp_path / "show" / "sh010").iterdir()] == ["v001"]


def test_a_render_that_was_killed_early_is_found_and_what_a_repair_made_is_published(
    small_shot: SmallShot, small_network: Path, tmp_path: Path, vst_publish: Any
) -> None:
    folder = tmp_path / "out"
    small_shot.render(folder, **with_network(small_network))
    (folder / "out.manifest.json").write_text("{")
    small_shot.render(folder, **with_network(small_network, output__pattern=str(folder / "gone.####.exr")))
    for path in folder.glob("gone*"):
        path.unlink()
    journal = folder / ".out.vst" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:2]) + b'{"frame": {"fra')
    for frame in (1002, 1003, 1004):
        out(folder, frame).unlink()
    context, found = collected(vst_publish, folder, tmp_path / "show")
    (shot,) = context
    assert (shot.data["label"], shot.data["vst_range"]) == ("out (1 frame)", "1001-1001")
    (folder / "out.manifest.json").unlink()
    here, there = str(folder / "out.####.exr"), "Z:\\\\show\\\\out.####.exr"
    journal.write_text(journal.read_text().replace(here, there))  # it was on Windows
    context, _ = collected(vst_publish, folder, tmp_path / "show")
    assert [shot.data["vst_pattern"] for shot in context] == [here]
    journal.write_text(journal.read_text().replace(there, here))
    context, found = collected(vst_publish, folder, tmp_path / "show")
    complete, last = found["ValidateComplete"], [found["ExtractManifest"], found["IntegrateVersion"]]
    (failed,) = pyblish.util.validate(context, [complete]).data["results"][-1:]
    assert "1002-1004" in str(failed["error"])
    assert make_again(context, complete) == ""
    pyblish.util.validate(context, [complete])
    pyblish.util.extract(context, last)
    pyblish.util.integrate(context, last)
    assert [str(each["error"]) for each in context.data["results"][-3:] if each["error"]] == []
    (shot,) = context
    assert outputs(Path(shot.data["vst_version"]))[:4] == [f"out.{frame}.exr" for frame in SHOT]


def test_a_complaint_in_another_encoding_is_told_all_the_same(
    tmp_path: Path, vst_publish: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vst").write_text("#!/bin/sh\nprintf '\\344\\n'\nprintf 'vst: /sch\\366n: is gone\\n' >&2\nexit 3\n")
    (tmp_path / "vst").chmod(0o755)
    monkeypatch.setenv("VST_WORKER", str(tmp_path / "vst"))
    engine = importlib.import_module(f"{vst_publish.__name__}.engine")
    with pytest.raises(engine.EngineError, match="/sch\N{REPLACEMENT CHARACTER}n: is gone"):
        engine.run(pyblish.api.Context(), "verify", "x")


def test_a_repair_that_is_refused_is_told_in_a_host_and_keeps_no_other_shot_from_it(
    painted: Path, tmp_path: Path, vst_publish: Any
) -> None:
    verified = '{"event": "verified", "exit_code": 6}\n'
    refused = verified + '{"event": "error", "message": "comes out otherwise", "exit_code": 4}'
    repaired = []

    def run(*arguments: str) -> tuple[int, str, str]:
        """As a process."""
        if "--repair" not in arguments:
            return 6, '{"event": "finding", "check": "complete", "message": "is missing"}\n' + verified, "vst: no"
        repaired.append(Path(arguments[1]).name)
        return {"a": (4, refused, "warning: something else"), "b": (-9, verified, "")}.get(
            repaired[-1][0], (0, verified, "")
        )

    for name in "abc":
        text = (painted / "out.manifest.json").read_text().replace('"out.', f'"{name}.')
        (tmp_path / f"{name}.manifest.json").write_text(text)
    context, found = collected(vst_publish, tmp_path, tmp_path / "show", run)
    complete = found["ValidateComplete"]
    pyblish.util.validate(context, [complete])
    for _ in range(2):
        told = make_again(context, complete)
        assert told == "comes out otherwise; vst verify ended with exit code -9 and said nothing"
    assert repaired == ["a.####.exr", "b.####.exr", "c.####.exr"] * 2
