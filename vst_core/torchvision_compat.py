"""Import torchvision also where its build does not match torch's, such as its CUDA wheel beside a CPU torch."""

from __future__ import annotations

import importlib
import sys
import threading
import warnings
from types import ModuleType
from typing import Any, cast

import torch

from vst_core.errors import ModelError

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_LOCK = threading.Lock()
_LIBRARIES: list[Any] = []  # a definition lives only as long as its Library


def import_torchvision() -> ModuleType:
    """torchvision, whose networks work even where its own compiled operators cannot be loaded.

    A torchvision built for another torch registers shapes for operators that were never defined, and so cannot be
    imported. Only then are those operators declared, without an implementation: nothing here calls them.
    It may be called as often as one likes and from several threads.

    Raises:
        ModelError: torchvision is not installed, or cannot be imported for another reason.
    """
    with _LOCK:
        if "torchvision" in sys.modules:
            return sys.modules["torchvision"]
        try:
            return _import()
        except RuntimeError as error:
            if "torchvision::" not in str(error):
                raise _unusable(error) from error
            _declare_operators()
        except ImportError as error:
            raise _unusable(error) from error
        try:
            return _import()
        except (RuntimeError, ImportError) as error:
            raise _unusable(error) from error


def _import() -> ModuleType:
    with warnings.catch_warnings():
        # the wheel complains about its image codecs, which are not used
        warnings.filterwarnings("ignore", message="Failed to load image Python extension")
        return importlib.import_module("torchvision")


def _declare_operators() -> None:
    missing = [schema for name, schema in _SCHEMAS.items() if not hasattr(torch.ops.torchvision, name)]
    if missing:
        library: Any = cast(Any, torch.library.Library)("torchvision", "FRAGMENT")
        for schema in missing:
            library.define(schema)
        _LIBRARIES.append(library)


def _unusable(error: Exception) -> ModelError:
    return ModelError(
        f"cannot be imported ({error})",
        where="torchvision",
        remedy="install the torchvision that belongs to this torch",
    )
