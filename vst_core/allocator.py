"""Memory that a process keeps from one frame to the next, and gives back when there is none."""

from __future__ import annotations

import ctypes
import os
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of mallopt(3)
# A frame of 1920x1080, eight channels of it. More would be kept of a 4K frame, too, and make its peak higher.
_LARGEST_KEPT = 64 << 20
_KEPT_AT_MOST = 128 << 20


def keep_freed_memory() -> bool:
    """Have the C library keep blocks that were freed, of 64 MiB at most, for the next frame.

    It asks the system for every large block and gives it back at once. The system clears each page that it hands out,
    a hundred thousand of them for a frame of 1920x1080. All threads share one heap, or those of a thread that has a
    small one would still be asked for. To be called before there are threads. Where the user has tuned the C library by
    its variables of the environment, or it is not GNU's, nothing is changed.

    Returns:
        Whether it was changed.
    """
    if sys.platform != "linux" or any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return False
    options = (_ARENA_MAX, 1), (_MMAP_THRESHOLD, _LARGEST_KEPT), (_TRIM_THRESHOLD, _KEPT_AT_MOST)
    done = [set_option(*option) for option in options]
    return all(done)


def give_back_freed_memory() -> None:
    """Give the system what the C library kept, where that can be asked for."""
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if give_back is not None:
        give_back(0)
