"""Frames on disk that another render made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from vst_core.errors import OutputError, SettingsError, VstError
from vst_core.frame_io import read_header
from vst_core.sequence import FrameSequence
from vst_core.settings import RenderSettings

FINGERPRINT = "vst:fingerprint"
SETTINGS = "vst:settings"

_FILES = {
    "plate",
    "matte.file",
    "over",
    "network",
    "weights",
    "style.styles",
    "flow.source",
    "flow.forward",
    "flow.raft_weights",
}


def refuse_foreign(output: FrameSequence, frames: Iterable[int], fingerprint: str, settings: RenderSettings) -> None:
    """Refuse to replace frames that other settings made. Broken ones may be replaced: nothing is lost with them.

    Args:
        output: where they lie.
        frames: their numbers.
        fingerprint: of the render that would replace them.
        settings: its own.

    Raises:
        OutputError: naming the first one, and what it was made with that is other now.
    """
    for frame in frames:
        path = output.path(frame)
        if not path.exists():
            continue
        try:
            found = read_header(path).metadata
        except VstError:
            continue
        if found.get(FINGERPRINT) != fingerprint:
            raise OutputError(
                f"was made with different settings{_told_apart(str(found.get(SETTINGS, '')), settings)}",
                where=path,
                remedy="choose another output, or give --overwrite to start over",
            )


def _told_apart(made_with: str, settings: RenderSettings) -> str:
    """What is other, as far as a frame says."""
    try:
        theirs = RenderSettings.of(json.loads(made_with))
    except (ValueError, SettingsError):
        return ", or by another program"
    if theirs.method != settings.method:
        return " (method)"  # all others follow from it
    before, now = (dict(_values(each)) for each in (theirs, settings))
    if 0 in (before["threads"], now["threads"]):  # every core, however many that were
        before["threads"] = now["threads"]
    names = sorted(name for name, value in now.items() if before[name] != value)
    ends = "first or last" if settings.passes > 1 else "first"
    unsaid = f"another {ends} frame, device, precision, number of threads, version, network, style image or background"
    return f" ({', '.join(names)})" if names else f": {unsaid}"


def _values(settings: RenderSettings) -> Iterator[tuple[str, Any]]:
    """What decides pixels, by dotted name; files by theirs, since a farm knows the same ones by other paths."""
    for name, value in _flat(settings.deciding()):
        values = value if isinstance(value, list) else [value]
        yield name, [Path(each).name for each in values if each] if name in _FILES else value


def _flat(data: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
