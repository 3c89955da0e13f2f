"""The paths among a shot's settings, as plain data: made absolute, and found again on another machine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from vst_core.errors import InputError
from vst_core.settings import FLOW_SOURCES
from vst_core.text_file import read_text

Data = dict[str, Any]
Change = Callable[[str], str]

OUTPUT = "output.pattern"
_INPUTS = (
    "plate",
    "matte.file",
    "over",
    "flow.source",
    "flow.forward",
    "flow.raft_weights",
    "network",
    "weights",
    "state",
)
_FLAVORS: dict[str, type[PurePath]] = {"POSIX": PurePosixPath, "WINDOWS": PureWindowsPath}


def with_absolute_paths(data: Data, folder: Path) -> Data:
    """The same settings, whatever the current folder of their reader; relative paths are understood from ``folder``."""

    def absolute(path: str) -> str:
        return str(folder.absolute() / Path(path).expanduser())

    def normal(path: str) -> str:
        return os.path.normpath(absolute(path))

    # What points upwards within an output is for the checks of the output to judge.
    return _changed(_changed(data, normal, _INPUTS), absolute, (OUTPUT,))


def with_mapped_paths(data: Data, rules: Path | None) -> Data:
    """The same settings on a machine where the files lie elsewhere.

    Args:
        data: settings with absolute paths, of the machine that they were made on.
        rules: a file of path mapping rules of Open Job Description, as a session has it; None for none.

    Raises:
        InputError: it cannot be read.
    """
    if rules is None:
        return data
    text = read_text(rules, InputError)
    try:
        entries = json.loads(text).get("path_mapping_rules", [])
        found = [
            (_FLAVORS[entry["source_path_format"]], entry["source_path"], entry["destination_path"])
            for entry in entries
            if entry["source_path_format"] in _FLAVORS
        ]
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"does not hold path mapping rules ({error})", where=rules) from None
    return _changed(data, lambda path: _mapped(path, found), (*_INPUTS, OUTPUT))


def _mapped(path: str, rules: list[tuple[type[PurePath], str, str]]) -> str:
    """The first rule that fits decides; they come with the longest source first."""
    for flavor, source, destination in rules:
        if flavor(path).is_relative_to(source):
            return str(Path(destination, *flavor(path).relative_to(source).parts))
    return path


def input_paths(data: Data) -> Iterator[str]:
    """All that a render reads by name: files, and patterns of them."""
    found: list[str] = []
    _changed(data, lambda path: found.append(path) or path, _INPUTS)  # type: ignore[func-returns-value]
    yield from found


def _changed(data: Data, change: Change, paths: tuple[str, ...]) -> Data:
    """A copy with the paths that are there changed, and with those of style images where inputs are meant."""
    data = deepcopy(data)
    for path in paths:
        *groups, last = path.split(".")
        place: Any = data
        for group in groups:
            place = place.get(group, {})
        if _is_path(path, place.get(last)):
            place[last] = change(place[last])
    if paths != (OUTPUT,) and data.get("method") == "optimization" and "style" in data:
        data["style"]["styles"] = [change(style) for style in data["style"].get("styles", ())]
    return data


def _is_path(setting: str, value: object) -> bool:
    """Whether a value is a path and no name of something the engine knows."""
    if not isinstance(value, str) or not value:
        return False
    if setting == "flow.source":
        return value not in FLOW_SOURCES
    return setting != "network" or len(PureWindowsPath(value).parts) > 1 or "." in value
