"""Temporally coherent style transfer for visual effects.

Public names load on first use, so that importing the package costs nothing and needs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vst_core.errors import Cancelled as Cancelled
    from vst_core.errors import InputError as InputError
    from vst_core.errors import ModelError as ModelError
    from vst_core.errors import OutputError as OutputError
    from vst_core.errors import SettingsError as SettingsError
    from vst_core.errors import VstError as VstError
    from vst_core.flow import consistency_mask as consistency_mask
    from vst_core.flow import estimate_flow as estimate_flow
    from vst_core.flow import warp as warp
    from vst_core.frame_io import read_frame as read_frame
    from vst_core.frame_io import write_frame as write_frame
    from vst_core.frames import FrameRange as FrameRange
    from vst_core.pipeline.check import check_shot as check_shot
    from vst_core.pipeline.measure import measure_shot as measure_shot
    from vst_core.pipeline.render import FrameResult as FrameResult
    from vst_core.pipeline.render import render_shot as render_shot
    from vst_core.settings import RenderSettings as RenderSettings
    from vst_core.training.run import train as train
    from vst_core.training.settings import TrainingSettings as TrainingSettings

__version__ = "0.1.0"

_HOME = {
    "Cancelled": "errors",
    "FrameRange": "frames",
    "FrameResult": "pipeline.render",
    "InputError": "errors",
    "ModelError": "errors",
    "OutputError": "errors",
    "RenderSettings": "settings",
    "SettingsError": "errors",
    "TrainingSettings": "training.settings",
    "VstError": "errors",
    "check_shot": "pipeline.check",
    "consistency_mask": "flow",
    "estimate_flow": "flow",
    "measure_shot": "pipeline.measure",
    "read_frame": "frame_io",
    "render_shot": "pipeline.render",
    "train": "training.run",
    "warp": "flow",
    "write_frame": "frame_io",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'vst_core' has no attribute {name!r}")
    value = getattr(import_module(f"vst_core.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
