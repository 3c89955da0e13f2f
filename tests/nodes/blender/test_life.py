"""A node that is copied, deleted, undone, appended and linked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from blender_frames import write_plate
from real_blender import blender


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A file with a node, and what copies and deletions left behind."""
    folder = tmp_path_factory.mktemp("life")
    return folder / "life.blend", blender("living.copy_and_delete", folder)


def test_copies_and_deletions_leave_nothing_shared_and_nothing_behind(saved: tuple[Path, dict[str, Any]]) -> None:
    _, found = saved
    assert found == {"apart": {"uid": True, "tree": True, "settings": "fast"}, "grown": 0, "left": []}


def test_an_appended_node_is_whole(saved: tuple[Path, dict[str, Any]]) -> None:
    found = blender("living.take_over", saved[0], "append")
    assert (found["inside"], found["found"]) == (True, True)
    assert not any("linked from another file" in line for line in found["lines"])


def test_a_linked_node_shows_its_result_and_says_why_it_makes_none(saved: tuple[Path, dict[str, Any]]) -> None:
    found = blender("living.take_over", saved[0], "link")
    assert (found["inside"], found["found"]) == (True, True)
    assert "linked from another file" in found["lines"][0]


def test_undo_and_redo_leave_the_node_whole(tmp_path: Path) -> None:
    found = blender("living.undo", tmp_path)
    assert found == {
        "changed": [2, True, 1],
        "undone": [1, True, 1],
        "redone": [2, True, 1],
        "deleted": [None, None, 0],
        "back": [2, True, 1],
        "never added": [None, None, 0],
    }


def test_undoing_what_came_after_a_run_leaves_its_frames_in_the_node(tmp_path: Path) -> None:
    assert blender("living.undo_after_run", write_plate(tmp_path, 1), tmp_path)
