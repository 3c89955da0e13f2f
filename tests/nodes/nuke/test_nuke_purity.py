"""The node runs in Nuke's Python, which may be old and has nothing installed; and it does not know the other host."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLUGIN = sorted((ROOT / "plugin" / "nuke").glob("*.py"))
SOURCES = [*sorted((ROOT / "nodes" / "nuke").glob("*.py")), *PLUGIN]
OLDEST = (3, 9)


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules that are imported, those from packages above with their dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: f"{source.parent.parent.name}-{source.stem}")
def test_a_module_needs_only_nuke_and_the_library_of_an_old_python(source: Path) -> None:
    tree = ast.parse(source.read_text(), feature_version=OLDEST)
    names = list(imported(tree))
    outside = {name.partition(".")[0] for name in names if not name.startswith(".")}
    assert outside <= sys.stdlib_module_names | {"nuke", "vst_nodes"}
    assert not any("blender" in name for name in names)


def test_the_plug_in_is_short() -> None:
    assert [source.name for source in PLUGIN] == ["init.py", "menu.py", "stylize.py"]
    assert all(len(source.read_text().splitlines()) <= 40 for source in PLUGIN)
