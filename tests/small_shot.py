"""A shot small enough to be rendered many times: the sample shot at a quarter of its size, with all its channels.

A render of four frames takes about a second.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR
from numpy.typing import NDArray
from safetensors.torch import load_file
from shot_settings import put

from vst_core import FrameRange, FrameResult, RenderSettings, render_shot

FRAMES = FrameRange(1001, 1005)
"""The frames that there are."""
SHOT = FrameRange(1001, 1004)
"""The frames that are rendered where nothing else is said."""
SHRINK = 4

COMMAND_LINE = "import sys; from vst_core.cli import main; sys.argv[0] = 'vst'; main()"
"""What a child process runs as ``vst``."""

Channels = dict[str, NDArray[Any]]


def read_channels(path: Path) -> Channels:
    """Every channel of every part, by name, as OpenEXR decodes it."""
    file = OpenEXR.File(str(path), separate_channels=True)
    return {name: channel.pixels for part in file.parts for name, channel in part.channels.items()}


def write_channels(path: Path, channels: Channels, **attributes: Any) -> Path:
    """One part; attributes go into its header."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **attributes}
    OpenEXR.File(header, {name: np.ascontiguousarray(values) for name, values in channels.items()}).write(str(path))
    return path


def with_plain_vectors(channels: Channels) -> tuple[Channels, Channels]:
    """Channels of Blender without its vectors, and those as other renderers write them, both pointing away, y up."""
    others = {name: values for name, values in channels.items() if ".Vector." not in name}
    x, y, z, w = (channels[f"ViewLayer.Vector.{axis}"] for axis in "XYZW")
    return others, {"motionBack.x": x, "motionBack.y": y, "motionFore.x": -z, "motionFore.y": -w}


def attributes_of(path: Path) -> dict[str, Any]:
    """The header of the first part."""
    return dict(OpenEXR.File(str(path), header_only=True).parts[0].header)


def is_color(channel: str) -> bool:
    return channel.rpartition(".")[2] in ("R", "G", "B")


def color_of(channels: Channels) -> NDArray[np.float32]:
    """(H, W, 3)."""
    names = [name for component in "RGB" for name in channels if name.rpartition(".")[2] == component]
    return np.stack([channels[name].astype(np.float32) for name in names[:3]], axis=-1)


def same(a: Channels, b: Channels) -> bool:
    """Whether two files hold the same channels, of the same types, with the same bits."""
    return a.keys() == b.keys() and all(
        a[name].dtype == b[name].dtype and a[name].tobytes() == b[name].tobytes() for name in a
    )


def shrunk(channels: Channels, factor: int = SHRINK) -> Channels:
    """Colour averaged, everything else picked, vectors in pixels of the smaller picture."""
    result = {}
    for name, values in channels.items():
        height, width = (size // factor * factor for size in values.shape)
        whole = values[:height, :width]
        if ".Combined." in name:
            blocks = whole.astype(np.float32).reshape(height // factor, factor, width // factor, factor)
            result[name] = blocks.mean((1, 3)).astype(values.dtype)
        else:
            picked = whole[factor // 2 :: factor, factor // 2 :: factor]
            result[name] = (picked / factor if ".Vector." in name else picked).astype(values.dtype)
    return result


def cropped(image: Path, target: Path) -> Path:
    """96 pixels square out of a picture's middle."""
    cv2.imwrite(str(target), cv2.imread(str(image))[200:296, 200:296])  # type: ignore[index]
    return target


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every line of standard output, which must be JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaint(self) -> str:
        """The one line that tells the user what is wrong; everything else on standard error is progress."""
        lines = self.err.splitlines()
        complaints = [line for line in lines if line.startswith("vst: ")]
        assert len(complaints) == 1, self.err
        assert lines[-1] == complaints[0], self.err
        assert all(line.startswith(("vst: ", "frame ", "warning: ")) for line in lines), self.err
        return complaints[0].removeprefix("vst: ")


@dataclass(frozen=True)
class SmallShot:
    """The shot, and what a render of it takes."""

    folder: Path
    style: Path
    weights: Path

    @classmethod
    def make(cls, folder: Path, source: Path, style: Path, weights: Path) -> SmallShot:
        (folder / "plate").mkdir()
        for frame in FRAMES:
            name = f"shot.{frame}.exr"
            said = {key: value for key, value in attributes_of(source / name).items() if key.startswith("cryptomatte/")}
            write_channels(folder / "plate" / name, shrunk(read_channels(source / name)), Scene="Scene", take=3, **said)
        return cls(folder / "plate", cropped(style, folder / "style.png"), weights)

    @property
    def pattern(self) -> str:
        return str(self.folder / "shot.####.exr")

    def path(self, frame: int) -> Path:
        return self.folder / f"shot.{frame}.exr"

    def copy(self, folder: Path) -> SmallShot:
        """The same shot in another folder, to be damaged there."""
        shutil.copytree(self.folder, folder)
        return SmallShot(folder, self.style, self.weights)

    def settings(self, output: Path, **changes: Any) -> RenderSettings:
        """Settings of a render into ``output``; a change is a setting's name with its dots as double underscores."""
        data: dict[str, Any] = {
            "plate": self.pattern,
            "frames": str(SHOT),
            "method": "optimization",
            "style": {"styles": [str(self.style)]},
            "features": "vgg16",
            "weights": str(self.weights),
            "threads": 1,
            "optimization": {"iterations": 4, "iterations_next": 2, "scales": 1},
            "output": {"pattern": str(output / "out.####.exr")},
        }
        for name, value in changes.items():
            put(data, name.replace("__", "."), value)
        return RenderSettings.of(data)

    def render(self, output: Path, **changes: Any) -> list[FrameResult]:
        """All results of a render; ``changes`` as for ``settings``."""
        return list(render_shot(self.settings(output, **changes)))

    def command(self, output: Path, *more: object, frames: str = str(SHOT)) -> list[str]:
        """Arguments of ``vst`` for the same render."""
        steps = ("--iterations", 4, "--iterations-next", 2, "--scales", 1, "--threads", 1)
        network = ("--method", "optimization", "--features", "vgg16", "--weights", self.weights)
        files = (self.pattern, "--style", self.style, "-o", output / "out.####.exr", "--frames", frames)
        return [str(word) for word in ("render", *files, *network, *steps, *more)]


def looks(folder: Path, frame: int) -> NDArray[np.float32]:
    """(H, W, 3), a result as the method made it, in the last pass; a draft's states have a folder of their own."""
    found = (folder / ".out.vst").rglob(f"{frame}.safetensors")
    (path,) = (each for each in found if not each.parent.name.startswith("pass-"))
    state: NDArray[np.float32] = load_file(path)["stylized"][0].float().numpy()
    return state.transpose(1, 2, 0)


def out(folder: Path, frame: int) -> Path:
    return folder / f"out.{frame}.exr"


def outputs(folder: Path) -> list[str]:
    """Names of the frames, and of whatever else a user sees in a folder beside their manifests."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".") and not is_manifest(path))


def is_manifest(path: Path) -> bool:
    return path.name.endswith(".manifest.json")


def leftovers(folder: Path) -> list[Path]:
    """Temporary files anywhere below a folder."""
    return [path for path in folder.rglob("*") if ".tmp" in path.name]


def differing(a: Path, b: Path, frames: FrameRange) -> list[int]:
    """Frames whose pixels or whose place in the chain of states differ between two renders."""
    chain = ("vst:state", "vst:previousState")  # the first frame has no previous state

    def differs(frame: int) -> bool:
        first, second = attributes_of(out(a, frame)), attributes_of(out(b, frame))
        chained = all(first.get(name) == second.get(name) for name in chain)
        return not (chained and same(read_channels(out(a, frame)), read_channels(out(b, frame))))

    return [frame for frame in frames if differs(frame)]


def to_display(color: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    display: NDArray[np.floating[Any]] = np.clip(color, 0, 1) ** (1 / 2.2)
    return display


def difference(a: Path, b: Path, frame: int) -> float:
    """Mean difference of two renders in display values."""
    first, second = (to_display(color_of(read_channels(out(folder, frame)))) for folder in (a, b))
    return float(np.abs(first - second).mean())


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of every file below a folder; the locks' times are of no interest."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("lock", "gate", "manifest.lock")
    }


def copy_of(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target)
    return target


def wait_for(child: subprocess.Popen[str], event: str) -> None:
    """Read the JSON lines of a command up to an event, or to their end."""
    assert child.stdout is not None
    next((line for line in child.stdout if json.loads(line)["event"] == event), None)
