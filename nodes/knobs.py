"""The knobs: what an artist can set, with types, ranges, defaults and help as the engine has them.

They lie in ``knobs.json``, so that a host can show them before there is any worker.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("knobs.json")
STYLES = ("oil", "ink", "mosaic", "watercolor", "woodcut")
"""The styles of the networks that come with the engine."""


@dataclass(frozen=True)
class Knob:
    """One thing to set.

    Attributes:
        name: for the host: letters, digits, underscores.
        setting: dotted path into the settings of a render.
        group: heading it stands under.
        label: what it is called.
        kind: ``bool``, ``int``, ``float``, ``text``, ``file``, ``choice``, ``open choice``, which takes any other text
            too, ``text list`` or ``float list``.
        default: value where nothing is set; None for a text or file that may be left out.
        help: one or two sentences.
        method: the one method that reads it; empty where all do.
        minimum: least value, where there is one.
        above: what the value has to exceed, where there is such a limit.
        maximum: largest value, where there is one.
        choices: values to offer.
        slider: ends of a slider, where those of the range are none or too wide; what is typed may go beyond.
    """

    name: str
    setting: str
    group: str
    label: str
    kind: str
    default: Any
    help: str
    method: str = ""
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    slider: tuple[float, ...] = ()


def read_knobs() -> tuple[Knob, ...]:
    """All knobs, in the order in which they are shown."""
    rows: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Knob(**{name: _frozen(value) for name, value in row.items()}) for row in rows)


def to_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of knobs, by their names, as settings of a render; plate and output are not among them.

    Left out is what the engine would take anyway: empty texts, empty lists, and what the chosen method does not read.

    Raises:
        KeyError: there is no knob of that name.
    """
    by_name = {knob.name: knob for knob in read_knobs()}
    method = values.get("method", by_name["method"].default)
    settings: dict[str, Any] = {}
    for name, value in values.items():
        knob = by_name[name]
        if value in (None, "", [], ()) or knob.method not in ("", method):
            continue
        *groups, last = knob.setting.split(".")
        place = settings
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = list(value) if knob.kind.endswith(" list") else value
    return settings


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
