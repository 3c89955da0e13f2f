"""The manifest of a shot: what was rendered, with what, and what every file on disk has to be, byte for byte.

It is a JSON file beside the frames, ``out.manifest.json`` for ``out.####.exr``. ``vst describe manifest`` prints its
schema, which is that of ``Manifest``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vst_core.errors import InputError
from vst_core.image import Window
from vst_core.settings_model import Frames

VERSION = 1
LARGEST = 256 << 20
"""Bytes; a hundred thousand frames take less."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
Rectangle = tuple[int, int, int, int]
FileName = Annotated[str, Field(pattern=r"^[^/\\\x00]+$", max_length=1000)]
_FrameNumber = Annotated[int, Field(ge=-(10**9), le=10**9)]


class _Model(BaseModel):
    """Frozen; what is unknown is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Asset(_Model):
    """A file that decides about pixels: weights, or the image of a style."""

    name: str = Field(description="Name of the file.")
    path: str = Field(description="Where it was.")
    sha256: Sha256 = Field(description="SHA-256 of the file.")


def asset(path: Path, sha256: str) -> Asset:
    """A file with its hash."""
    return Asset(name=path.name, path=str(path.absolute()), sha256=sha256)


class Run(_Model):
    """One process that rendered frames of the shot: all of them, a chunk, or what was left of an earlier run."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] = Field(description="Names the run.")
    number: int = Field(ge=1, description="Later runs of the same frames have higher ones, whatever the clocks say.")
    settings: dict[str, Any] = Field(description="Of the render, see `vst describe`; its files as absolute paths.")
    fingerprint: Sha256 = Field(description="Over everything that decides a pixel.")
    shot: Frames = Field(description="FIRST-LAST of the whole shot.")
    frames: Frames = Field(description="FIRST-LAST of what the run was to deliver.")
    color_space: str = Field(description="Of the plate and the frames.")
    device: str = Field(description="Where it was computed: cpu, cuda, cuda:N.")
    precision: str = Field(description="Of the network.")
    threads: int = Field(ge=1, description="Threads of the processor.")
    weights: tuple[Asset, ...] = Field(description="Networks.")
    styles: tuple[Asset, ...] = Field(description="Style images; empty where the styles are a network's own.")
    versions: dict[str, str] = Field(description="Of the programs.")
    host: str = Field(description="Name of the machine.")
    process: int = Field(description="Process id.")
    started: datetime = Field(description="When, by that machine's clock.")


class Seconds(_Model):
    """Time of one frame by stage. Stages of neighbouring frames overlap."""

    read: float = Field(default=0.0, ge=0, description="Reading the plate and bringing it to display values.")
    motion: float = Field(default=0.0, ge=0, description="Finding the motion and where it can be trusted.")
    method: float = Field(default=0.0, ge=0, description="Network or solver.")
    write: float = Field(default=0.0, ge=0, description="State and frame: written, flushed, read back and compared.")


class FrameRecord(_Model):
    """One frame on disk."""

    frame: _FrameNumber = Field(description="Its number.")
    file: FileName = Field(description="Name of its file, beside the manifest.")
    bytes: int = Field(ge=0, description="Size of the file.")
    sha256: Sha256 = Field(description="SHA-256 of the file.")
    state: Digest = Field(description="Digest of the state that the next frame is made from.")
    previous: Digest = Field(description="Digest of the state that it was made from; empty for none.")
    run: str = Field(description="Id of the run that made it.")
    data_window: Rectangle = Field(description="x, y, width, height of the pixels that there are.")
    display_window: Rectangle = Field(description="x, y, width, height of the picture.")
    channels: tuple[str, ...] = Field(description="Name and type of every channel, such as 'R half'.")
    coverage: float | None = Field(
        default=None, ge=0, le=1, description="Share of pixels that follow the frame before; null where none do."
    )
    seconds: Seconds | None = Field(default=None, description="Time by stage; null where it was not seen being made.")
    peak_memory: int = Field(default=0, ge=0, description="Bytes that the process had at most, up to this frame.")
    peak_device_memory: int = Field(default=0, ge=0, description="Likewise on the graphics card.")
    written: datetime = Field(description="When, by the machine's clock.")
    warnings: tuple[str, ...] = Field(default=(), description="What the user should know.")


class Manifest(_Model):
    """All runs of a shot that have frames on disk, and those frames."""

    format: Literal["vst-manifest"] = "vst-manifest"
    version: Literal[1] = Field(default=1, description="Grows when a reader of the one before would misunderstand.")
    files: FileName = Field(description="Pattern of the frames' names, such as out.%04d.exr.")
    runs: tuple[Run, ...] = Field(description="In the order of their numbers.")
    frames: tuple[FrameRecord, ...] = Field(description="In order.")

    @model_validator(mode="after")
    def _hangs_together(self) -> Manifest:
        if len({record.frame for record in self.frames}) < len(self.frames):
            raise ValueError("a frame is listed twice")
        known = {run.id for run in self.runs}
        if any(record.run not in known for record in self.frames):
            raise ValueError("a frame's run is not listed")
        return self

    def as_bytes(self) -> bytes:
        """The file: JSON, a line for each run and each frame."""
        head = self.model_dump_json(exclude={"runs", "frames"}).removesuffix("}")
        runs, frames = (",\n".join(item.model_dump_json() for item in items) for items in (self.runs, self.frames))
        return f'{head},"runs":[\n{runs}\n],"frames":[\n{frames}\n]}}\n'.encode()

    def run_of(self, record: FrameRecord) -> Run:
        """The run that made a frame."""
        return next(run for run in self.runs if run.id == record.run)

    @property
    def by_frame(self) -> dict[int, FrameRecord]:
        """The frames by number."""
        return {record.frame: record for record in self.frames}


class Entry(_Model):
    """A line of a journal, from which the manifest is put together: a run that begins, or a frame that is good."""

    run: Run | None = None
    frame: FrameRecord | None = None


def rectangle(window: Window) -> Rectangle:
    """A window as the manifest spells it."""
    return window.x, window.y, window.width, window.height


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        InputError: there is none, or it is damaged or of another version.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InputError("is too large for a manifest", where=path)
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path) from None
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        what = f"{place}: {first['msg']}" if place else first["msg"]
        raise InputError(
            f"is not a manifest, or is damaged ({what[:200]})", where=path, remedy="render the shot again"
        ) from None


def merge(files: str, sources: Iterable[Iterable[Entry]]) -> Manifest:
    """Put a manifest together.

    Of several records of a frame the one of the latest run counts, and of that run's the last one.

    Args:
        files: pattern of the frames' names.
        sources: journals, and manifests as entries; each in its order.
    """
    runs: dict[str, Run] = {}
    frames: dict[int, FrameRecord] = {}
    for source in sources:
        for entry in source:
            if entry.run is not None:
                runs[entry.run.id] = entry.run
            record = entry.frame
            if record is None or record.run not in runs:
                continue
            key = record.frame if "#" in files else 0  # one file is of the frame that was written into it last
            rival = frames.get(key)
            if rival is None or runs[rival.run].number <= runs[record.run].number:
                frames[key] = record
    used = {record.run for record in frames.values()}
    kept = sorted((run for run in runs.values() if run.id in used), key=lambda run: (run.number, run.id))
    return Manifest(files=files, runs=tuple(kept), frames=tuple(frames[frame] for frame in sorted(frames)))
