"""Puts the extension together: this folder's two files, and the nodes beside them.

python plugin/blender/build.py FOLDER   # makes FOLDER/vst, and FOLDER/vst-VERSION.zip of it

``blender --command extension build --source-dir FOLDER/vst`` makes the same zip with Blender's own tool.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_NODES = _HERE.parents[1] / "nodes"
_NOT_BLENDER = ("__pycache__", "nuke", "make_knobs.py", "knob_table.py")


def stage(folder: Path) -> Path:
    """Copy what the extension consists of into ``FOLDER/vst``, which must not be there yet."""
    target = folder / "vst"
    target.mkdir(parents=True)
    for name in ("blender_manifest.toml", "__init__.py"):
        shutil.copyfile(_HERE / name, target / name)
    shutil.copytree(_NODES, target / "nodes", ignore=shutil.ignore_patterns(*_NOT_BLENDER))
    return target


def build(folder: Path) -> Path:
    """Make the zip; returns its path."""
    source = stage(folder)
    found = re.search(
        r'^version = "(.+)"$', (_HERE / "blender_manifest.toml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert found is not None
    return Path(shutil.make_archive(str(folder / f"vst-{found[1]}"), "zip", source))


if __name__ == "__main__":
    sys.stdout.write(f"{build(Path(sys.argv[1]))}\n")
