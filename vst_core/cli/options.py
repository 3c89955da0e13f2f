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
from vst_core.settings import RenderSettings
from vst_core.settings_model import InvalidSettings, read_part


@dataclass(frozen=True, slots=True)
class Option:
    """A command line option and the setting it sets.

    Attributes:
        flags: as typed, ``--style`` or ``--temporal/--no-temporal``.
        setting: dotted path into the settings model.
        kind: type of the argument.
        metavar: what help calls it.
    """

    flags: tuple[str, ...]
    setting: str
    kind: Any = str
    metavar: str | None = None


# Stands for what a file of settings leaves to the command line, while the rest of it is looked at.
_ELSEWHERE = {"plate": "elsewhere", "style": {"styles": ["elsewhere"]}, "output": {"pattern": "elsewhere"}}
NEEDED = {"plate": "PLATE", "style.styles": "--style", "output.pattern": "--output"}
"""What a shot cannot do without, and how it is given."""
_STYLE_WEIGHTS = "style.weights"
_STYLE_MIX = "style"

OPTIONS = (
    Option(("--style",), "style.styles", list[str], "NAME|IMAGE"),
    Option(("--style-mix",), _STYLE_MIX, str, "A:0.3,B:0.7"),
    Option(("--output", "-o"), "output.pattern", str, "PATTERN"),
    Option(("--frames",), "frames", str, "FIRST-LAST"),
    Option(("--chunk",), "chunk", str, "FIRST-LAST"),
    Option(("--state",), "state", Path, "FOLDER"),
    Option(("--preroll",), "preroll", int, "FRAMES"),
    Option(("--strength",), "strength", float),
    Option(("--keep-color",), "keep_color", str, "off|luminance|match"),
    Option(("--method",), "method", str, "feedforward|optimization"),
    Option(("--network",), "network", str, "quality|fast|FILE"),
    Option(("--tile",), "tile", int, "ROWS"),
    Option(("--style-loss",), "optimization.style_loss", str, "gram|wasserstein|sliced"),
    Option(("--style-weights",), _STYLE_WEIGHTS, str, "W,W,…"),
    Option(("--style-scale",), "style.scale", float),
    Option(("--style-color-space",), "style_color_space", str, "NAME"),
    Option(("--flow",), "flow.source", str, "SOURCE"),
    Option(("--flow-forward",), "flow.forward", str, "PATTERN"),
    Option(("--flow-layer",), "flow.layer", str, "NAME"),
    Option(("--flow-flip-x/--no-flow-flip-x",), "flow.flip_x", bool),
    Option(("--flow-flip-y/--no-flow-flip-y",), "flow.flip_y", bool),
    Option(("--flow-scale",), "flow.scale", float),
    Option(("--raft-weights",), "flow.raft_weights", Path, "FILE"),
    Option(("--temporal/--no-temporal",), "temporal", bool),
    Option(("--lags",), "lags", str, "N,N,…"),
    Option(("--cuts",), "cuts", str, "auto|none|F,F,…"),
    Option(("--scale",), "scale", float),
    Option(("--iterations",), "optimization.iterations", int),
    Option(("--iterations-next",), "optimization.iterations_next", int),
    Option(("--passes",), "optimization.passes", int),
    Option(("--optimizer",), "optimization.optimizer", str, "adam|lbfgs"),
    Option(("--learning-rate",), "optimization.learning_rate", float),
    Option(("--scales",), "optimization.scales", int),
    Option(("--content-weight",), "optimization.content_weight", float),
    Option(("--style-weight",), "optimization.style_weight", float),
    Option(("--temporal-weight",), "optimization.temporal_weight", float),
    Option(("--tv-weight",), "optimization.tv_weight", float),
    Option(("--long-term",), "optimization.long_term", str, "nearest|mean"),
    Option(("--seed",), "optimization.seed", int),
    Option(("--features",), "features", str, "vgg19|vgg16"),
    Option(("--weights",), "weights", Path, "FILE"),
    Option(("--layer",), "layer", str, "NAME"),
    Option(("--color-space",), "color_space", str, "NAME"),
    Option(("--data-type",), "output.data_type", str, "plate|half|float"),
    Option(("--compression",), "output.compression", str, "NAME"),
    Option(("--layers",), "output.layers", str, "plate|color"),
    Option(("--device",), "device", str, "auto|cpu|cuda"),
    Option(("--precision",), "precision", str, "auto|float32|bfloat16"),
    Option(("--threads",), "threads", int),
    Option(("--overwrite/--no-overwrite",), "overwrite", bool),
)


def shot_command(run: Callable[[RenderSettings, bool], None]) -> Callable[..., None]:
    """A command that takes a plate and every option of a shot, and calls ``run`` with the settings and ``--json``."""

    @with_options(RenderSettings, OPTIONS, plate_and_more())
    @wraps(run)
    def command(plate: str | None, settings: Path | None, json: bool, **given: Any) -> None:
        run(settings_from(plate, settings, given), json)

    return command


def plate_and_more() -> tuple[inspect.Parameter, ...]:
    """The arguments of a command about shots, beside its options: the plate, ``--settings`` and ``--json``."""
    argument = typer.Argument(metavar="PLATE", help=_help("plate", RenderSettings))
    return (parameter("plate", Annotated[str | None, argument]), *SETTINGS_AND_JSON)


def with_options(
    model: type[BaseModel], options: Sequence[Option], arguments: Sequence[inspect.Parameter] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a function the ``arguments`` and an option for each row, as typer takes them.

    What is wrong with a setting is said of the option that was given for it.
    """
    parameters = [*arguments, *(parameter(option_name(option), _annotation(option, model)) for option in options)]

    def decorate(run: Callable[..., None]) -> Callable[..., None]:
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


def settings_from(plate: str | None, path: Path | None, given: dict[str, Any]) -> RenderSettings:
    """Settings from a file, overridden by what was given on the command line.

    Raises:
        SettingsError: something is missing, unknown or out of range.
    """
    data = read_settings(plate, path)
    put_options(data, OPTIONS, given)
    require(data, NEEDED, "vst render")
    return RenderSettings.of(data)


def read_settings(plate: str | None, path: Path | None) -> dict[str, Any]:
    """What a file and the argument PLATE say, as plain data; the file need not say all that a shot needs.

    Raises:
        SettingsError: the file cannot be read, or something in it is unknown or out of range.
    """
    data: dict[str, Any] = {}
    if path is not None:
        data = read_part(RenderSettings, path, _ELSEWHERE)
    if plate is not None:
        data["plate"] = plate
    return data


def put_options(data: dict[str, Any], options: Sequence[Option], given: dict[str, Any]) -> None:
    """Put the values of the options that were given where their settings are.

    Raises:
        SettingsError: one cannot be read, or contradicts another.
    """
    for other in ("style", "style_weights"):
        if given.get(other) and given.get("style_mix") is not None:
            flag = "--" + other.replace("_", "-")
            raise SettingsError("two ways to say the style", where=f"{flag}, --style-mix", remedy="give one of them")
    for option, value in _said(options, given):
        _put_setting(data, option.setting, _READERS.get(option.setting, lambda given: given)(value))


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


def _put_setting(data: dict[str, Any], setting: str, value: Any) -> None:
    """Put a value where a dotted path says; of a group, only what the value has."""
    *groups, last = setting.split(".")
    for group in groups:
        data = data.setdefault(group, {})
    data[last] = {**data.get(last, {}), **value} if isinstance(value, dict) else value


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise SettingsError(
            f"{text!r} is no list of numbers", where="--style-weights", remedy="for example 0.7,0.3"
        ) from None


def _mixture(text: str) -> dict[str, list[Any]]:
    parts = [part.rpartition(":") for part in text.split(",")]
    try:
        names, weights = [name.strip() for name, _, _ in parts], [float(weight) for _, _, weight in parts]
    except ValueError:
        names, weights = [], []
    if not all(names) or not names:
        raise SettingsError(f"{text!r} is no mixture", where="--style-mix", remedy="for example oil:0.3,ink:0.7")
    return {"styles": names, "weights": weights}


_READERS: dict[str, Callable[[Any], Any]] = {_STYLE_WEIGHTS: _numbers, _STYLE_MIX: _mixture}


def option_name(option: Option) -> str:
    """What an option is called in Python."""
    return _flag(option).lstrip("-").replace("-", "_")


def _flag(option: Option) -> str:
    return option.flags[0].partition("/")[0]


def _annotation(option: Option, model: type[BaseModel]) -> Any:
    info = typer.Option(
        *option.flags,
        metavar=option.metavar,
        help=_help(option.setting, model),
        show_default=False,
        rich_help_panel=section_of(option.setting),
        autocompletion=suggestions(option.setting, option.metavar),
    )
    return Annotated[option.kind | None, info]


def parameter(name: str, annotation: Any, default: Any = None) -> inspect.Parameter:
    """A parameter of a command, that typer makes an argument or an option of."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _help(setting: str, model: type[BaseModel]) -> str:
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


SETTINGS_AND_JSON = (
    parameter(
        "settings",
        Annotated[Path | None, typer.Option("--settings", help="JSON file with settings; options override it.")],
    ),
    parameter("json", Annotated[bool, typer.Option("--json", help="One JSON object a line.")], default=False),
)
"""What commands with many settings take beside their options."""
