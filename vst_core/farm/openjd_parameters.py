"""Parameters of an Open Job Description job, generated from the settings' schema: what all its shots have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vst_core.farm.paths import Data, input_paths
from vst_core.settings import RenderSettings

# Said for each shot, or decided by the plan, whose tasks would be others.
_OF_A_SHOT = {"plate", "frames", "chunk", "state", "preroll", "style", "temporal", "cuts", "threads", "method"}
UNUSED = {"feedforward": {"optimization", "features", "weights"}, "optimization": {"network", "tile"}}
"""Settings that a method does not look at."""
_LONGEST_VALUE = 1024


@dataclass(frozen=True, slots=True)
class Parameter:
    """A setting that all shots have in common.

    Attributes:
        setting: dotted path of the setting.
        value: of the setting, as text.
        definition: as the template has it, less the default.
    """

    setting: str
    value: str
    definition: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the parameter."""
        return str(self.definition["name"])

    @property
    def line(self) -> str:
        """The setting in a file of settings, a line, in which the engine puts the parameter's value."""
        return f"{self.setting}={{{{Param.{self.name}}}}}"

    @property
    def typed(self) -> str | int | float:
        """The value in the parameter's type."""
        kinds: dict[str, type[str | int | float]] = {"INT": int, "FLOAT": float}
        return kinds.get(self.definition["type"], str)(self.value)


def common_parameters(shots: Sequence[RenderSettings]) -> list[Parameter]:
    """The settings that are the same in all shots and no paths, each as a parameter.

    Args:
        shots: at least one.
    """
    schema = RenderSettings.model_json_schema()
    data = [shot.model_dump(mode="json") for shot in shots]
    paths = [path for shot in data for path in input_paths(shot)]  # no set: a value may be a list
    unused = set.intersection(*(UNUSED[shot.method] for shot in shots))
    parameters = []
    for setting, field in _fields(schema, schema["properties"]):
        values = [_value(shot, setting) for shot in data]
        own = setting == "output.pattern" or setting.partition(".")[0] in _OF_A_SHOT | unused
        if own or any(value != values[0] for value in values) or values[0] in paths:
            continue
        text = _text(values[0])
        definition = _definition(setting, field)
        if definition is not None and len(text) <= _LONGEST_VALUE and "\n" not in text:
            parameters.append(Parameter(setting, text, definition))
    return parameters


def without(data: Data, parameters: Sequence[Parameter]) -> Data:
    """Settings less those that are parameters."""
    left = {name: dict(value) if isinstance(value, dict) else value for name, value in data.items()}
    for parameter in parameters:
        group, _, name = parameter.setting.rpartition(".")
        (left.get(group, {}) if group else left).pop(name or group, None)
    return {name: value for name, value in left.items() if value != {}}


def _fields(
    schema: dict[str, Any], properties: dict[str, Any], group: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in properties.items():
        reference = field.get("$ref")
        if reference is None:
            yield f"{group}{name}", field
        else:
            inner = schema["$defs"][reference.rpartition("/")[2]]
            yield from _fields(schema, inner["properties"], f"{name}.")


def _value(data: Data, setting: str) -> Any:
    for name in setting.split("."):
        data = data[name]
    return data


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _definition(setting: str, field: dict[str, Any]) -> dict[str, Any] | None:
    """A parameter for one value; None for what is no single one, or a path."""
    choices = [choice for choice in field.get("anyOf", [field]) if choice.get("type") != "null"]
    kind = choices[0] if len(choices) == 1 else {}
    words = setting.replace(".", "_").split("_")
    interface = {"label": " ".join(words).capitalize(), "groupLabel": setting.rpartition(".")[0].capitalize() or "Look"}
    definition = {
        "name": "".join(word.capitalize() for word in words),
        "description": field.get("description", ""),
    }
    if kind.get("type") == "boolean":
        control = {"control": "CHECK_BOX", **interface}
        return definition | {"type": "STRING", "allowedValues": ["true", "false"], "userInterface": control}
    if kind.get("type") in ("integer", "number") and "anyOf" not in field:
        limits = {"minValue": kind.get("minimum"), "maxValue": kind.get("maximum")}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        types = {"integer": "INT", "number": "FLOAT"}
        return definition | {
            "type": types[kind["type"]],
            **given,
            "userInterface": {"control": "SPIN_BOX", **interface},
        }
    if kind.get("type") == "string" and kind.get("format") != "path":
        if "enum" in kind:
            control = {"control": "DROPDOWN_LIST", **interface}
            return definition | {"type": "STRING", "allowedValues": kind["enum"], "userInterface": control}
        return definition | {"type": "STRING", "userInterface": {"control": "LINE_EDIT", **interface}}
    return None
