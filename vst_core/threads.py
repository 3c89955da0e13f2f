"""The processor's threads: how many there are for this process, and the same for all libraries."""

from __future__ import annotations

import math
import os

import cv2
import OpenEXR
import OpenImageIO as oiio  # noqa: N813  # OpenImageIO's own documentation imports it so
import torch

from vst_core.container import granted

_MANY = 8


def usable_cores() -> int:
    """How many threads of the processor this process may use: fewer where a scheduler or a container says so."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = map(int, granted("cpu.max").split())
    except (OSError, ValueError):  # no control group, or one without a limit
        return cores
    return min(cores, math.ceil(quota / period))


def set_threads(threads: int) -> None:
    """Have every library use so many, whose results do not depend on it but for torch's.

    Left alone, most of them start a thread for each core of the machine, beside all other tasks on it. OpenEXR encodes
    a frame while the network makes the next one, which needs them all: it has a quarter of many, and none of few.
    """
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    for name in ("threads", "exr_threads"):
        oiio.attribute(name, threads)
    OpenEXR.set_global_thread_count(threads // 4 if threads >= _MANY else 0)
