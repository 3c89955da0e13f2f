"""Loads the node into every Nuke, with a window or without one; this folder belongs on NUKE_PATH."""

import importlib.util
import sys
from pathlib import Path

_NAME = "vst_nodes"  # in saved scripts, too
_HERE = Path(__file__).absolute().parent


def _load(folder: Path) -> None:
    options = {"submodule_search_locations": [str(folder)]}
    spec = importlib.util.spec_from_file_location(_NAME, folder / "__init__.py", **options)
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)


if _NAME not in sys.modules:
    # Beside this file where it was installed, or in the sources.
    _load(next(folder for folder in (_HERE / _NAME, _HERE.parents[1] / "nodes") if folder.is_dir()))
