"""The fake has nothing that Nuke has not: every class, function, method and argument is one of the stubs."""

from __future__ import annotations

import ast
import inspect
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fake_nuke
import pytest

STUBS = Path(sysconfig.get_path("purelib")) / "nuke-stubs"
FILES = ("_nuke.pyi", "callbacks.pyi", "executeInMain.pyi", "overrides.pyi", "scripts.pyi")

Arguments = list[tuple[str, bool]]
"""Names of arguments, and whether each may be left out."""


def arguments_of(function: ast.FunctionDef) -> Arguments | None:
    """None where the stubs do not say."""
    given = function.args
    if given.vararg is not None and given.vararg.arg == "args" and given.kwarg is not None:
        return None
    optional = len(given.args) - len(given.defaults)
    names = [(each.arg, index >= optional) for index, each in enumerate(given.args)]
    names += [(given.vararg.arg, False)] if given.vararg is not None else []
    names += [(each.arg, True) for each in given.kwonlyargs]
    return [pair for pair in names if pair[0] != "self"]


def stubs() -> tuple[dict[str, list[Arguments | None]], dict[str, tuple[list[str], dict[str, Any]]], set[str]]:
    """Functions with their forms, classes with their bases and methods, and other names."""
    functions: dict[str, list[Arguments | None]] = {}
    classes: dict[str, tuple[list[str], dict[str, Any]]] = {}
    values = set()
    for file in FILES:
        for each in ast.parse((STUBS / file).read_text()).body:
            if isinstance(each, ast.FunctionDef):
                functions.setdefault(each.name, []).append(arguments_of(each))
            elif isinstance(each, ast.ClassDef):
                bases = [base.id for base in each.bases if isinstance(base, ast.Name)]
                methods: dict[str, Any] = {}
                for inside in each.body:
                    if isinstance(inside, ast.FunctionDef):
                        methods.setdefault(inside.name, []).append(arguments_of(inside))
                classes[each.name] = bases, methods
            elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                values.add(each.target.id)
    return functions, classes, values


FUNCTIONS, CLASSES, VALUES = stubs()
OWN_CLASSES = [name for name in fake_nuke.__all__ if inspect.isclass(getattr(fake_nuke, name))]


def forms(kind: str, method: str) -> list[Arguments | None]:
    """The forms of a method in the stubs, inherited ones too."""
    bases, methods = CLASSES[kind]
    return methods.get(method) or next((found for base in bases if (found := forms(base, method))), [])


def own(function: Any) -> Arguments:
    parameters = [each for each in inspect.signature(function).parameters.values() if each.name != "self"]
    return [(each.name, each.default is not each.empty) for each in parameters]


def is_allowed(function: Any, known: list[Arguments | None]) -> bool:
    """Whether a function takes what its forms in the stubs take, by the same names, and no more."""
    if None in known:
        return True
    taken = own(function)
    complete = [
        form for form in known if form and [name for name, _ in form[: len(taken)]] == [name for name, _ in taken]
    ]
    shorter = min((len(form) for form in known if form is not None), default=0)  # what these lack may be left out
    return not taken or any(
        all(
            may or not own_may or index >= shorter
            for index, ((_, own_may), (_, may)) in enumerate(zip(taken, form, strict=False))
        )
        for form in complete
    )


def methods_of(kind: type) -> Iterator[tuple[str, Any]]:
    for name, value in vars(kind).items():
        if inspect.isfunction(value) and (not name.startswith("_") or name in ("__getitem__", "__getattr__")):
            yield name, value


def test_what_is_public_is_nukes() -> None:
    public = {name for name in vars(fake_nuke) if not name.startswith("_")} - {"annotations"}
    assert public - set(fake_nuke.__all__) <= {"Any", "Callable", "Path", "Picture", "write_nuke"}
    assert set(fake_nuke.__all__) <= FUNCTIONS.keys() | CLASSES.keys() | VALUES


@pytest.mark.parametrize("name", [name for name in fake_nuke.__all__ if name in FUNCTIONS])
def test_a_function_takes_what_nukes_takes(name: str) -> None:
    function = getattr(fake_nuke, name)
    assert is_allowed(function, FUNCTIONS[name]), (own(function), FUNCTIONS[name])


@pytest.mark.parametrize("name", OWN_CLASSES)
def test_a_class_is_nukes(name: str) -> None:
    kind = getattr(fake_nuke, name)
    bases = [base.__name__ for base in kind.__bases__ if base is not object]
    assert bases == [base for base in CLASSES[name][0] if base in OWN_CLASSES]
    for method, function in methods_of(kind):
        assert forms(name, method), f"Nuke has no {name}.{method}"
        assert is_allowed(function, forms(name, method)), (method, own(function), forms(name, method))


def test_what_nuke_has_not_is_noticed() -> None:
    def other_name(y: int) -> None: ...

    def one_more(name: str, uncollide: bool = True, more: int = 0) -> None: ...

    def may_be_left_out(x: int = 0) -> None: ...

    assert forms("Node", "setXpos")
    assert not forms("Node", "setXPos")
    assert not is_allowed(other_name, forms("Node", "setXpos"))
    assert not is_allowed(may_be_left_out, forms("Node", "setXpos"))
    assert not is_allowed(one_more, forms("Group", "setName"))
