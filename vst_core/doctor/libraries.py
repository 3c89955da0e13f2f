"""The libraries: whether they can be loaded, and have been built with what the engine needs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from vst_core.doctor.finding import Finding
from vst_core.errors import ExitCode

_OPENCV = "opencv-contrib-python-headless"
_OPENCVS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", _OPENCV)


def look_at_python() -> Iterator[Finding]:
    """The interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", f"{version} in {sys.prefix}")


def look_at_torch() -> Iterator[Finding]:
    """Torch and torchvision."""
    import torch

    from vst_core.torchvision_compat import import_torchvision

    torchvision = import_torchvision()
    versions = f"{torch.__version__}, torchvision {torchvision.__version__}"
    if torch.__version__.partition("+")[2] == torchvision.__version__.partition("+")[2]:
        yield Finding("torch", versions)
    else:
        yield Finding("torch", f"{versions}: of different builds, which is harmless here", "note")
    has_card = any(Path(name).exists() for name in ("/dev/nvidia0", "/proc/driver/nvidia/version"))
    if has_card and not torch.cuda.is_available():
        built = f"for CUDA {torch.version.cuda}, which finds no driver" if torch.version.cuda else "without CUDA"
        remedy = "install a torch for the driver's CUDA version: nvidia-smi shows it, pytorch.org has the command"
        yield Finding("torch", f"there is an NVIDIA GPU, but this torch is built {built}", "note", remedy)


def look_at_openimageio() -> Iterator[Finding]:
    """OpenImageIO."""
    import OpenImageIO as oiio  # noqa: N813 - OpenImageIO's own documentation imports it so

    formats = oiio.get_string_attribute("format_list").split(",")
    if "openexr" in formats:
        yield Finding("OpenImageIO", f"{oiio.VERSION_STRING}, with OpenEXR")
    else:
        yield _misbuilt("OpenImageIO", f"{oiio.VERSION_STRING} is built without OpenEXR", "OpenImageIO")


def look_at_openexr() -> Iterator[Finding]:
    """The OpenEXR package."""
    import OpenEXR

    yield Finding("OpenEXR", OpenEXR.__version__)


def look_at_opencv() -> Iterator[Finding]:
    """OpenCV, of which several packages overwrite one another."""
    import cv2

    installed = [name for name in _OPENCVS if _is_installed(name)]
    others = [name for name in installed if name != _OPENCV]
    remove = f"pip uninstall -y {' '.join(others)} && " if others else ""
    complete = hasattr(cv2, "DISOpticalFlow") and hasattr(getattr(cv2, "optflow", None), "createOptFlow_DeepFlow")
    if not complete:
        what = f"{cv2.__version__} lacks DeepFlow or DIS, as {' and '.join(installed) or 'it'} leaves it"
        yield _misbuilt("OpenCV", what, _OPENCV, remove)
    elif others:
        what = f"{' and '.join(installed)} are installed and overwrite one another"
        yield Finding("OpenCV", what, "note", f"{remove}pip install --force-reinstall --no-deps {_OPENCV}")
    else:
        yield Finding("OpenCV", f"{cv2.__version__}, with contrib")


def _misbuilt(subject: str, what: str, package: str, before: str = "") -> Finding:
    remedy = f"{before}pip install --force-reinstall --no-deps {package}"
    return Finding(subject, what, "wrong", remedy, ExitCode.MODEL)


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
