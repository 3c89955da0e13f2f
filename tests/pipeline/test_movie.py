"""Review movies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

from vst_core.pipeline.movie import write_movie

SAMPLE = str(Path(__file__).parents[2] / "samples/shot/shot.####.exr")


def test_a_movie_has_the_same_bytes_however_busy_the_machine_is(tmp_path: Path) -> None:
    def written(number: int) -> bytes:
        path = tmp_path / f"{number}.mp4"
        write_movie(SAMPLE, path, rate=Fraction(24))
        return path.read_bytes()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(written, range(4)))) == 1
