"""A report that can be put into an issue as it is: what was found, versions, and the end of the logs."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path

from vst_core import __version__
from vst_core.doctor.finding import Finding
from vst_core.doctor.privacy import Privacy, homes

_VARIABLES = (
    "VST_",
    "OCIO",
    "CUDA_VISIBLE_DEVICES",
    "OMP_",
    "GOMP_",
    "MKL_",
    "TORCH_HOME",
    "NUKE_PATH",
    "BLENDER_USER",
)
_LOG_FOLDERS = (".cache/vst", ".config/blender/*/extensions/.user/user_default/vst")
_LOG_LINES = 60
_REQUIRED = re.compile(r"^[\w.-]+")


def write_bundle(findings: Sequence[Finding]) -> str:
    """The report, Markdown. Names of the user and the machine and all folders are left out of it."""
    privacy = Privacy()
    parts = ["# vst doctor", *_section("Found", _found(findings)), *_section("Machine", _machine())]
    parts += _section("Packages", _packages())
    parts += _section("Environment", _environment())
    for log in _logs():
        parts += _section(log.name, _end_of(log))
    return privacy.clean("\n".join(parts)) + "\n"


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return ["", f"## {title}", "", "```", *lines, "```"]


def _found(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"{finding.state:5}  {finding.subject}: {finding.text}"


def _machine() -> Iterator[str]:
    yield f"vst {__version__}, Python {sys.version.split()[0]}"
    yield f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} processors"


def _packages() -> list[str]:
    """What the engine needs, and what that needs, as installed; others are nobody's business."""
    found: dict[str, str] = {}
    wanted = ["vst-core"]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # not needed on this platform
            continue
        found[name] = package.version
        required = [text for text in package.requires or [] if "extra ==" not in text]
        wanted += [name.casefold() for text in required for name in _REQUIRED.findall(text)]
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def _environment() -> Iterator[str]:
    yield from (f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(_VARIABLES))


def _logs() -> list[Path]:
    found = [path for home in homes() for folder in _LOG_FOLDERS for path in home.glob(f"{folder}/*.log")]
    return sorted(found, key=lambda path: path.stat().st_mtime)[-3:]


def _end_of(log: Path) -> list[str]:
    try:
        return log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    except OSError as error:
        return [f"cannot be read ({error.strerror})"]
