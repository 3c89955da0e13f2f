"""A stand-in for Blender's layout, which there is none of without a window: it takes the calls that this Blender's own
layout would take, and nothing else.
"""

from __future__ import annotations

from typing import Any

import bpy  # type: ignore[import-not-found]

_LAYOUT = bpy.types.UILayout.bl_rna


class StrictLayout:
    """Notes what is drawn on it: texts, properties and operators, by what the artist would read.

    Attributes:
        drawn: all that was drawn, in order.
    """

    drawn: list[str]

    def __init__(self, drawn: list[str]) -> None:
        object.__setattr__(self, "drawn", drawn)

    def __setattr__(self, name: str, value: Any) -> None:
        _check(_LAYOUT.properties, name, "property of a layout")

    def __getattr__(self, name: str) -> Any:
        function = _check(_LAYOUT.functions, name, "function of a layout")

        def call(*given: Any, **named: Any) -> Any:
            parameters = [each.identifier for each in function.parameters if not each.is_output]
            assert len(given) <= len(parameters), (name, given)
            values = {**dict(zip(parameters, given, strict=False)), **named}
            for each in values:
                assert each in parameters, f"{name} takes no {each}"
            missing = [each.identifier for each in function.parameters if each.is_required and not each.is_output]
            assert not set(missing) - values.keys(), f"{name} wants {missing}"
            return self._draw(name, values)

        return call

    def _draw(self, name: str, values: dict[str, Any]) -> Any:
        if name == "operator":
            return self._operator(values)
        if name in ("prop", "template_icon_view"):
            _check(values["data"].bl_rna.properties, values["property"], "property")
            self.drawn.append(values.get("text") or values["property"])
        elif "text" in values:
            self.drawn.append(values["text"])
        if name == "panel":
            return StrictLayout(self.drawn), StrictLayout(self.drawn)
        return StrictLayout(self.drawn)

    def _operator(self, values: dict[str, Any]) -> StrictButton:
        module, _, name = values["operator"].partition(".")
        kind = getattr(getattr(bpy.ops, module), name).get_rna_type()
        self.drawn.append(values.get("text", kind.name))
        return StrictButton(kind)


class StrictButton:
    """What an operator's button is set to."""

    kind: Any

    def __init__(self, kind: Any) -> None:
        object.__setattr__(self, "kind", kind)

    def __setattr__(self, name: str, value: Any) -> None:
        _check(self.kind.properties, name, "property of the operator")


def _check(known: Any, name: str, what: str) -> Any:
    if name not in known:
        raise AttributeError(f"{name} is no {what} in Blender {bpy.app.version_string}")
    return known[name]
