"""Everything that README and docs tell people to type is typed here, on a shot that is small."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import small_training
from documents import PAGES, ROOT, Page
from small_shot import FRAMES, Outcome, SmallShot, read_channels, with_plain_vectors, write_channels

Run = Callable[..., Outcome]

# What is not run here, and why; each of these must be said somewhere.
NOT_RUN = {
    r"make .*": "works on the checkout itself; that the target is there is tested",
    r"python3.11 -m venv .*": "a test that makes environments takes minutes; make test-wheel does",
    r"pip install .*": "takes a package index; make test-wheel does",
    r"\. .*": "changes the shell that it is typed into",
    r"blender .*": "needs a Blender with a preferences folder; tests/nodes/blender run it in a real one",
    r"nuke .*": "there is no Nuke; tests/nodes/nuke run it in a stand-in",
    r"python samples/make_shot.py .*": "renders for minutes, in a real Blender",
    r"vst weights pull .*": "needs the internet; tests/weights has a server of its own",
    r"vst compare .*": "takes long; tests/pipeline/test_compare.py does it, and the options are looked at here",
    r"vst export .*": "takes long; tests/export writes every format, and the options are looked at here",
}
# What is there before a page is begun, beside the shot.
STYLES = ("style.png", "brush.png", "chalk.png")
FILES = {"json": "shot.json", "csv": "shots.csv"}
# What is typed smaller: a hundred frames as two, a training of an hour as two steps.
SMALLER = {"1001-1100": "1001-1002", "/studio/": "studio/"}
TINY = {
    "--method optimization": ("--iterations", "2", "--iterations-next", "1", "--scales", "1", "--features", "vgg16"),
    "vst train ": ("--settings", "tiny.json", "--samples", "brush.png"),
    "vst measure .* --style ": ("--features", "vgg16"),
    "vst (render|submit|train) ": ("--threads", "1"),
    "--engine slurm": ("--no-run",),  # make test-slurm has a cluster
}


@pytest.fixture
def place(
    tmp_path: Path, small_shot: SmallShot, sample_styles: Path, vgg16_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with all that the documents take for granted, as the current one, and a home of its own."""
    for name in (
        *STYLES,
        "photos/a.png",
        "vignette.png",
        *(f"samples/styles/{path.name}" for path in sample_styles.glob("*.png")),
    ):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(small_shot.style, target)
    (tmp_path / "samples/shot").mkdir()
    (tmp_path / "roto").mkdir()
    for frame in FRAMES:
        for name in (f"sh010.{frame}.exr", f"sh020.{frame}.exr", f"samples/shot/shot.{frame}.exr"):
            (tmp_path / name).symlink_to(small_shot.path(frame))
        other_renderers(tmp_path, small_shot, frame)
        alpha = read_channels(small_shot.path(frame))["ViewLayer.Combined.A"]
        write_channels(tmp_path / f"roto/sh010.{frame}.exr", {"A": alpha})
    cv2.imwrite(str(tmp_path / "vignette.png"), np.full(alpha.shape, 128, np.uint8))
    settings = {"plate": "sh010.####.exr", "style": {"styles": ["oil"]}, "output": {"pattern": "o/sh010.####.exr"}}
    (tmp_path / "shot.json").write_text(json.dumps(settings))
    (tmp_path / "tiny.json").write_text(small_training.recipe_text(steps=2))
    (tmp_path / "studio").mkdir()
    (tmp_path / "studio/weights").symlink_to(vgg16_weights.parent)
    (tmp_path / "home/.config/blender/4.5").mkdir(parents=True)
    for variable in ("OCIO", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TORCH_HOME", "NUKE_PATH", "BLENDER_USER_RESOURCES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("VST_WEIGHTS", str(vgg16_weights.parent))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def other_renderers(folder: Path, shot: SmallShot, frame: int) -> None:
    """A frame with motion in layers of other names, and stored around 0.5."""
    channels, both = with_plain_vectors(read_channels(shot.path(frame)))
    stored = {f"velocity.{axis}": both[f"motionFore.{axis}"] / 64 + 0.5 for axis in "xy"}
    write_channels(folder / f"sh030.{frame}.exr", channels | both)
    write_channels(folder / f"sh040.{frame}.exr", channels | stored)


def reason(line: str) -> str | None:
    """The pattern by which a line is not run."""
    return next((pattern for pattern in NOT_RUN if re.fullmatch(pattern, line)), None)


def smaller(line: str, words: list[str]) -> list[str]:
    """The same on less."""
    for long, short in SMALLER.items():
        words = [word.replace(long, short) for word in words]
    return [*words, *(word for pattern, more in TINY.items() if re.search(pattern, line) for word in more)]


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_says_can_be_typed(name: str, place: Path, vst: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page.read(name)
    for language, text in page.fenced:
        if language in FILES:
            (place / FILES[language]).write_text(text)
    for words in page.commands():
        line = " ".join(words)
        if reason(line) is not None:
            continue
        program, *arguments = smaller(line, words)
        if program == "export":
            monkeypatch.setenv(*arguments[0].split("=", 1))
            continue
        assert program == "vst", f"{line}: is neither run nor is there a reason not to"
        outcome = vst(*arguments)
        assert outcome.code == 0, f"{line}: {outcome.err}"
    names: dict[str, object] = {}
    for program in page.programs():
        exec(compile(program, name, "exec"), names)  # noqa: S102 - this is what a reader does


def test_there_is_a_use_for_every_reason() -> None:
    said = [" ".join(words) for name in PAGES for words in Page.read(name).commands()]
    assert {reason(line) for line in said} - {None} == set(NOT_RUN)


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """What each command says of itself, by the words that call it."""
    return {}


def help_of(vst: Run, helps: dict[str, str], words: tuple[str, ...]) -> str:
    """The help of a command; of the one above where there is none."""
    if " ".join(words) not in helps:
        helps[" ".join(words)] = vst(*words, "--help").out
    return helps[" ".join(words)]


@pytest.mark.parametrize("name", PAGES)
def test_every_command_and_option_is_there(
    name: str, vst: Run, helps: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    page = Page.read(name)
    said = [" ".join(words) for words in page.commands()] + list(page.spans())
    for line in said:
        words = line.split()
        if words[0] == "make" and len(words) > 1:
            assert f"{words[1]}:" in makefile() or words[1] in makefile(), line
        elif words[0] == "vst" and len(words) > 1:
            told = help_of(vst, helps, called(words[1:]))
            for option in (word.partition("=")[0] for word in words if word.startswith("--")):
                assert option in told + "--help --version", line
        elif words[0].startswith("--"):
            assert re.search(rf"{words[0]}\b", everything(vst, helps)), line


def called(words: list[str]) -> tuple[str, ...]:
    """The command that a line calls; of a group, the one within it."""
    if words[0].startswith("-"):
        return ()
    grouped = words[0] in ("weights", "farm", "install") and len(words) > 1 and words[1].isalpha()
    return tuple(words[: 2 if grouped else 1])


def everything(vst: Run, helps: dict[str, str]) -> str:
    """All that all commands say of themselves, and hosts' command lines."""
    commands = re.findall(r"^\W*(\w+)  ", help_of(vst, helps, ()), re.MULTILINE)
    for words in [(command,) for command in commands] + [("install", "blender"), ("weights", "pull")]:
        help_of(vst, helps, words)
    hosts = "".join((ROOT / "nodes" / host / "batch.py").read_text() for host in ("blender", "nuke"))
    return "".join(helps.values()) + hosts


@functools.cache
def makefile() -> str:
    return (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    for link in Page.read(name).links():
        target, _, anchor = link.partition("#")
        path = Path(os.path.normpath(ROOT / Path(name).parent / target)) if target else ROOT / name
        assert path.exists(), link
        assert not anchor or anchor in Page.read(path.relative_to(ROOT).as_posix()).anchors(), link
