"""As much of Tcl as a script needs: words, quotes, braces, and the expressions of knobs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_PLAIN = re.compile(r"[\w./:%#@+*=,()<>&|?!'-]+")
_ESCAPES = {"n": "\n", "t": "\t"}
_SPECIAL = re.compile(r'([\\"\[\]$])')
_EXISTS = re.compile(r"\[exists parent\.input(\d)\]")
_NAME = re.compile(r"\b(parent|[A-Z]\w*)\.(\w+)|\bframe\b")
_CHOICE = re.compile(r"(.+)\?(.+):(.+)")


def quoted(text: str) -> str:
    """A word."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = _SPECIAL.sub(r"\\\1", text).replace("\n", "\\n")
    return f'"{escaped}"'


def braced(expression: str) -> str:
    """An expression within the braces of a knob."""
    return expression if re.fullmatch(r"[\w.]+", expression) else quoted(expression)


def commands(text: str) -> Iterator[list[tuple[str, bool]]]:
    """The commands of a script, each as words with whether they were in braces.

    Raises:
        RuntimeError: a brace or a quote is left open.
    """
    words: list[tuple[str, bool]] = []
    place = 0
    while place < len(text):
        letter = text[place]
        if letter in "\n;":
            if words:
                yield words
            words, place = [], place + 1
        elif letter in " \t\r":
            place += 1
        else:
            word, place, is_braced = _word(text, place)
            words.append((word, is_braced))
    if words:
        yield words


def _word(text: str, start: int) -> tuple[str, int, bool]:
    if text[start] == "{":
        end = _closing(text, start, "{", "}")
        return text[start + 1 : end], end + 1, True
    if text[start] == '"':
        end = start + 1
        while end < len(text) and text[end] != '"':
            end += 2 if text[end] == "\\" else 1
        if end >= len(text):
            raise RuntimeError("a quote is left open")
        return _unescaped(text[start + 1 : end]), end + 1, False
    end = start
    while end < len(text) and text[end] not in " \t\r\n":
        end = _closing(text, end, "[", "]") + 1 if text[end] == "[" else end + 1
    return text[start:end], end, False


def _closing(text: str, start: int, opening: str, closing: str) -> int:
    depth, place = 0, start
    while place < len(text):
        if text[place] == "\\":
            place += 1
        elif text[place] == opening:
            depth += 1
        elif text[place] == closing:
            depth -= 1
            if depth == 0:
                return place
        place += 1
    raise RuntimeError(f"a {opening} is left open")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text)


def evaluate(expression: str, node: Any, frame: float) -> Any:
    """The value of a knob's expression at a frame."""
    group = node.parent()

    def exists(found: re.Match[str]) -> str:
        return str(int(group.input(int(found[1])) is not None))

    def value(found: re.Match[str]) -> str:
        if found[0] == "frame":
            return repr(frame)
        owner = group if found[1] == "parent" else group.node(found[1])
        return repr(owner[found[2]]._at(frame))

    text = _NAME.sub(value, _EXISTS.sub(exists, expression)).replace("&&", " and ")
    choice = _CHOICE.fullmatch(text)
    text = f"({choice[2]}) if ({choice[1]}) else ({choice[3]})" if choice else text
    return eval(text.strip(), {"__builtins__": {}})  # noqa: S307 - numbers and comparisons by now
