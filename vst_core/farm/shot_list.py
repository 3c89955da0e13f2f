"""Lists of shots: what a line of a table or a clip of a timeline says of one."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from vst_core.errors import SettingsError
from vst_core.text_file import read_text

_TABLES = (".csv", ".tsv")
_STRAY = re.compile(r"[/\\\0]|^\.{1,2}$")


@dataclass(frozen=True, slots=True)
class Row:
    """One shot of a list.

    Attributes:
        shot: its name.
        where: where in the list it stands, for messages.
        values: what is said of it, by the name of an option without its dashes, as it would be typed.
    """

    shot: str
    where: str
    values: dict[str, str]


def read_shot_list(path: Path, columns: Sequence[str], *, needs_media: bool = True) -> list[Row]:
    """Read a table (.csv, .tsv) or an editor's timeline (.otio, or what an adapter of OpenTimelineIO reads).

    Args:
        path: the list.
        columns: names of options that a shot may have of its own.
        needs_media: whether the clips of a timeline have to say where their frames lie.

    Raises:
        SettingsError: it cannot be read, or a line or clip is no shot; the first one is named.
    """
    if is_table(path):
        rows = list(_read_table(path, columns))
    else:
        from vst_core.farm.timeline import read_timeline

        rows = list(read_timeline(path, columns, needs_media=needs_media))
    if not rows:
        raise SettingsError("has no shots", where=path)
    stray = next((row for row in rows if _STRAY.search(row.shot)), None)
    if stray is not None:  # it stands in patterns
        what = f"{stray.shot!r} is not a name for a shot: it would lead into another folder"
        raise SettingsError(what, where=stray.where, remedy="name folders in the patterns")
    twin = next((row for row in rows if Counter(each.shot for each in rows)[row.shot] > 1), None)
    if twin is not None:
        lines = ", ".join(row.where.rpartition(", ")[2] for row in rows if row.shot == twin.shot)
        raise SettingsError(f"several shots are called {twin.shot} ({lines})", where=path, remedy="tell them apart")
    return rows


def is_table(path: Path) -> bool:
    """Whether a list is a table, by its name, and not a timeline."""
    return path.suffix.lower() in _TABLES


def check_columns(names: Sequence[str], columns: Sequence[str], where: str) -> None:
    """Check that every name is one of the columns, and none is there twice.

    Raises:
        SettingsError: naming the first that is not.
    """
    for name in names:
        if name not in columns:
            close = get_close_matches(name, columns, 1)
            remedy = f"did you mean {close[0]}?" if close else "columns have the names of the options of vst render"
            raise SettingsError(f"unknown column {name!r}", where=where, remedy=remedy)
        if names.count(name) > 1:
            raise SettingsError(f"column {name!r} is given twice", where=where, remedy="remove one of them")


def column(name: str) -> str:
    """The name of a column as the option it stands for, however it is spelled."""
    return name.strip().lower().lstrip("-").replace("-", "_").replace(" ", "_")


def _read_table(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    # Spreadsheets put a mark at the beginning.
    text = read_text(path, SettingsError, encoding="utf-8-sig", remedy="save it as CSV in UTF-8")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    names: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        where = f"{path}, line {number}"
        try:  # line by line: a quote that is never closed must not swallow the shots after it
            cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
        except csv.Error as error:
            raise SettingsError(f"is not a line of a table ({error})", where=where) from None
        if not any(cells):
            continue
        if names:
            yield _row(names, cells, where)
            continue
        names = [column(cell) for cell in cells]
        check_columns(names, ("shot", *columns), where)
        if "shot" not in names:
            remedy = "the first line names the columns, for example shot,plate,frames"
            raise SettingsError("no column 'shot'", where=where, remedy=remedy)


def _row(names: Sequence[str], cells: Sequence[str], where: str) -> Row:
    if len(cells) > len(names):
        what = f"has {len(cells)} cells, but there are {len(names)} columns"
        raise SettingsError(what, where=where, remedy="put cells that contain a separator in double quotes")
    values = {name: cell for name, cell in zip(names, cells, strict=False) if cell}
    shot = values.pop("shot", "")
    if not shot:
        raise SettingsError("the shot has no name", where=where, remedy="fill in the column 'shot'")
    return Row(shot, where, values)
