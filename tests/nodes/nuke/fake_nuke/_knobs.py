"""Knobs: values, expressions, keys, and how they are spelled in a script."""

from __future__ import annotations

import re
from typing import Any

from ._state import STATE, check_thread
from ._tcl import braced, evaluate, quoted

STARTLINE, INVISIBLE = 0x1000, 0x400
_CURVE = re.compile(r"curve((?: x[-\d.]+ [-\d.e]+)+)")
_KEY = re.compile(r"x([-\d.]+) ([-\d.e]+)")


class Knob:
    _number = 0  # in addUserKnob; 0 where none of the tests makes one
    _empty: Any = None  # the value that is not written

    def __init__(self, name: str = "", label: str | None = None, *_more: Any) -> None:
        self._name, self._label = name, label
        self._node: Any = None
        self._value: Any = self._empty
        self._tooltip, self._flags, self._plain_flags = "", 0, 0

    def Class(self) -> str:
        return type(self).__name__

    def name(self) -> str:
        return self._name

    def label(self) -> str:
        return self._label or self._name

    def node(self) -> Any:
        return self._node

    def tooltip(self) -> str:
        return self._tooltip

    def setTooltip(self, tooltip: str) -> None:
        self._tooltip = tooltip

    def setFlag(self, flag: int) -> None:
        self._flags |= flag

    def clearFlag(self, flag: int) -> None:
        self._flags &= ~flag
        self._plain_flags |= flag

    def value(self, index: int = 0) -> Any:
        self._check()
        return self._value

    def setValue(self, val: Any, chan: int = 0) -> bool:
        self._change()
        self._value = self._converted(val)
        return True

    def _converted(self, value: Any) -> Any:
        return value

    def _check(self) -> None:
        if self._node is not None:
            self._node._check()

    def _change(self) -> None:
        check_thread(f"the knob {self._name} was set")
        self._check()

    def _written(self) -> str | None:
        """The value as it stands in a script; None where it is the one that the knob has anyway."""
        return None if self._value == self._empty else quoted(str(self._value))

    def _read(self, text: str, *, is_braced: bool) -> None:
        self._value = self._converted(text)

    def _definition(self) -> str:
        words = [f"addUserKnob {{{self._number} {self._name}"]
        if self._label is not None:
            words.append(f"l {quoted(self._label)}")
        if self._tooltip:
            words.append(f"t {quoted(self._tooltip)}")
        if self._plain_flags & STARTLINE:
            words.append("-STARTLINE")
        if self._flags & STARTLINE:
            words.append("+STARTLINE")
        if self._flags & INVISIBLE:
            words.append("+INVISIBLE")
        return " ".join([*words, *self._more_words()]) + "}"

    def _more_words(self) -> list[str]:
        return []


class Array_Knob(Knob):
    _empty: Any = 0

    def __init__(self, name: str = "", label: str | None = None, *_more: Any) -> None:
        super().__init__(name, label)
        self._expression: str | None = None
        self._keys: dict[float, float] = {}
        self._range: tuple[float, float] | None = None

    def setExpression(self, expression: str, channel: int = -1, view: str = "") -> bool:
        self._change()
        self._expression = expression
        return True

    def hasExpression(self, index: int = -1) -> bool:
        return self._expression is not None

    def setRange(self, *ends: float) -> None:
        self._range = (ends[0], ends[1])

    def setValueAt(self, val: float, time: float) -> bool:
        self._change()
        self._keys[time] = float(val)
        return True

    def isAnimated(self) -> bool:
        return bool(self._keys)

    def value(self, *_which: Any) -> Any:
        return self._at(STATE.frame)

    def getValueAt(self, frame: float) -> Any:
        return self._at(frame)

    def _at(self, frame: float) -> Any:
        self._check()
        if self._expression is not None:
            return self._converted(evaluate(self._expression, self._node, frame))
        if not self._keys:
            return self._value
        before = max((key for key in self._keys if key <= frame), default=min(self._keys))
        after = min((key for key in self._keys if key >= frame), default=max(self._keys))
        if before >= after:
            return self._keys[after if frame < after else before]
        share = (frame - before) / (after - before)
        return self._keys[before] * (1 - share) + self._keys[after] * share

    def _written(self) -> str | None:
        if self._expression is not None:
            return "{{" + braced(self._expression) + "}}"
        if self._keys:
            keys = " ".join(f"x{time:g} {value:g}" for time, value in sorted(self._keys.items()))
            return f"{{{{curve {keys}}}}}"
        return None if self._value == self._empty else self._spelled()

    def _spelled(self) -> str:
        return f"{self._value:g}"

    def _read(self, text: str, *, is_braced: bool) -> None:
        if not is_braced:
            self._value = self._converted(text)
            return
        inside = text.strip()
        inside = inside[1:-1] if inside[:1] == "{" else inside
        curve = _CURVE.fullmatch(inside)
        if curve:
            self._keys = {float(time): float(value) for time, value in _KEY.findall(curve[1])}
        else:
            words = inside[1:-1] if inside[:1] == '"' else inside
            self._expression = re.sub(r"\\(.)", r"\1", words)

    def _more_words(self) -> list[str]:
        return [] if self._range is None else [f"R {self._range[0]:g} {self._range[1]:g}"]


class Double_Knob(Array_Knob):
    _number = 7

    def _converted(self, value: Any) -> float:
        return float(value)


class Int_Knob(Array_Knob):
    _number = 3

    def _converted(self, value: Any) -> int:
        return int(value)

    def _spelled(self) -> str:
        return str(self._value)


class Boolean_Knob(Array_Knob):
    _number = 6
    _empty = False

    def _converted(self, value: Any) -> bool:
        return value == "true" if isinstance(value, str) else bool(value)

    def _spelled(self) -> str:
        return "true"


class Unsigned_Knob(Array_Knob):
    pass


class Enumeration_Knob(Unsigned_Knob):
    _number = 4

    def __init__(self, name: str = "", label: str | None = None, choices: list[str] | None = None) -> None:
        super().__init__(name, label)
        self._choices = list(choices or [])
        self._value = self._default = self._choices[0] if self._choices else ""

    def values(self) -> list[str]:
        return self._choices

    def _converted(self, value: Any) -> str:
        if isinstance(value, int):
            return self._choices[value]
        if value not in self._choices:
            raise ValueError(f"{self._name} has no {value!r}, only {self._choices}")
        return str(value)

    def _written(self) -> str | None:
        return None if self._value == self._default else quoted(self._value)

    def _more_words(self) -> list[str]:
        return ["M {" + " ".join(quoted(choice) for choice in self._choices) + "}"]


class Channel_Knob(Knob):
    _empty = "none"


class String_Knob(Knob):
    _number = 1
    _empty = ""


class EvalString_Knob(String_Knob):
    def evaluate(self, *_context: Any) -> str | None:
        self._check()
        text = str(self._value)
        folder = str(STATE.root["name"].value()).rpartition("/")[0]
        return text.replace("[file dirname [value root.name]]", folder or ".") or None


class File_Knob(EvalString_Knob):
    _number = 2

    def fromUserText(self, text: str) -> None:
        name, _, numbers = text.rpartition(" ")
        self.setValue(name)
        first, last = (int(number) for number in numbers.split("-"))
        for knob, number in (("first", first), ("last", last), ("origfirst", first), ("origlast", last)):
            self._node[knob].setValue(number)


class Script_Knob(String_Knob):
    def __init__(self, name: str = "", label: str | None = None, command: str = "") -> None:
        super().__init__(name, label)
        self._value = command

    def execute(self) -> None:
        self._node._reload()


class PyScript_Knob(Script_Knob):
    _number = 22

    def execute(self) -> None:
        """Press the button."""
        import fake_nuke

        STATE.this = self._node
        exec(self._value, {"nuke": fake_nuke})  # noqa: S102 - a button runs its script

    def _written(self) -> str | None:
        return None

    def _more_words(self) -> list[str]:
        return [f"T {quoted(self._value)}"]


class Text_Knob(Knob):
    _number = 26
    _empty = ""

    def __init__(self, name: str = "", label: str | None = None, text: str = "") -> None:
        super().__init__(name, label)
        self._value = text

    def _written(self) -> str | None:
        return None

    def _more_words(self) -> list[str]:
        return [f"T {quoted(str(self._value))}"] if self._value else []


class Tab_Knob(Knob):
    _number = 20


USER_KNOBS: dict[str, type[Knob]] = {
    str(kind._number): kind
    for kind in (
        Tab_Knob,
        String_Knob,
        File_Knob,
        Int_Knob,
        Enumeration_Knob,
        Boolean_Knob,
        Double_Knob,
        PyScript_Knob,
        Text_Knob,
    )
}
