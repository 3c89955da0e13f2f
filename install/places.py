"""Where hosts keep what belongs to a user, and where their programs are, on Linux, macOS and Windows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import InstallError

Environment = Mapping[str, str]

OLDEST_BLENDER = (4, 2)
_VERSION = re.compile(r"(\d+)\.(\d+)")
_PROGRAMS = {
    "linux": ("/opt/blender*/blender", "/usr/local/blender*/blender", "/snap/bin/blender", "~/blender*/blender"),
    "darwin": ("/Applications/Blender*.app/Contents/MacOS/Blender",),
    "win32": ("C:/Program Files/Blender Foundation/Blender */blender.exe",),
}


@dataclass(frozen=True)
class Blender:
    """One version of Blender.

    Attributes:
        version: for example ``4.5``; empty where only its folder is known.
        folder: of the user's files for that version, which may not be there yet.
        program: it, or a Python that has ``bpy``; None where it was not found.
    """

    version: str
    folder: Path
    program: Path | None

    @property
    def name(self) -> str:
        """For messages."""
        return f"Blender {self.version}".strip()


def find_blenders(environment: Environment = os.environ, platform: str = sys.platform) -> list[Blender]:
    """Versions that a user has started, or could start, from the oldest that the node runs in onwards."""
    programs = dict(_blender_programs(environment, platform))
    forced = environment.get("BLENDER_USER_RESOURCES")
    if forced:
        version, program = max(programs.items(), key=lambda item: _numbers(item[0]), default=("", None))
        return [Blender(version, Path(forced), program)]
    bases = _blender_bases(environment, platform)
    folders = {folder.name: folder for base in reversed(bases) for folder in base.glob("*.*") if folder.is_dir()}
    folders = {version: bases[0] / version for version in programs} | folders
    versions = sorted((name for name in folders if _numbers(name) >= OLDEST_BLENDER), key=_numbers)
    return [Blender(version, folders[version], programs.get(version)) for version in versions]


def ask_blender(program: Path) -> tuple[str, Path]:
    """Version and user's folder of a Blender, or of a Python that has ``bpy``.

    Raises:
        OSError, ValueError: it is none.
    """
    answer = "'%d.%d' % bpy.app.version[:2], bpy.utils.resource_path('USER')"
    told = run_blender(program, f"import bpy, json; print('VST|' + json.dumps([{answer}]))")  # ASCII: see run_blender
    found = re.search(r"^VST\|(.+)$", told, re.MULTILINE)
    if found is None:
        raise ValueError("it is neither a Blender nor a Python with bpy")
    version, folder = json.loads(found[1])
    return version, Path(folder)


def run_blender(program: Path, code: str, environment: Environment = os.environ) -> str:
    """All that a Blender, without a window, or a Python that has ``bpy``, prints when it runs some Python.

    Only of ASCII it is certain how it was meant: a Python on Windows prints in the machine's code page.

    Raises:
        OSError: it cannot be started, or does not end.
    """
    options = ["-c"] if program.stem.lower().startswith("python") else ["--background", "--python-expr"]
    try:
        done = subprocess.run(  # noqa: S603 - a program that the user has, or has named
            [str(program), *options, code],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=180,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OSError("it did not finish within three minutes") from None
    return done.stdout.decode(errors="replace")


def nuke_folder(environment: Environment = os.environ, platform: str = sys.platform) -> Path:
    """The folder of a user's own files for Nuke, of all versions; it may not be there yet."""
    named = environment.get("HOME") if platform == "win32" else ""  # which goes first there, for Nuke alone
    return (Path(named) if named else _home(environment, platform)) / ".nuke"


def _blender_bases(environment: Environment, platform: str) -> list[Path]:
    home = _home(environment, platform)
    if platform == "darwin":
        return [home / "Library" / "Application Support" / "Blender"]
    if platform == "win32":
        roaming = Path(environment.get("APPDATA", home / "AppData" / "Roaming"))
        return [roaming / "Blender Foundation" / "Blender"]
    configured = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return [configured / "blender", home / ".var" / "app" / "org.blender.Blender" / "config" / "blender"]


def _blender_programs(environment: Environment, platform: str) -> Iterator[tuple[str, Path]]:
    on_path = shutil.which("blender", path=environment.get("PATH", os.defpath))
    named = [on_path] if on_path else []
    for pattern in _PROGRAMS.get(platform, ()):
        path = Path(pattern.replace("~", str(_home(environment, platform))))
        named += map(str, Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    for program in named:
        try:
            told = subprocess.run(  # noqa: S603 - where Blender is installed
                [program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False
            ).stdout.decode(errors="replace")
        except (OSError, subprocess.TimeoutExpired):
            continue
        found = re.match(r"Blender (\d+\.\d+)", told)
        if found is not None:
            yield found[1], Path(program)


def _home(environment: Environment, platform: str) -> Path:
    named = environment.get("USERPROFILE" if platform == "win32" else "HOME")
    try:
        return Path(named) if named else Path.home()
    except RuntimeError:
        raise InstallError("this user has no home folder", remedy="name the host's folder with --prefix") from None


def _numbers(version: str) -> tuple[int, int]:
    found = _VERSION.fullmatch(version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
