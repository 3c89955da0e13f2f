"""EXR files as hosts write them, made and read with the OpenEXR package: the oracle of these tests."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from vst_core.frame_io import read_frame, write_frame
from vst_core.image import Frame

H, W = 40, 56
Array = NDArray[Any]


def noise(seed: int, data_type: type = np.float16, shape: tuple[int, int] = (H, W)) -> Array:
    return (np.random.default_rng(seed).random(shape) * 4 - 1).astype(data_type)


def header(compression: Any = OpenEXR.ZIP_COMPRESSION, **attributes: Any) -> dict[str, Any]:
    return {"compression": compression, "type": OpenEXR.scanlineimage, **attributes}


def window(x: int, y: int, width: int, height: int) -> tuple[Array, Array]:
    return np.array([x, y], np.int32), np.array([x + width - 1, y + height - 1], np.int32)


def blender_channels() -> dict[str, Array]:
    """What Blender writes in a 16-bit multilayer file; the Cryptomatte floats are any bits, NaN among them."""
    bits = np.random.default_rng(5).integers(0, 2**32, (H, W), dtype=np.uint32)
    channels = {f"ViewLayer.Combined.{c}": noise(i) for i, c in enumerate("RGB")}
    channels |= {"ViewLayer.Combined.A": np.full((H, W), 0.5, np.float16)}
    channels |= {f"ViewLayer.Vector.{c}": noise(10 + i, np.float32) for i, c in enumerate("XYZW")}
    channels |= {f"ViewLayer.CryptoObject00.{c}": bits.view(np.float32) for c in "rgba"}
    channels["ViewLayer.Depth.Z"] = np.full((H, W), np.inf, np.float32)
    return channels


def write_exr(path: Path, channels: dict[str, Array], **attributes: Any) -> Path:
    OpenEXR.File(header(**attributes), dict(channels)).write(str(path))  # it replaces the arrays of the dictionary
    return path


def oracle(path: Path, part: int = 0) -> dict[str, Array]:
    file = OpenEXR.File(str(path), separate_channels=True)
    return {name: channel.pixels for name, channel in file.parts[part].channels.items()}


def rewrite(path: Path, frame: Frame, **options: Any) -> int:
    options = {"attributes": {}, "data_type": None, "compression": None} | options
    return write_frame(path, frame, **options)


def copy_frame(source: Path, target: Path) -> None:
    rewrite(target, read_frame(source))


def same_bits(a: Array, b: Array) -> bool:
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


def multipart(path: Path, *, tiled: bool = False) -> Path:
    kind = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()} if tiled else {}
    ids = np.arange(H * W, dtype=np.uint32).reshape(H, W) * np.uint32(1_900_001)
    OpenEXR.File(
        [
            OpenEXR.Part(
                header(OpenEXR.PIZ_COMPRESSION, colorInteropID="lin_ap1_scene", **kind),
                {f"ViewLayer.Vector.{c}": noise(i, np.float32) for i, c in enumerate("XYZW")},
                "ViewLayer.Vector",
            ),
            OpenEXR.Part(
                header(OpenEXR.ZIPS_COMPRESSION, take=3, **kind),
                {f"ViewLayer.Combined.{c}": noise(10 + i) for i, c in enumerate("RGBA")},
                "ViewLayer.Combined",
            ),
            OpenEXR.Part(header(OpenEXR.NO_COMPRESSION, **kind), {"object.id": ids}, "ids"),
        ]
    ).write(str(path))
    return path


def start_child(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A Python process that runs ``code``, with the package and the tests importable."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(str(Path(__file__).parents[up]) for up in (0, 1)))
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def run_child(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    with start_child(code, *arguments) as child:
        output, errors = child.communicate(timeout=60)
    return subprocess.CompletedProcess(child.args, child.returncode, output, errors)
