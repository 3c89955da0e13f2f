"""Options, generated from a settings model: one row an option, help and default from the model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce, wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from vst_core.cli.completion import suggestions
from vst_core.cli.sections import section_of
from vst_core.errors import SettingsError
from vst_core.settings_model import InvalidSettings, put_setting


@dataclass(frozen=True, slots=True)
class Option:
    """A command line option and the setting it sets.

    Attributes:
        flags: as typed, ``--style`` or ``--temporal/--no-temporal``.
        setting: dotted path into the settings model.
        kind: type of the argument.
        metavar: what help calls it.
        help: what help says of it where that is not what the model says of the setting.
    """

    flags: tuple[str, ...]
    setting: str
    kind: Any = str
    metavar: str | None = None
    help: str = ""


def with_options(
    model: type[BaseModel], options: Sequence[Option]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a function an option for each row, as typer takes them, after what it has itself beside ``**given``.

    What is wrong with a setting is said of the option that was given for it.
    """
    rows = [_parameter(option, model) for option in options]

    def decorate(run: Callable[..., None]) -> Callable[..., None]:
        parameters = [*_own(run), *rows]

        @wraps(run)
        def command(**given: Any) -> None:
            try:
                run(**given)
            except InvalidSettings as error:
                raise _of_options(error, options, given) from None

        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # how typer learns of them
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return command

    return decorate


def _own(run: Callable[..., None]) -> Iterator[inspect.Parameter]:
    for own in inspect.signature(run, eval_str=True).parameters.values():
        if own.kind is not inspect.Parameter.VAR_KEYWORD:
            yield own.replace(kind=inspect.Parameter.KEYWORD_ONLY)


def _of_options(error: InvalidSettings, options: Sequence[Option], given: Mapping[str, Any]) -> InvalidSettings:
    """The same complaints, of options where there are such."""
    flags = {option.setting: _flag(option) for option, _ in _said(options, given)}
    group = "" if error.where == "settings" else f"{error.where}."  # of a file's there is no option
    found = [_nearest(group + name, flags) for name, _ in error.complaints]
    complaints = [(flag or name, what) for flag, (name, what) in zip(found, error.complaints, strict=True)]
    return InvalidSettings.of(complaints, where="" if all(found) else error.where)


def _nearest(setting: str, flags: Mapping[str, str]) -> str | None:
    """The option of a setting, or of what it is part of."""
    while setting and setting not in flags:
        setting = setting.rpartition(".")[0]
    return flags.get(setting)


def put_options(data: dict[str, Any], options: Sequence[Option], given: dict[str, Any]) -> None:
    """Put the values of the options that were given where their settings are.

    Raises:
        SettingsError: one cannot be read, or contradicts another.
    """
    for other in ("style", "style_weights"):
        if given.get(other) and given.get("style_mix") is not None:
            flag = "--" + other.replace("_", "-")
            raise SettingsError(
                "the style is given twice", where=f"{flag}, --style-mix", remedy="give only one of them"
            )
    for option, value in _said(options, given):
        if option.setting == "style.styles":  # the weights of a file are those of its own styles
            data.get("style", {}).pop("weights", None)
        put_setting(data, option.setting, _READERS.get(option.setting, lambda given: given)(value))


def _said(options: Sequence[Option], given: Mapping[str, Any]) -> Iterator[tuple[Option, Any]]:
    """The options that were given, and their values."""
    for option in options:
        value = given.get(option_name(option))
        if value is not None and value != []:
            yield option, value


def require(data: dict[str, Any], flags: dict[str, str], command: str) -> None:
    """Complain about the first setting that is missing, by its flag.

    Raises:
        SettingsError: one is missing.
    """
    for setting, flag in flags.items():
        *groups, last = setting.split(".")
        if last not in reduce(lambda group, name: group.get(name) or {}, groups, data):
            raise SettingsError("is missing", where=flag, remedy=f"{command} --help shows how to give it")


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise SettingsError(
            f"{text!r} is not a list of numbers", where="--style-weights", remedy="for example 0.7,0.3"
        ) from None


def _mixture(text: str) -> dict[str, list[Any]]:
    parts = [part.rpartition(":") for part in text.split(",")]
    try:
        names, weights = [name.strip() for name, _, _ in parts], [float(weight) for _, _, weight in parts]
    except ValueError:
        names, weights = [], []
    if not all(names) or not names:
        raise SettingsError(f"{text!r} is not a mixture", where="--style-mix", remedy="for example oil:0.3,ink:0.7")
    return {"styles": names, "weights": weights}


_READERS: dict[str, Callable[[Any], Any]] = {"style.weights": _numbers, "style": _mixture}


def option_name(option: Option) -> str:
    """What an option is called in Python."""
    return _flag(option).lstrip("-").replace("-", "_")


def _flag(option: Option) -> str:
    return option.flags[0].partition("/")[0]


def _parameter(option: Option, model: type[BaseModel]) -> inspect.Parameter:
    info = typer.Option(
        *option.flags,
        metavar=option.metavar,
        help=option.help or help_of(option.setting, model),
        show_default=False,
        rich_help_panel=section_of(option.setting),
        autocompletion=suggestions(option.setting, option.metavar),
    )
    annotation: Any = Annotated[option.kind | None, info]
    return inspect.Parameter(option_name(option), inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def help_of(setting: str, model: type[BaseModel]) -> str:
    """What a model says of one of its settings, with its default where that is one to name."""
    field = _field(setting, model)
    default = field.default
    if default is PydanticUndefined or default in (None, (), "") or isinstance(default, bool | BaseModel):
        return str(field.description)
    return f"{field.description} [{default}]"


def _field(setting: str, model: type[BaseModel]) -> FieldInfo:
    *groups, last = setting.split(".")
    for group in groups:
        annotation = model.model_fields[group].annotation
        assert isinstance(annotation, type), setting
        assert issubclass(annotation, BaseModel), setting
        model = annotation
    return model.model_fields[last]


SettingsFile = Annotated[Path | None, typer.Option("--settings", help="JSON file with settings; options override it.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
