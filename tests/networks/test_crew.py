"""Bands that several threads compute."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from vst_core.networks.crew import Crew

BANDS = [(row, row + 1) for row in range(12)]


@pytest.mark.parametrize("threads", [1, 2, 3, 40])
def test_results_come_in_the_order_of_the_bands(threads: int) -> None:
    def work(top: int, bottom: int) -> tuple[int, int]:
        time.sleep(0.002 * (top % 3))
        return top, bottom

    assert Crew(threads).each(work, BANDS) == BANDS


def test_one_that_is_held_up_holds_up_no_other() -> None:
    others = threading.Semaphore(0)

    def work(top: int, _bottom: int) -> bool:
        if top > 0:
            others.release()
            return True
        return all(others.acquire(timeout=20) for _ in BANDS[1:])

    assert Crew(2).each(work, BANDS) == [True] * len(BANDS)


def test_each_thread_has_its_share_of_torchs_and_everybody_else_what_they_had() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(6)
        crew = Crew(6)
        assert set(crew.each(lambda *_: torch.get_num_threads(), BANDS)) == {1}
        assert Crew(16).each(lambda *_: torch.get_num_threads(), BANDS) == [2] * len(BANDS)
        with ThreadPoolExecutor(1) as later:
            assert later.submit(torch.get_num_threads).result() == torch.get_num_threads() == 6
    finally:
        torch.set_num_threads(before)


def test_no_gradients_are_recorded() -> None:
    weight = torch.ones(3, requires_grad=True)
    with torch.no_grad():
        assert not any(found.requires_grad for found in Crew(2).each(lambda top, _: weight * top, BANDS))


def test_no_band_is_at_work_any_more_when_one_has_failed() -> None:
    done: list[int] = []

    def work(top: int, _bottom: int) -> None:
        if top == 1:
            raise MemoryError
        time.sleep(0.01)
        done.append(top)

    with pytest.raises(MemoryError):
        Crew(3).each(work, BANDS)
    assert sorted(done) == [top for top, _ in BANDS if top != 1]
