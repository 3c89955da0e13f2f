"""What others build on: every public name with its signature, as text.

python tests/public_api.py > tests/data/public_api.txt
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import vst_core
from vst_core import flow, losses

MODULES = (vst_core, flow, losses)
_QUOTED = re.compile(r"""(?<=: |> )(?:'([^']*)'|"([^"]*)"|ForwardRef\\('([^']*)'\\))""")


def members(value: type) -> Iterator[tuple[str, Any]]:
    """Methods and properties that a class has of its own, or of another class of the engine."""
    for name in dir(value):
        if not name.startswith("_"):
            owner = next(each for each in value.__mro__ if name in vars(each))
            member = vars(owner)[name]
            member = getattr(member, "__func__", member)
            if owner.__module__.startswith("vst_core") and (inspect.isfunction(member) or isinstance(member, property)):
                yield name, member


def lines(module: ModuleType) -> Iterator[str]:
    """Each public name of a module, below a class its members."""
    for name in sorted(module.__all__):
        value = getattr(module, name)
        is_class = isinstance(value, type)
        has_fields = hasattr(value, "model_fields")  # settings, which vst describe prints
        shown = _signature(value) if inspect.isfunction(value) or (is_class and not has_fields) else ""
        yield f"{module.__name__}.{name}{shown}"
        for member, function in members(value) if is_class else ():
            yield f"    {member}{'' if isinstance(function, property) else _signature(function)}"


def text() -> str:
    """The whole surface."""
    return "".join(f"{line}\n" for module in MODULES for line in lines(module))


def _signature(value: Any) -> str:
    """As it is written in the source."""
    try:
        written = str(inspect.signature(value))
    except ValueError:  # a class that takes what its base takes
        return ""
    written = re.sub(r"<function .*? at 0x[0-9a-f]+>", "…", written)
    return _QUOTED.sub(lambda found: found[1] or found[2] or found[3], written)


if __name__ == "__main__":
    sys.stdout.write(text())
