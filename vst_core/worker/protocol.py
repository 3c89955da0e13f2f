"""What a host may ask for: one JSON object a line, each with a ``request``.

| request | with | asks for |
|---|---|---|
| ``hello`` | | version, device and what there is to render with |
| ``render`` | ``job``, ``settings`` | a shot, ``settings`` as ``RenderSettings`` |
| ``check`` | ``job``, ``settings`` | the complaints that a render would stop at |
| ``test`` | ``job``, ``settings`` | one frame of a generated picture; of the settings what is not about files |
| ``cancel`` | ``job`` | the end of a job, in the middle of a frame if need be |
| ``shutdown`` | | the end of the worker; so does the end of the input |

The answers are objects with an ``event``. Those of a job carry its name as ``job``: ``queued`` (``ahead``), ``start``
(``frames``), ``progress`` (``frame``, ``step``, ``steps``, ``loss``, and as ``pass`` and ``passes`` which time of how
many the shot is gone over), ``frame`` (``frame``, ``path``, ``kept``, ``seconds``, ``loss``, ``notes``, ``coverage``,
``stages``), and as its last one ``done``, ``cancelled`` or ``error`` (``message``, ``exit_code``). An ``error`` whose
``job`` is null is about a request that could not be followed and ends no job. ``heartbeat`` (``job``, ``seconds``)
comes every second while a job is at work, ``hello`` answers itself, ``bye`` is the last line of all. Jobs are done one
after the other.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic_core import from_json

from vst_core.errors import SettingsError
from vst_core.settings_model import SettingsModel

PROTOCOL = 1
"""Grows when a host made for the one before would misunderstand."""

LONGEST_LINE = 16 << 20
"""Bytes; no honest request comes near it."""

JobName = Annotated[str, Field(min_length=1, max_length=200)]
_SHOWN = 60


class Hello(SettingsModel):
    """Who are you?"""

    request: Literal["hello"]


class Render(SettingsModel):
    """Render a shot."""

    request: Literal["render"]
    job: JobName
    settings: dict[str, Any]


class Check(SettingsModel):
    """Say what would stop a render."""

    request: Literal["check"]
    job: JobName
    settings: dict[str, Any]


class Trial(SettingsModel):
    """Show that you work."""

    request: Literal["test"]
    job: JobName
    settings: dict[str, Any] = Field(default_factory=dict)


class Cancel(SettingsModel):
    """Stop a job."""

    request: Literal["cancel"]
    job: JobName


class Shutdown(SettingsModel):
    """Stop everything."""

    request: Literal["shutdown"]


JobRequest = Render | Check | Trial
Request = Hello | JobRequest | Cancel | Shutdown

_REQUESTS: dict[str, type[Request]] = {
    "hello": Hello,
    "render": Render,
    "check": Check,
    "test": Trial,
    "cancel": Cancel,
    "shutdown": Shutdown,
}


class RefusedRequestError(SettingsError):
    """A line that cannot be followed.

    Attributes:
        job: the job that will not be because of it, or None.
    """

    job: str | None = None


def parse_request(line: bytes) -> Request:
    """Understand a line of the input, its line end included.

    Raises:
        RefusedRequestError: it is cut off, too long, no JSON, no known request, or has the wrong members.
    """
    data = _parse_object(line)
    kind = data.get("request")
    model = _REQUESTS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise RefusedRequestError(
            f"unknown request {_shown(repr(kind))}", where="worker", remedy=f"requests are {', '.join(_REQUESTS)}"
        )
    try:
        return model.of(data, where=f"request {kind!r}")
    except SettingsError as error:
        refused = RefusedRequestError(error.what, where=error.where)
        name = data.get("job")
        if "settings" in model.model_fields and isinstance(name, str):
            refused.job = name
        raise refused from None


def _parse_object(line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise _unreadable("is too long", line)
    if not line.endswith(b"\n"):
        raise _unreadable("ends in the middle", line)
    try:
        data = from_json(line, allow_inf_nan=False)
    except ValueError as error:
        raise _unreadable(f"is not JSON ({_shown(str(error))})", line) from None
    if not isinstance(data, dict):
        raise _unreadable("is not a JSON object", line)
    return data


def _unreadable(what: str, line: bytes) -> RefusedRequestError:
    return RefusedRequestError(f"a line of {len(line)} bytes {what}: {_shown(ascii(line))}", where="worker")


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
