"""The shots of a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vst_core.errors import SettingsError
from vst_core.farm.paths import with_absolute_paths
from vst_core.farm.shot_list import Row
from vst_core.sequence import FrameSequence
from vst_core.settings import RenderSettings

Data = dict[str, Any]
Shot = tuple[str, RenderSettings]

PLACE = "{shot}"
"""What stands for the name of a shot in the patterns of a list."""


def one_shot(data: Data) -> Iterator[Shot]:
    """A shot by itself, called as its plate's files are.

    Raises:
        SettingsError: something is missing, unknown or out of range.
    """
    settings = RenderSettings.of(with_absolute_paths(data, Path()))
    yield FrameSequence.parse(settings.plate).prefix.strip("._- ") or "shot", settings


def listed_shots(data: Data, rows: list[Row], read: Callable[[Row], Data], folder: Path) -> Iterator[Shot]:
    """The shots of a list, each with what all have in common and what its row says.

    Args:
        data: settings for all; their paths are understood from the current folder.
        rows: of the list.
        read: settings that a row has of its own, by name.
        folder: of the list; the paths in its rows are understood from there.

    Raises:
        SettingsError: something is missing, unknown or out of range, and where.
    """
    common = with_absolute_paths(data, Path())
    for row in rows:
        try:
            own = read(row)
            method = {"method": own.get("method", common.get("method"))}
            merged = _merged(common | method, with_absolute_paths(own | method, folder))
            yield row.shot, RenderSettings.of(_filled(with_absolute_paths(merged, Path()), row.shot))
        except SettingsError as error:
            where = ": ".join(filter(None, (row.where, error.where.removeprefix("settings"))))
            raise SettingsError(error.what, where=where, remedy=error.remedy) from None


def _merged(common: Data, own: Data) -> Data:
    """Group by group; only the styles of a row, with their weights, replace those of all."""
    merged = dict(common)
    for name, value in own.items():
        if value is None:
            merged.pop(name, None)
            continue
        if isinstance(value, dict):
            before = dict(common.get(name, {}))
            if "styles" in value:
                before.pop("weights", None)
            value = before | value
        merged[name] = value
    return merged


def _filled(data: Data, shot: str) -> Data:
    """With the shot's name in the place for it, wherever there is one."""

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: fill(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [fill(each) for each in value]
        return value.replace(PLACE, shot) if isinstance(value, str) else value

    filled: Data = fill(data)
    return filled
