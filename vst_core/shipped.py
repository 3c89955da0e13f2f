"""Where the files lie that the engine brings along for other programs: nodes, plug-ins and what installs them.

They are no part of this package: hosts load them, and the sources have them beside it. A wheel carries them inside it.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

_PACKAGE = Path(__file__).resolve().parent


def shipped_files() -> Path:
    """The folder with ``nodes``, ``plugin`` and ``install``."""
    inside = _PACKAGE / "_shipped"
    return inside if inside.is_dir() else _PACKAGE.parent


def this_program() -> str:
    """The ``vst`` of this environment, whichever way this code was started; empty where there is none."""
    return shutil.which("vst", path=sysconfig.get_path("scripts")) or ""


def load_installer() -> ModuleType:
    """The package ``install``, under a name of its own: it may not be on Python's path, or another one may."""
    name = "vst_install"
    if name not in sys.modules:
        folder = shipped_files() / "install"
        spec = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]
