"""Settings of a shot as plain data."""

from __future__ import annotations

import json
from typing import Any

SMALLEST: dict[str, Any] = {
    "plate": "in/sh.####.exr",
    "method": "optimization",
    "style": {"styles": ["oil.png"]},
    "output": {"pattern": "out/sh.####.exr"},
}


def changed(**settings: Any) -> dict[str, Any]:
    """The smallest settings with some changed; a dotted path is spelt with two underscores."""
    return with_values({path.replace("__", "."): value for path, value in settings.items()})


def with_values(values: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(SMALLEST))
    for path, value in values.items():
        put(data, path, value)
    return data


def put(data: dict[str, Any], path: str, value: Any) -> None:
    """A value where a dotted path says; missing groups are made."""
    *groups, last = path.split(".")
    for group in groups:
        data = data.setdefault(group, {})
    data[last] = value
