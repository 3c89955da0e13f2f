"""Nodes, groups and the root."""

from __future__ import annotations

from typing import Any

from ._classes import CLASSES, EXR_KNOBS, INPUTS
from ._graph import frames_of, picture
from ._knobs import Array_Knob, Knob
from ._state import STATE, check_thread


class Node:
    _class = "NoOp"

    def __init__(self, kind: str, parent: Any, name: str = "") -> None:
        check_thread(f"a {kind} was made")
        if kind not in CLASSES:
            raise RuntimeError(f"{kind}: Unknown command")
        self._class, self._parent, self._alive = kind, parent, True
        self._knobs: dict[str, Knob] = {}
        self._user: list[str] = []
        self._inputs: list[Any] = []
        self._hashed = 1
        for knob_name, make in CLASSES[kind].items():
            self._own(make(knob_name))
        if parent is not None:
            self._knobs["name"]._value = parent._free_name(name or f"{kind}1")
            parent._nodes.append(self)

    def _own(self, knob: Knob) -> None:
        knob._node = self
        self._knobs[knob.name()] = knob

    def _check(self) -> None:
        if not self._alive:
            raise ValueError("A PythonObject is not attached to a node")

    def _reload(self) -> None:
        STATE.reads += 1

    def Class(self) -> str:
        self._check()
        return self._class

    def name(self) -> str:
        self._check()
        return str(self._knobs["name"]._value)

    def fullName(self) -> str:
        self._check()
        outer = self._parent
        return self.name() if outer is None or outer is STATE.root else f"{outer.fullName()}.{self.name()}"

    def setName(self, name: str, uncollide: bool = True, updateExpressions: bool = False) -> None:
        check_thread("a node was renamed")
        self._check()
        self._knobs["name"]._value = ""
        self._knobs["name"]._value = self._parent._free_name(name) if uncollide else name

    def parent(self) -> Any:
        return self._parent

    def addKnob(self, knob: Knob) -> None:
        check_thread("a knob was added")
        self._own(knob)
        self._user.append(knob.name())

    def knobs(self) -> dict[str, Knob]:
        self._check()
        return dict(self._knobs)

    def knob(self, p: str | int, follow_link: bool = True) -> Knob | None:
        return self._knobs.get(str(p))

    def __getitem__(self, name: str) -> Knob:
        self._check()
        if name not in self._knobs:
            if self._class == "Write" and self._knobs["file_type"]._value == "exr" and name in EXR_KNOBS:
                self._own(EXR_KNOBS[name](name))
            else:
                raise NameError(f"knob {name} does not exist")
        return self._knobs[name]

    def maxInputs(self) -> int:
        return INPUTS.get(self._class, 1)

    def inputs(self) -> int:
        return len(self._inputs)

    def input(self, index: int) -> Any:
        self._check()
        return self._inputs[index] if index < len(self._inputs) else None

    def setInput(self, i: int, node: Any) -> bool:
        check_thread("an input was connected")
        self._check()
        if i >= self.maxInputs():
            return False
        self._inputs += [None] * (i + 1 - len(self._inputs))
        self._inputs[i] = node
        while self._inputs and self._inputs[-1] is None:
            self._inputs.pop()
        return True

    def setSelected(self, selected: bool) -> None:
        self._knobs["selected"]._value = selected

    def channels(self) -> list[str]:
        return sorted(picture(self, frames_of(self)[0], STATE.views[0]).channels)

    def firstFrame(self) -> int:
        return frames_of(self)[0]

    def lastFrame(self) -> int:
        return frames_of(self)[1]

    def forceValidate(self) -> None:
        for node in self._inputs:
            if node is not None:
                node.forceValidate()
        self._hashed = STATE.frame

    def opHashes(self) -> list[int]:
        """Of the frame for which the node was last validated, as the developer kit says of hashes."""
        frame = self._hashed
        words = [self._class, str(frame) if self._class == "Read" else ""]
        for name, knob in self._knobs.items():
            words.append(f"{name}={knob._at(frame) if isinstance(knob, Array_Knob) else knob._written()}")
        hashes = [each for node in self._inputs if node is not None for each in node.opHashes()]
        return [sum(letter * 31**index for index, letter in enumerate(" ".join(words).encode())) % 2**63, *hashes]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class Group(Node):
    def __init__(self, kind: str = "Group", parent: Any = None, name: str = "") -> None:
        self._nodes: list[Node] = []
        super().__init__(kind, parent, name)

    def _free_name(self, name: str) -> str:
        taken = {node._knobs["name"]._value for node in self._nodes}
        stem = name.rstrip("0123456789")
        number = int(name[len(stem) :] or 1)
        while name in taken:
            number += 1
            name = f"{stem}{number}"
        return name

    def maxInputs(self) -> int:
        return sum(node.Class() == "Input" for node in self._nodes)

    def nodes(self) -> list[Node]:
        return list(self._nodes)

    def node(self, s: str) -> Node | None:
        self._check()
        return next((node for node in self._nodes if node._alive and node.name() == s), None)

    def __enter__(self) -> Group:
        self._before, STATE.group = STATE.group, self
        return self

    def __exit__(self, type: Any, value: Any, traceback: Any) -> None:
        STATE.group = self._before


class Root(Group):
    def __init__(self) -> None:
        super().__init__("Root")

    def name(self) -> str:
        return str(self["name"].value()) or "Root"


def remove(node: Node) -> None:
    """Take a node out of its group, and all that is in it; callbacks come first, as in Nuke."""
    before, STATE.this = STATE.this, node
    for call, kind in list(STATE.on_destroy):
        if kind in ("*", node.Class()):
            call()
    STATE.this = before
    for inside in list(getattr(node, "_nodes", [])):
        remove(inside)
    for other in node._parent._nodes:
        for index, source in enumerate(other._inputs):
            if source is node:
                other._inputs[index] = None
    node._parent._nodes.remove(node)
    node._alive = False
