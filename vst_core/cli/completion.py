"""Completion in a shell: the script that turns it on, and what it asks for while a line is typed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

import vst_core
from vst_core.errors import SettingsError

_typer: Any = typer.completion  # its functions are public by their documentation, not by their types

VARIABLE = "_VST_COMPLETE"
"""What the shell sets when it asks."""

_CHOICE = re.compile(r"[a-z][a-z0-9-]*")
_SHELLS = ("bash", "zsh", "fish", "powershell")


def completion(
    shell: Annotated[
        str, typer.Argument(metavar="|".join(_SHELLS), autocompletion=lambda: list(_SHELLS), show_default=False)
    ],
) -> None:
    """Print the script that turns completion on: of commands, options, styles and whatever has a few choices.

    bash, in ~/.bashrc: eval "$(vst completion bash)"

    zsh, in ~/.zshrc after compinit: eval "$(vst completion zsh)"

    fish, once: vst completion fish > ~/.config/fish/completions/vst.fish

    PowerShell, in $PROFILE: vst completion powershell | Out-String | Invoke-Expression
    """
    if shell not in _SHELLS:
        raise SettingsError(f"unknown shell {shell!r}", where="SHELL", remedy=f"choose one of {', '.join(_SHELLS)}")
    typer.echo(_typer.get_completion_script(prog_name="vst", complete_var=VARIABLE, shell=shell))


def complete(command: Any) -> NoReturn:
    """Answer the shell."""
    _typer.completion_init()
    command(prog_name="vst", complete_var=VARIABLE)
    raise SystemExit(0)


def suggestions(setting: str, metavar: str | None) -> Callable[[], list[str]] | None:
    """What completes the value of an option: the names of a setting, or else the choices that its help shows."""
    if setting in _NAMES:
        return _NAMES[setting]
    choices = [choice for choice in (metavar or "").split("|") if _CHOICE.fullmatch(choice)]
    return (lambda: choices) if choices and "|" in str(metavar) else None


def _styles() -> list[str]:
    """The shipped styles, without loading what would load the network."""
    path = Path(vst_core.__file__).parent / "networks" / "checkpoints" / "quality.safetensors"
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return list(json.loads(header["__metadata__"]["styles"]))


def _sources() -> list[str]:
    from vst_core.settings import FLOW_SOURCES

    return list(FLOW_SOURCES)


def _compressions() -> list[str]:
    from vst_core.settings import COMPRESSIONS

    return ["plate", *COMPRESSIONS]


_NAMES: dict[str, Callable[[], list[str]]] = {
    "style.styles": _styles,
    "flow.source": _sources,
    "output.compression": _compressions,
}
