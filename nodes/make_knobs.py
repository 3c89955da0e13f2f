"""Makes ``knobs.json`` out of the table of knobs and the schema of the engine's settings.

vst describe | python -m nodes.make_knobs
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from .knob_table import ROWS, Row
from .knobs import FILE

_LIMITS = {"minimum": "minimum", "exclusiveMinimum": "above", "maximum": "maximum"}
_KINDS = {"boolean": "bool", "integer": "int", "number": "float", "string": "text"}


def knobs_text(schema: Mapping[str, Any]) -> str:
    """What ``knobs.json`` has to be for a schema.

    Raises:
        ValueError: a knob is for something that the engine does not have, or has in a form that is no knob.
    """
    return json.dumps([_knob(row, schema) for row in ROWS], indent=1) + "\n"


def _knob(row: Row, schema: Mapping[str, Any]) -> dict[str, Any]:
    setting = _setting(row.setting, schema)
    choices = list(row.choices) or setting.get("enum", [])
    knob = {
        "name": row.setting.replace(".", "_"),
        "setting": row.setting,
        "group": row.group,
        "label": row.label,
        "kind": _kind(row, setting, bool(choices)),
        "default": setting.get("default"),
        "help": setting["description"],
        "method": row.method,
    }
    limits = {own: setting[theirs] for theirs, own in _LIMITS.items() if theirs in setting}
    shown = {"choices": choices, "slider": list(row.slider)}
    return {**knob, **limits, **{name: values for name, values in shown.items() if values}}


def _setting(path: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of one setting, references followed and null left out."""
    found: dict[str, Any] = {"properties": schema["properties"]}
    for name in path.split("."):
        if name not in found.get("properties", {}):
            raise ValueError(f"the engine has no setting {path!r}")
        found = found["properties"][name]
        kinds = [kind for kind in found.get("anyOf", []) if kind.get("type") != "null"]
        if len(kinds) == 1:
            found = {**kinds[0], **found}
        if "$ref" in found:
            found = {**schema["$defs"][found["$ref"].rpartition("/")[2]], **found}
    return found


def _kind(row: Row, setting: Mapping[str, Any], is_choice: bool) -> str:
    if setting.get("type") == "array":
        return f"{_kind(row, setting['items'], False)} list"
    if is_choice:
        return "choice" if "enum" in setting else "open choice"
    if setting.get("format") == "path":
        return "file"
    if setting.get("type") not in _KINDS:
        raise ValueError(f"the setting {row.setting!r} is no knob: {json.dumps(setting)}")
    return _KINDS[setting["type"]]


if __name__ == "__main__":
    FILE.write_text(knobs_text(json.load(sys.stdin)), encoding="utf-8")
