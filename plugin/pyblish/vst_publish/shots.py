"""Shots as instances of pyblish, found by the manifests beside their frames."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import FAMILY

_SUFFIX = ".manifest.json"
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
        name = manifest.name[: -len(_SUFFIX)]
        instance = context.create_instance(name, family=FAMILY, families=[FAMILY])
        instance.data["label"] = f"{name} ({len(data['frames'])} frames)"
        instance.data["vst_manifest"] = str(manifest)
        instance.data["vst_pattern"] = str(manifest.parent / data["files"])
        instance.data["vst_frames"] = {frame["file"]: frame["sha256"] for frame in data["frames"]}
        instance.data["vst_range"] = f"{data['frames'][0]['frame']}-{data['frames'][-1]['frame']}"
        instance.data["vst_settings"] = data["runs"][-1]["settings"]


def _manifests(output: Path) -> Iterator[Path]:
    if output.name.endswith(_SUFFIX):
        yield output
        return
    if output.is_dir():
        found = sorted(path for path in output.iterdir() if path.name.endswith(_SUFFIX))
        if not found:
            raise ShotError(f"{output} has no manifest; name a folder with rendered frames")
        yield from found
        return
    words = [word.strip("._- ") for word in _NUMBER.split(_without_suffix(output.name))]
    yield output.with_name((".".join(word for word in words if word) or "shot") + _SUFFIX)


def _without_suffix(name: str) -> str:
    return name[:-4] if name.lower().endswith(".exr") else name


def _read(manifest: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        if data["format"] != "vst-manifest" or data["version"] != 1 or not data["frames"] or not data["runs"]:
            raise ShotError(f"{manifest} is no manifest that this gate knows")
    except OSError as error:
        raise ShotError(f"{manifest} cannot be read ({error.strerror}); was the shot rendered by vst?") from None
    except (ValueError, LookupError, TypeError):
        raise ShotError(f"{manifest} is no manifest, or a damaged one") from None
    return data
