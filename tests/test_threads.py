"""Threads of the processor: no more than a scheduler or a container grants, for every library alike."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import OpenEXR
import OpenImageIO
import pytest
import torch

from vst_core.device import resolve_device
from vst_core.threads import usable_cores


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux limits a process to some cores")
def test_no_thread_count_means_the_cores_this_process_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    assert resolve_device("cpu").threads == usable_cores() <= len(allowed)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert resolve_device("cpu").threads == 1
        assert torch.get_num_threads() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize(
    ("granted", "cores"),
    [("200000 100000", 2), ("150000 100000", 2), ("10000 100000", 1), ("6400000 100000", 4), ("max 100000", 4)],
)
def test_a_container_has_the_share_of_time_that_it_is_granted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, granted: str, cores: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    monkeypatch.setattr("vst_core.container._FOLDER", tmp_path)
    assert usable_cores() == 4
    (tmp_path / "cpu.max").write_text(f"{granted}\n")
    assert usable_cores() == cores


@pytest.mark.parametrize(("count", "for_encoding"), [(1, 0), (3, 0), (16, 4)])
def test_every_library_has_the_threads_of_a_render_and_no_more(count: int, for_encoding: int) -> None:
    resolve_device("cpu", "float32", count)
    assert torch.get_num_threads() == cv2.getNumThreads() == count
    assert [OpenImageIO.get_int_attribute(name) for name in ("threads", "exr_threads")] == [count, count]
    assert OpenEXR.global_thread_count() == for_encoding
