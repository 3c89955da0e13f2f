"""Versions of a stylised shot, none of which may ever be written over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from nodes.errors import WorkerError
from nodes.folders import DONE, Version, is_writable, open_version, unfinished, versions, without_upwards

OIL, INK = {"style": "oil", "weights": (1, 2)}, {"style": "ink"}


def begun(root: Path, settings: Mapping[str, object], state: str = "started") -> Version:
    version = open_version(root, settings, resume=True)
    version.note(settings, state)
    return version


def test_every_finished_run_is_followed_by_a_version_of_its_own(tmp_path: Path) -> None:
    names = [begun(tmp_path / "shot", OIL, DONE).name for _ in range(3)]
    assert names == ["v001", "v002", "v003"]
    assert [path.name for path in versions(tmp_path / "shot")] == names


def test_an_unfinished_version_is_gone_on_with_only_where_all_is_the_same(tmp_path: Path) -> None:
    first = begun(tmp_path, OIL, "cancelled")
    assert unfinished(tmp_path, OIL) == first
    assert unfinished(tmp_path, INK) is None
    assert open_version(tmp_path, OIL, resume=True) == first
    assert open_version(tmp_path, INK, resume=True).name == "v002"
    assert open_version(tmp_path, OIL, resume=False).name == "v003"


def test_a_version_that_is_finished_or_not_ours_is_never_gone_on_with(tmp_path: Path) -> None:
    begun(tmp_path, OIL, DONE)
    assert unfinished(tmp_path, OIL) is None
    for text in ("", "[]", "{"):
        folder = tmp_path / f"v{len(versions(tmp_path)) + 1:03d}"
        folder.mkdir()
        (folder / "version.json").write_text(text)
        assert unfinished(tmp_path, OIL) is None


def test_numbers_count_and_other_folders_do_not(tmp_path: Path) -> None:
    for name in ("v002", "v010", "v1000", "v3", "old", "v001.bak"):
        (tmp_path / name).mkdir()
    assert [path.name for path in versions(tmp_path)] == ["v002", "v010", "v1000"]
    assert open_version(tmp_path, OIL, resume=True).name == "v1001"
    assert versions(tmp_path / "none") == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        assert not is_writable(root)
        with pytest.raises(WorkerError, match="choose another output folder"):
            open_version(root, OIL, resume=True)
    assert is_writable(tmp_path / "new" / "below")
    with pytest.raises(WorkerError, match=r"version\.json cannot be written"):
        Version(tmp_path / "file").note(OIL, DONE)


def test_a_folder_is_named_without_going_up(tmp_path: Path) -> None:
    (tmp_path / "far/inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far/inner")
    assert without_upwards(tmp_path / "link" / "../renders") == tmp_path / "far/renders"
    assert without_upwards(tmp_path / "link" / "renders") == tmp_path / "link/renders"
