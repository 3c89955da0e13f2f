"""Shots as instances of pyblish, found by the manifests beside their frames, or by the journals these are made of."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import Any

from . import FAMILY

_SUFFIX = ".manifest.json"
_HIDDEN = re.compile(r"\.(.+)\.vst")
_JOURNAL = "journal.jsonl"
_NUMBER = re.compile(r"%0?\d*d|#+")


class ShotError(Exception):
    """There is no shot where one is to be; one line."""


def collect(context: Any, output: str) -> None:
    """Make an instance of every shot that someone means by frames, a manifest, or a folder with some.

    Those that are there already are not made twice: several nodes may show one shot.

    Raises:
        ShotError: there is none.
    """
    known = {instance.data.get("vst_manifest") for instance in context}
    for manifest in _manifests(Path(output)):
        if str(manifest) in known:
            continue
        data = _read(manifest)
        instance = context.create_instance(_name(manifest), family=FAMILY, families=[FAMILY])
        instance.data["vst_manifest"] = str(manifest)
        _fill(instance, data)


def refresh(instance: Any) -> None:
    """Take from a shot's manifest what it says by now: a render or a repair may have written it since.

    Raises:
        ShotError: it is not there any more.
    """
    _fill(instance, _read(Path(instance.data["vst_manifest"])))


def _fill(instance: Any, data: dict[str, Any]) -> None:
    numbers = [frame["frame"] for frame in data["frames"]]
    instance.data["label"] = f"{instance.data['name']} ({len(numbers)} frame{'s' if len(numbers) > 1 else ''})"
    instance.data["vst_pattern"] = str(Path(instance.data["vst_manifest"]).parent / data["files"])
    instance.data["vst_frames"] = {frame["file"]: frame["sha256"] for frame in data["frames"]}
    instance.data["vst_range"] = f"{min(numbers)}-{max(numbers)}"
    instance.data["vst_settings"] = data["runs"][-1]["settings"]


def _manifests(output: Path) -> Iterator[Path]:
    """Where the manifests are, or are to be."""
    if output.name.endswith(_SUFFIX):
        yield output
        return
    if output.is_dir():
        paths = list(output.iterdir())
        found = {path for path in paths if path.name.endswith(_SUFFIX)}
        hidden = {output / f"{match[1]}{_SUFFIX}" for path in paths if (match := _HIDDEN.fullmatch(path.name))}
        found |= {manifest for manifest in hidden - found if _journaled(manifest)}
        if not found:
            raise ShotError(f"{output} has no manifest; name a folder with rendered frames")
        yield from sorted(found)
        return
    words = [word.strip("._- ") for word in _NUMBER.split(_without_suffix(output.name))]
    yield output.with_name((".".join(word for word in words if word) or "shot") + _SUFFIX)


def _without_suffix(name: str) -> str:
    return name[:-4] if name.lower().endswith(".exr") else name


def _name(manifest: Path) -> str:
    return manifest.name[: -len(_SUFFIX)]


def _read(manifest: Path) -> dict[str, Any]:
    """What a manifest says; where there is none, or a damaged one, what can be told from the journals."""
    try:
        data: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        if data["format"] != "vst-manifest" or data["version"] != 1 or not data["frames"] or not data["runs"]:
            raise ShotError(f"{manifest} is not a manifest that this gate knows")
    except OSError as error:
        wrong = f"{manifest} cannot be read ({error.strerror}); was the shot rendered by vst?"
    except (ValueError, LookupError, TypeError):
        wrong = f"{manifest} is not a manifest, or is damaged"
    else:
        return data
    journaled = _journaled(manifest)
    if journaled is None:
        raise ShotError(wrong)
    return journaled


def _journaled(manifest: Path) -> dict[str, Any] | None:
    """A manifest's frames and runs from the journals of a render that was killed before it wrote one."""
    hidden = manifest.with_name(f".{_name(manifest)}.vst")
    entries = [entry for journal in (hidden / _JOURNAL, *hidden.glob(f"*/{_JOURNAL}")) for entry in _entries(journal)]
    runs = [entry["run"] for entry in entries if entry.get("run")]
    frames = {entry["frame"]["frame"]: entry["frame"] for entry in entries if entry.get("frame")}
    if not runs or not any(manifest.with_name(frame["file"]).exists() for frame in frames.values()):
        return None
    files = _name_of(runs[-1]["settings"]["output"]["pattern"])
    return {"files": files, "frames": list(frames.values()), "runs": runs}


def _name_of(pattern: str) -> str:
    """The name in the whole path of a render that may have been on Windows, and is looked at elsewhere."""
    windows = PureWindowsPath(pattern)
    return (windows if windows.is_absolute() else Path(pattern)).name


def _entries(journal: Path) -> Iterator[dict[str, Any]]:
    """The lines of a journal; what a kill left of one is stepped over."""
    if journal.is_file():
        for line in journal.read_bytes().splitlines():
            with contextlib.suppress(ValueError):
                yield json.loads(line)
