"""Completion, asked for as a real shell asks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from real_blender import VST
from small_shot import Outcome

from vst_core.networks import load_checkpoint
from vst_core.settings import FLOW_SOURCES

Run = Callable[..., Outcome]
ASK = """
eval "$(vst completion bash)"
COMP_WORDS=("$@")
COMP_CWORD=$(( $# - 1 ))
_vst_completion vst
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(*words: str) -> list[str]:
    """What bash offers for the last of some words."""
    command = ["bash", "-c", ASK, "bash", "vst", *words]
    environment = {**os.environ, "PATH": f"{VST.parent}:{os.environ['PATH']}"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("rend",), ["render"]),
        (("render", "--style-sc"), ["--style-scale"]),
        (("render", "--method", ""), ["feedforward", "optimization"]),
        (("export", "--format", ""), ["torchscript", "cat-kit", "onnx"]),
        (("render", "--network", ""), ["quality", "fast"]),
        (("weights", "p"), ["pull"]),
        (("install", "n"), ["nuke"]),
    ],
)
def test_commands_options_and_choices_are_completed(words: tuple[str, ...], offered: list[str]) -> None:
    assert completed(*words) == offered


def test_names_are_those_of_the_engine() -> None:
    assert completed("render", "--style", "") == list(load_checkpoint("quality").styles)
    assert completed("submit", "--flow", "") == list(FLOW_SOURCES)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_every_shell_has_its_script(shell: str, vst: Run) -> None:
    printed = vst("completion", shell)
    assert (printed.code, printed.err) == (0, "")
    assert "_VST_COMPLETE" in printed.out


def test_another_shell_is_refused_and_no_file_of_the_user_is_touched(
    vst: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert vst("completion", "tcsh").code == 2
    assert list(tmp_path.iterdir()) == []
