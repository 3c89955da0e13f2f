from __future__ import annotations

import sys
from pathlib import Path

import pytest

from install.errors import InstallError
from install.places import ask_blender, find_blenders, nuke_folder


@pytest.mark.parametrize(
    ("platform", "variables", "base"),
    [
        ("linux", {}, ".config/blender"),
        ("linux", {"XDG_CONFIG_HOME": "{home}/elsewhere"}, "elsewhere/blender"),
        ("darwin", {}, "Library/Application Support/Blender"),
        ("win32", {}, "AppData/Roaming/Blender Foundation/Blender"),
        ("win32", {"APPDATA": "{home}/Roaming"}, "Roaming/Blender Foundation/Blender"),
    ],
)
def test_every_version_that_was_started_is_found(
    tmp_path: Path, platform: str, variables: dict[str, str], base: str
) -> None:
    for version in ("4.5", "5.0", "4.2", "4.1", "2.93", "not.one", "10.0"):
        (tmp_path / base / version).mkdir(parents=True)
    (tmp_path / base / "4.3").write_text("no folder")
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "PATH": ""}
    environment = home | {name: value.format(home=tmp_path) for name, value in variables.items()}
    found = find_blenders(environment, platform)
    assert [blender.version for blender in found] == ["4.2", "4.5", "5.0", "10.0"]
    assert [blender.folder for blender in found] == [tmp_path / base / blender.version for blender in found]


def program(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"#!/bin/sh\necho 'Blender {version} LTS, geöffnet'\n".encode("cp1252"))
    path.chmod(0o755)
    return path


def test_a_version_that_was_never_started_has_a_folder_to_be(tmp_path: Path) -> None:
    (tmp_path / ".config" / "blender" / "4.5").mkdir(parents=True)
    on_path = program(tmp_path / "bin" / "blender", "5.0.1")
    beside = program(tmp_path / "blender-4.5.15" / "blender", "4.5.15")
    program(tmp_path / "blender-3.6" / "blender", "3.6.2")
    (new, old) = reversed(find_blenders({"HOME": str(tmp_path), "PATH": str(on_path.parent)}, "linux"))
    assert (new.version, new.program, new.folder) == ("5.0", on_path, tmp_path / ".config" / "blender" / "5.0")
    assert (old.version, old.program) == ("4.5", beside)


def test_the_folder_that_blender_is_told_to_use_is_the_one(tmp_path: Path) -> None:
    (tmp_path / ".config" / "blender" / "4.5").mkdir(parents=True)
    environment = {"HOME": str(tmp_path), "PATH": "", "BLENDER_USER_RESOURCES": str(tmp_path / "studio")}
    assert [blender.folder for blender in find_blenders(environment, "linux")] == [tmp_path / "studio"]


def test_what_is_no_blender_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither a Blender"):
        ask_blender(program(tmp_path / "blender", "4.5.0"))
    with pytest.raises(OSError, match="No such file"):
        ask_blender(tmp_path / "none")


def test_a_folder_is_told_in_any_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "Jörg"
    stand_in = f"class app: version = 4, 5, 0\nclass utils: resource_path = staticmethod(lambda _: {str(folder)!r})\n"
    (tmp_path / "bpy.py").write_text(stand_in, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")  # as on Windows
    assert ask_blender(Path(sys.executable)) == ("4.5", folder)


def test_nuke_has_one_folder_for_all_versions(tmp_path: Path) -> None:
    assert nuke_folder({"HOME": str(tmp_path)}, "linux") == tmp_path / ".nuke"
    assert nuke_folder({"USERPROFILE": str(tmp_path)}, "win32") == tmp_path / ".nuke"
    # Nuke's own manual: .nuke is in HOME, and where that is not set, as is common, in USERPROFILE.
    assert nuke_folder({"USERPROFILE": "/other", "HOME": str(tmp_path)}, "win32") == tmp_path / ".nuke"


def test_a_user_without_a_home_is_told_what_to_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    with pytest.raises(InstallError, match="no home folder; name the host's folder with --prefix"):
        nuke_folder({}, "linux")
