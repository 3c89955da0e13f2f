"""The styles that come with the engine, with a thumbnail each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy.utils.previews  # type: ignore[import-not-found]

from ..knobs import STYLES

FILE = "FILE"
_FOLDER = Path(__file__).with_name("thumbnails")
_previews: Any = None
_items: list[tuple[str, str, str, int, int]] = []  # Blender keeps no reference to the texts of an enumeration


def style_items(_owner: Any, _context: Any) -> list[tuple[str, str, str, int, int]]:
    """The items of the enumeration, by the thumbnails that are loaded."""
    if not _items:
        for number, name in enumerate(STYLES):
            _items.append((name, name.capitalize(), f"The style {name!r} of the network", _icon(name), number))
        _items.append((FILE, "Other", "An image file, or a style of your own network", 0, len(STYLES)))
    return _items


def _icon(name: str) -> int:
    file = _FOLDER / f"{name}.jpg"
    if _previews is None or not file.is_file():
        return 0
    return int(_previews.load(name, str(file), "IMAGE").icon_id)


def load_thumbnails() -> None:
    """Make room for the thumbnails; each is read when it is first shown."""
    global _previews
    _items.clear()
    _previews = bpy.utils.previews.new()


def drop_thumbnails() -> None:
    """Give the thumbnails back."""
    global _previews
    _items.clear()
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None
