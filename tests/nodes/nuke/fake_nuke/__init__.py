"""A Nuke that behaves: nodes, knobs, scripts, files, threads. A test checks what is public against Nuke's stubs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nuke_files import Picture, write_nuke

from . import _state
from ._graph import picture as _picture
from ._knobs import (
    Array_Knob,
    Boolean_Knob,
    Channel_Knob,
    Double_Knob,
    Enumeration_Knob,
    EvalString_Knob,
    File_Knob,
    Int_Knob,
    Knob,
    PyScript_Knob,
    Script_Knob,
    String_Knob,
    Tab_Knob,
    Text_Knob,
    Unsigned_Knob,
)
from ._nodes import Group, Node, Root
from ._nodes import remove as _remove
from ._script import read_text as _read_text
from ._script import text_of_nodes as _text_of_nodes
from ._script import text_of_script as _text_of_script
from ._state import STATE as _STATE
from ._state import check_thread as _check_thread

__all__ = [
    "GUI",
    "INVISIBLE",
    "STARTLINE",
    "Array_Knob",
    "Boolean_Knob",
    "Channel_Knob",
    "Double_Knob",
    "Enumeration_Knob",
    "EvalString_Knob",
    "File_Knob",
    "Group",
    "Int_Knob",
    "Knob",
    "Menu",
    "MenuItem",
    "Node",
    "NodeConstructor",
    "Nodes",
    "ProgressTask",
    "PyScript_Knob",
    "Root",
    "Script_Knob",
    "String_Knob",
    "Tab_Knob",
    "Text_Knob",
    "Unsigned_Knob",
    "addOnDestroy",
    "addOnScriptClose",
    "allNodes",
    "delete",
    "execute",
    "executeInMainThread",
    "menu",
    "message",
    "nodeCopy",
    "nodePaste",
    "nodes",
    "root",
    "scriptClear",
    "scriptOpen",
    "scriptSave",
    "scriptSaveAs",
    "selectedNodes",
    "thisNode",
    "toNode",
    "tprint",
    "views",
]

STARTLINE, INVISIBLE = 0x1000, 0x400
GUI = True


class NodeConstructor:
    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __call__(self, **knobs: Any) -> Node:
        group = _STATE.group or _STATE.root
        name = knobs.pop("name", "")
        node: Node = Group("Group", group, name) if self._kind == "Group" else Node(self._kind, group, name)
        for knob, value in knobs.items():
            node[knob].setValue(value)
        return node


class Nodes:
    def __getattr__(self, item: str) -> NodeConstructor:
        return NodeConstructor(item)


nodes = Nodes()


class ProgressTask:
    def __init__(self, title: str) -> None:
        self._title, self._text = title, ""

    def setMessage(self, text: str) -> None:
        self._text = text

    def setProgress(self, percent: int) -> None:
        _STATE.bars.append((self._title, self._text, percent))

    def isCancelled(self) -> bool:
        return _STATE.press_cancel(_STATE.bars[-1][2])


class MenuItem:
    def __init__(self, name: str, command: Callable[[], Any] | None = None) -> None:
        self._name, self._command = name, command

    def name(self) -> str:
        return self._name

    def invoke(self) -> None:
        assert self._command is not None
        self._command()


class Menu(MenuItem):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._items: dict[str, MenuItem] = {}

    def addMenu(self, name: str) -> Menu:
        made = self._items.setdefault(name, Menu(name))
        assert isinstance(made, Menu)
        return made

    def addCommand(self, name: str, command: Callable[[], Any]) -> MenuItem:
        self._items[name] = MenuItem(name, command)
        return self._items[name]

    def findItem(self, name: str) -> MenuItem | None:
        return self._items.get(name)


def menu(name: str) -> Menu:
    return _STATE.menus.setdefault(name, Menu(name))  # type: ignore[no-any-return]


def root() -> Root:
    return _STATE.root  # type: ignore[no-any-return]


def views() -> list[str]:
    return list(_STATE.views)


def thisNode() -> Node:
    return _STATE.this  # type: ignore[no-any-return]


def toNode(s: str) -> Node | None:
    found: Node | None = root()
    for name in s.split("."):
        found = found.node(name) if isinstance(found, Group) else None
    return found


def allNodes(filter: str = "", group: Group | None = None, recurseGroups: bool = False) -> list[Node]:
    found = []
    for node in (group or root()).nodes():
        found += [node] if filter in ("", node.Class()) else []
        if recurseGroups and isinstance(node, Group):
            found += allNodes(filter, node, recurseGroups=True)
    return found


def selectedNodes(filter: str = "") -> list[Node]:
    return [node for node in allNodes(filter) if node["selected"].value()]


def message(prompt: str) -> None:
    _check_thread("a box was shown")
    _STATE.messages.append(prompt)


def tprint(*args: Any, sep: str = " ", end: str = "\n", file: Any = None) -> None:
    _STATE.printed.append(sep.join(map(str, args)))


def executeInMainThread(call: Callable[..., Any], args: Any = (), kwargs: Any = None) -> None:
    _STATE.to_do.append((call, args if isinstance(args, tuple) else (args,), kwargs or {}))


def addOnDestroy(call: Callable[[], Any], args: Any = (), kwargs: Any = None, nodeClass: str = "*") -> None:
    _STATE.on_destroy.append((call, nodeClass))


def addOnScriptClose(call: Callable[[], Any], args: Any = (), kwargs: Any = None, nodeClass: str = "Root") -> None:
    _STATE.on_close.append(call)


def delete(n: Node | None) -> None:
    _check_thread("a node was deleted")
    if n is not None:
        _remove(n)


def scriptClear() -> None:
    for call in list(_STATE.on_close):
        call()
    for node in root().nodes():
        _remove(node)
    _STATE.root = Root()


def scriptSaveAs(filename: str | None = None, overwrite: int | bool = False) -> None:
    if filename is None or (Path(filename).exists() and not overwrite):
        raise RuntimeError(f"{filename}: File exists")
    root()["name"]._value = filename
    Path(filename).write_text(_text_of_script())


def scriptSave(filename: str | None = None) -> bool:
    scriptSaveAs(filename or root().name(), overwrite=True)
    return True


def scriptOpen(filename: str | None = None) -> None:
    if filename is None or not Path(filename).is_file():
        raise RuntimeError(f"{filename}: No such file or directory")
    scriptClear()
    _read_text(Path(filename).read_text(), root())
    root()["name"]._value = filename


def nodeCopy(s: str) -> None:
    Path(s).write_text(_text_of_nodes(selectedNodes()))


def nodePaste(s: str) -> Node | None:
    chosen = selectedNodes()
    made = _read_text(Path(s).read_text(), root(), chosen[-1] if chosen else None)
    for node in chosen:
        node.setSelected(False)
    for node in made:
        node.setSelected(True)
    return made[-1] if made else None


def execute(
    nameOrNode: Node | str,
    start: int,
    end: int,
    incr: int = 1,
    views: list[str] | None = None,
    continueOnError: bool = False,
) -> None:
    _check_thread("a Write was rendered")
    node = toNode(nameOrNode) if isinstance(nameOrNode, str) else nameOrNode
    assert node is not None
    if node["disable"].value():
        return
    for frame in range(start, end + 1, incr):
        for view in views or _STATE.views:
            if frame == _STATE.cancel_dump:
                raise RuntimeError("Cancelled")
            _write(node, frame, view)


def _write(node: Node, frame: int, view: str) -> None:
    made = _picture(node.input(0), frame, view)
    if root()["proxy"].value():
        small = {name: plane[::2, ::2] for name, plane in made.channels.items()}
        height, width = next(iter(small.values())).shape
        made = Picture(small, (made.box[0] // 2, made.box[1] // 2, width, height), (width, height))
    assert node["channels"].value() == "all"
    assert node["datatype"].value() == "32 bit float"
    assert node["raw"].value()
    path = Path(str(node["file"].value()).replace("%V", view) % frame)
    if not path.parent.is_dir():
        if not node["create_directories"].value():
            raise RuntimeError(f"{node.name()}: {path}: No such file or directory")
        path.parent.mkdir(parents=True)
    write_nuke(path, {view: made})
    if frame == _STATE.cut_off:
        path.write_bytes(path.read_bytes()[:-100])
    _STATE.written.append((frame, view, made.format))


def _start(*, gui: bool) -> _state.State:
    """A Nuke that has just been started."""
    global GUI
    GUI = gui
    _STATE.__dict__.update(_state.State(gui=gui).__dict__)
    _STATE.root = Root()
    return _STATE
