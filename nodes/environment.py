"""Where the worker is, and what it may see of the host's environment."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .errors import WorkerError

VARIABLE = "VST_WORKER"
"""Names the worker where nothing else does."""

_PROGRAM = Path("Scripts", "vst.exe") if os.name == "nt" else Path("bin", "vst")
_HOME = Path(os.path.expanduser("~")) / ".vst"  # noqa: PTH111 - on a farm there may be none, which is no error
_BESIDE = Path(__file__).resolve().parent.parent
_RECORD = Path(__file__).parent.parent / "worker.txt"  # beside a link, where this package is one

# A host sets these for its own Python and its own libraries; another program that meets them loads the wrong ones.
_OF_INTERPRETERS = ("PYTHON", "LD_", "DYLD_", "VIRTUAL_ENV", "CONDA_", "__PYVENV_LAUNCHER__")
_OF_HOSTS = ("BLENDER_", "CYCLES_", "NUKE_", "FN_", "FOUNDRY_", "OFX_", "HIERO_", "QT_", "QML", "OIIO_", "OPENIMAGEIO_")


def log_folder() -> Path:
    """Where the worker's logs go: in the user's home, or, where there is none, among temporary files."""
    try:
        return Path.home() / ".cache" / "vst"
    except RuntimeError:
        return Path(tempfile.gettempdir()) / "vst"


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what belongs to the host and its Python. ``OCIO`` and ``VST_*`` stay."""
    foreign = _OF_INTERPRETERS + _OF_HOSTS
    return {name: value for name, value in environment.items() if not name.upper().startswith(foreign)}


def find_worker(path: str | None = None, environment: Mapping[str, str] = os.environ) -> Path:
    """The program ``vst``.

    Looked for in this order: ``path``; ``$VST_WORKER``; the one that installed this package; the ``.venv`` beside it,
    where it lies in the sources; ``.vst`` in the user's home; ``$PATH``. A worker that is named and not there is an
    error: another one than was chosen would be a surprise.

    Args:
        path: the program, or the virtual environment that it is installed in; None or empty where none was chosen.
        environment: the host's.

    Raises:
        WorkerError: there is none.
    """
    chosen = (
        (path, "the settings name"),
        (environment.get(VARIABLE), f"${VARIABLE} names"),
        (_recorded(), "the installation names"),
    )
    for named, by in chosen:
        if named:
            return _named(Path(named).expanduser(), by)
    for folder in (_BESIDE / ".venv", _HOME):
        if _is_program(folder / _PROGRAM):
            return folder / _PROGRAM
    found = shutil.which("vst", path=environment.get("PATH", os.defpath))
    if found is None:
        raise WorkerError(f"the worker is not installed; {_remedy()}")
    return Path(found)


def _recorded() -> str:
    return _RECORD.read_text(encoding="utf-8").strip() if _RECORD.is_file() else ""


def _named(path: Path, by: str) -> Path:
    for candidate in (path / _PROGRAM, path):
        if _is_program(candidate):
            return candidate
    state = "cannot be executed" if path.is_file() else "has no vst in it" if path.is_dir() else "does not exist"
    raise WorkerError(f"{by} {path} as the worker, which {state}; name another, or {_remedy()}")


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _remedy() -> str:
    sources = _BESIDE if (_BESIDE / "vst_core").is_dir() else "FOLDER_OF_THE_SOURCES"
    python = "py -3.11" if os.name == "nt" else "python3.11"
    pip = _HOME / _PROGRAM.with_name("pip.exe" if os.name == "nt" else "pip")
    return f'install it with: {python} -m venv "{_HOME}" && "{pip}" install "{sources}"'
