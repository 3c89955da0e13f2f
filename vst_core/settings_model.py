"""What settings are made of: a model that says in one line what is wrong, and values that check themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from vst_core.errors import SettingsError
from vst_core.frames import FrameRange
from vst_core.text_file import read_text

_FARTHEST = 1000
LAYERS = tuple(
    f"relu{block}_{layer}" for block, count in enumerate((2, 2, 4, 4, 4), start=1) for layer in range(1, count + 1)
)


def _check_layers(layers: tuple[str, ...]) -> tuple[str, ...]:
    for layer in layers:
        if layer not in LAYERS:
            raise ValueError(f"{layer!r} is not a VGG layer; layers are {', '.join(LAYERS)}")
    if len(set(layers)) < len(layers):
        raise ValueError("a layer is named twice")
    return layers


def _check_cuts(cuts: str) -> str:
    if cuts not in ("auto", "none"):
        try:
            [int(part) for part in cuts.split(",")]
        except ValueError:
            raise ValueError(f"{cuts!r} are not cuts; give auto, none or frame numbers such as 1040,1088") from None
    return cuts


def _to_frames(value: object) -> FrameRange:
    if isinstance(value, FrameRange):
        return value
    if not isinstance(value, str):
        raise ValueError("give it as text, for example '1001-1100'")  # noqa: TRY004 - pydantic collects ValueErrors
    try:
        return FrameRange.parse(value)
    except SettingsError as error:
        raise ValueError(f"{error.what}; {error.remedy}") from None


def _to_lags(value: object) -> tuple[int, ...]:
    try:
        lags = [int(part) for part in value.split(",")] if isinstance(value, str) else list(value)  # type: ignore[call-overload]
        if lags and all(type(lag) is int and 1 <= lag <= _FARTHEST for lag in lags):
            return tuple(sorted(set(lags)))
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{value!r} is not a list of lags; give whole numbers from 1 to {_FARTHEST}, for example 1,2,4")


Layers = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_check_layers)]
Frames = Annotated[
    FrameRange, PlainValidator(_to_frames), PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string"})
]
Lags = Annotated[
    tuple[int, ...],
    PlainValidator(_to_lags),
    PlainSerializer(lambda lags: ",".join(map(str, lags)), return_type=str),
    WithJsonSchema({"type": "string"}),
]
Cuts = Annotated[str, AfterValidator(_check_cuts)]


def wrong(setting: str, what: str) -> PydanticCustomError:
    """What a validator of several settings raises: what is wrong, and which of them to change."""
    return PydanticCustomError("setting", "{what}", {"setting": setting, "what": what})


def read_json(path: str | Path) -> Any:
    """What a file of settings says, as plain data.

    Raises:
        SettingsError: the file is missing, or is no JSON.
    """
    text = read_text(path, SettingsError)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(f"is not JSON (line {error.lineno}: {error.msg})", where=path) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, lists in lists in lists
        raise SettingsError(
            "is JSON that cannot be read: a number is too long, or it is nested too deeply", where=path
        ) from None


class SettingsModel(BaseModel):
    """Frozen settings that refuse unknown keys and values that are not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def of(cls, data: Any, *, where: str = "settings") -> Self:
        """Validate plain data; every complaint of the model becomes one line.

        Raises:
            InvalidSettings: with all complaints.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise InvalidSettings.of([_complaint(item) for item in error.errors()], where=where) from None


def read_part(model: type[SettingsModel], path: str | Path, elsewhere: Mapping[str, Any]) -> dict[str, Any]:
    """What a JSON file says of a model's settings, as plain data, where the rest is said elsewhere.

    Args:
        model: what the file is part of.
        path: the file.
        elsewhere: stands for what it may leave out, while what it does say is looked at.

    Raises:
        SettingsError: the file is missing, is no JSON, or holds unknown or unsuitable settings.
    """
    said = read_json(path)
    model.of(_completed(said, elsewhere), where=str(path))
    return dict(said)


def _completed(said: Any, elsewhere: Any) -> Any:
    if not (isinstance(said, dict) and isinstance(elsewhere, Mapping)):
        return said
    return said | {name: _completed(said.get(name, value), value) for name, value in elsewhere.items()}


def put_setting(data: dict[str, Any], setting: str, value: Any) -> None:
    """Put a value where a dotted path says; of a group, only what the value has."""
    *groups, last = setting.split(".")
    for group in groups:
        data = data.setdefault(group, {})
    data[last] = {**data.get(last, {}), **value} if isinstance(value, dict) else value


class InvalidSettings(SettingsError):  # noqa: N818 - an error as ``SettingsError`` is, of several settings at once
    """What a model says against the settings that it was given, in one line.

    Args:
        what, where, remedy: see ``VstError``.
        complaints: the dotted name of a setting, or nothing, and what is wrong with it.

    Attributes:
        complaints: likewise.
    """

    def __init__(
        self, what: str, *, where: str | Path = "", remedy: str = "", complaints: Sequence[tuple[str, str]] = ()
    ) -> None:
        self.complaints = tuple(complaints)
        super().__init__(what, where=where, remedy=remedy)

    @classmethod
    def of(cls, complaints: Sequence[tuple[str, str]], *, where: str) -> Self:
        """All complaints as one error."""
        what = "; ".join(f"{name}: {said}" if name else said for name, said in complaints)
        return cls(what, where=where, complaints=complaints)


def _complaint(item: Any) -> tuple[str, str]:
    changed = item["ctx"]["setting"] if item["type"] == "setting" else None
    name = ".".join(str(part) for part in (*item["loc"], changed) if part is not None)
    if item["type"] == "extra_forbidden":
        return "", f"unknown setting {name!r}"
    return name, item["msg"].removeprefix("Value error, ")
