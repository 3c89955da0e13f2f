"""The package runs inside a host: with its Python, which may be old, and without anything installed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "nodes").glob("*.py"))
NEWER = {"tomllib", "annotationlib", "compression"}
"""Top-level modules that came after the oldest Python of a host."""
OLDEST = (3, 9)


def imported(tree: ast.AST) -> Iterator[str]:
    """Top-level names of absolute imports, those within functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module).partition(".")[0]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_module_needs_only_the_library_of_an_old_python(source: Path) -> None:
    tree = ast.parse(source.read_text(), feature_version=OLDEST)
    assert set(imported(tree)) <= sys.stdlib_module_names - NEWER
    annotated = any(isinstance(node, ast.AnnAssign) or getattr(node, "annotation", None) for node in ast.walk(tree))
    assert not annotated or "from __future__ import annotations" in source.read_text()


def test_the_package_loads_under_another_name_and_nothing_with_it(tmp_path: Path) -> None:
    """Blender gives an extension's packages names of its own."""
    (tmp_path / "bl_ext").mkdir()
    (tmp_path / "bl_ext" / "vst").symlink_to(ROOT / "nodes")
    modules = ", ".join(f"bl_ext.vst.{source.stem}" for source in SOURCES if source.stem != "__init__")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {modules}; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded - sys.stdlib_module_names == {"bl_ext", "__main__"} - sys.stdlib_module_names
