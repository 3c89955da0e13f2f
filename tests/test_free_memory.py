"""How much memory can still be had: of the machine, or less where a container sets a limit."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
import torch

from vst_core.device import free_memory

MEGABYTE = 1 << 20


def container(monkeypatch: pytest.MonkeyPatch, folder: Path, **files: object) -> None:
    for name, content in files.items():
        (folder / f"memory.{name}").write_text(f"{content}\n")
    monkeypatch.setattr("vst_core.container._FOLDER", folder)


def free() -> int:
    return free_memory(torch.device("cpu"))


@pytest.mark.parametrize("files", [{}, {"max": "max", "current": 1, "stat": ""}, {"max": 1 << 60, "current": 1}])
def test_without_a_limit_it_is_the_machines(
    files: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    container(monkeypatch, tmp_path, **files)
    assert abs(free() - psutil.virtual_memory().available) < 500 * MEGABYTE


def test_a_container_has_what_its_limit_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    container(monkeypatch, tmp_path, max=90 * MEGABYTE, current=70 * MEGABYTE, stat="anon 1\nfile 2")
    assert free() == 20 * MEGABYTE


def test_files_that_were_read_take_no_memory_from_anyone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = f"file {60 * MEGABYTE}\nworkingset_inactive_file 7\ninactive_file {50 * MEGABYTE}\nactive_file 3"
    container(monkeypatch, tmp_path, max=90 * MEGABYTE, current=70 * MEGABYTE, stat=stat)
    assert free() == 70 * MEGABYTE


def test_a_container_beyond_its_limit_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    container(monkeypatch, tmp_path, max=MEGABYTE, current=2 * MEGABYTE, stat="")
    assert free() == 0
