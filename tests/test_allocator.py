"""Memory from one frame to the next, in processes of its own: what the C library was told holds until the end."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

# A large block, given back, and again; how many pages the system cleared for the second one.
SCRIPT = """
import resource
from vst_core.allocator import keep_freed_memory
print(keep_freed_memory())
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for size in {sizes}:
    block = b"x" * size
    del block
    before = faults()
    block = b"x" * size
    print(faults() - before)
    del block
"""


def run(sizes: tuple[int, ...], **environment: str) -> list[str]:
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    command = [sys.executable, "-c", SCRIPT.format(sizes=sizes)]
    return subprocess.run(
        command, env=surroundings | environment, check=True, capture_output=True, text=True
    ).stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux")
def test_what_a_frame_gave_back_is_there_for_the_next() -> None:
    changed, again = run((50 << 20,))
    assert changed == "True"
    assert int(again) < 100  # of 12800 pages of 4 KiB


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux")
def test_who_tunes_the_library_is_left_alone() -> None:
    assert run((), MALLOC_TRIM_THRESHOLD_="1000000") == ["False"]
    assert run((), GLIBC_TUNABLES="glibc.malloc.arena_max=2") == ["False"]


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux")
def test_what_was_kept_is_given_back_when_asked_for() -> None:
    script = """
        import psutil
        from vst_core.allocator import give_back_freed_memory, keep_freed_memory
        keep_freed_memory()
        blocks = [b"x" * (1 << 20) for _ in range(200)]
        last = blocks.pop()  # what lies above it would be given back anyway
        del blocks
        before = psutil.Process().memory_info().rss
        give_back_freed_memory()
        print((before - psutil.Process().memory_info().rss) >> 20)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    assert int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) > 150
