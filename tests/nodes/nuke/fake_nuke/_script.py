"""Scripts as text: written, and read back."""

from __future__ import annotations

from typing import Any

from ._knobs import USER_KNOBS, Array_Knob
from ._nodes import Group, Node
from ._state import STATE
from ._tcl import commands, quoted

_UNWRITTEN = ("name", "selected", "xpos", "ypos")
_FIRST_LINES = ("set cut_paste_input [stack 0]", "version 14.1 v4", "push $cut_paste_input")


def text_of_nodes(nodes: list[Node]) -> str:
    """What copying some nodes puts on the clipboard."""
    return "\n".join([*_FIRST_LINES, *_lines(_sorted(nodes), set(nodes), "")]) + "\n"


def text_of_script() -> str:
    """A whole script."""
    nodes = STATE.root.nodes()
    block = ["version 14.1 v4", "Root {", " inputs 0", *(f" {line}" for line in _knob_lines(STATE.root)), "}"]
    return "\n".join([*block, *_lines(_sorted(nodes), set(nodes), "")]) + "\n"


def _sorted(nodes: list[Node]) -> list[Node]:
    """Each node after those that it needs."""
    found: list[Node] = []

    def visit(node: Node) -> None:
        if node in nodes and node not in found:
            for index in range(node.inputs()):
                source = node.input(index)
                if source is not None:
                    visit(source)
            found.append(node)

    for node in nodes:
        visit(node)
    return found


def _lines(nodes: list[Node], known: set[Node], indent: str) -> list[str]:
    lines = []
    for node in nodes:
        sources = [node.input(index) for index in range(node.inputs())]
        stacked = (f"$N{_mark(source, nodes)}" if source in known else "0" for source in reversed(sources))
        lines += [f"{indent}push {word}" for word in stacked]
        lines.append(f"{indent}{node.Class()} {{")
        if len(sources) != 1:
            lines.append(f"{indent} inputs {len(sources)}")
        lines += [f"{indent} {line}" for line in _knob_lines(node)]
        lines.append(f"{indent}}}")
        if isinstance(node, Group):
            inside = node.nodes()
            lines += [*_lines(_sorted(inside), set(inside), indent + " "), f"{indent}end_group"]
        lines.append(f"{indent}set N{_mark(node, nodes)} [stack 0]")
    return lines


def _mark(node: Any, nodes: list[Node]) -> str:
    """A name for a node on the stack."""
    return f"{nodes.index(node):04x}"


def _knob_lines(node: Node) -> list[str]:
    lines = []
    for name, knob in node.knobs().items():
        if name in node._user:
            lines.append(knob._definition())
        written = knob._written()
        if written is not None and name not in _UNWRITTEN:
            lines.append(f"{name} {written}")
    return lines if node is STATE.root else [*lines, f"name {quoted(node.name())}"]


def read_text(text: str, group: Group, below: Node | None = None) -> list[Node]:
    """Make the nodes of a script's text in a group; returns those at its outermost level.

    Raises:
        RuntimeError: it is no such text.
    """
    stack: list[Node | None] = [below]
    names: dict[str, Node | None] = {}
    outer: list[tuple[Group, list[Node | None]]] = []
    made = []
    for words in commands(text):
        command, arguments = words[0][0], words[1:]
        if command == "set":
            names[arguments[0][0]] = stack[-1]
        elif command == "push":
            name = arguments[0][0]
            stack.append(names.get(name[1:]) if name.startswith("$") else None)
        elif command == "end_group":
            group, stack = outer.pop()
        elif command == "Root":
            _read_knobs(STATE.root, arguments[0][0])
        elif command != "version":
            node = _node(command, arguments[0][0], group, stack)
            if not outer:
                made.append(node)
            if isinstance(node, Group):
                outer.append((group, stack))
                group, stack = node, []
    if outer:
        raise RuntimeError("a group is left open")
    return made


def _node(kind: str, text: str, group: Group, stack: list[Node | None]) -> Node:
    node: Node = Group("Group", group) if kind == "Group" else Node(kind, group)
    inputs = _read_knobs(node, text)
    for _ in range(inputs):
        source = stack.pop() if stack else None
        node._inputs.append(source)
    while node._inputs and node._inputs[-1] is None:
        node._inputs.pop()
    stack.append(node)
    return node


def _read_knobs(node: Node, text: str) -> int:
    """Set a node's knobs by their text; returns how many inputs it takes from the stack."""
    inputs = 1
    for words in commands(text):
        name = words[0][0]
        value, is_braced = words[1] if len(words) > 1 else ("", False)
        if name == "inputs":
            inputs = int(value)
        elif name == "addUserKnob":
            _add_knob(node, value)
        elif name == "name" and node is not STATE.root:
            node.setName(value)
        else:
            node[name]._read(value, is_braced=is_braced)
    return inputs


def _add_knob(node: Node, text: str) -> None:
    words = [word for line in commands(text) for word, _ in line]
    number, name, *rest = words
    options: dict[str, str] = {}
    flags, ends = set(), None
    while rest:
        key = rest.pop(0)
        if key[:1] in "+-":
            flags.add(key)
        elif key == "R":
            ends = float(rest.pop(0)), float(rest.pop(0))
        else:
            options[key] = rest.pop(0)
    extra: list[Any] = [options["T"]] if "T" in options else []
    if "M" in options:
        extra = [[word for word, _ in next(commands(options["M"]))]]
    knob = USER_KNOBS[number](name, options.get("l"), *extra)
    knob.setTooltip(options.get("t", ""))
    for flag, value in (("STARTLINE", 0x1000), ("INVISIBLE", 0x400)):
        if f"+{flag}" in flags:
            knob.setFlag(value)
        if f"-{flag}" in flags:
            knob.clearFlag(value)
    if isinstance(knob, Array_Knob) and ends is not None:
        knob.setRange(*ends)
    node.addKnob(knob)
