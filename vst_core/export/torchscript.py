"""Previews as TorchScript that torch 1.12 can load, which is what Nuke 14 has inside."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vst_core.atomic_file import write_atomically
from vst_core.errors import ModelError
from vst_core.export.knobs import Knob
from vst_core.export.preview import Preview

_OPERATORS = Path(__file__).with_name("operators-torch-1.12.txt")

# A frame to trace with; no side is a multiple of anything, so that none is taken for granted.
_EXAMPLE = (1, 3, 61, 75)

_FORWARD = """
def forward(self, plate: Tensor) -> Tensor:
    mix = torch.tensor([{mix}], device=plate.device)
    return self.preview(plate, mix, torch.tensor(self.strength, device=plate.device))
"""


_parse_schema: Any = torch._C.parse_schema  # its stubs know nothing of comparing


class _Fixed(nn.Module):
    """A preview of one mixture and strength."""

    def __init__(self, preview: Preview, mix: Tensor, strength: float) -> None:
        super().__init__()
        self.preview, self.mix, self.strength = preview, nn.Buffer(mix), nn.Buffer(torch.tensor(strength))

    def forward(self, plate: Tensor) -> Tensor:
        """(1, 3, H, W) -> (1, 3, H, W); see ``Preview.forward``."""
        stylized: Tensor = self.preview(plate, self.mix, self.strength)
        return stylized


def write_scripted(path: Path, preview: Preview, knobs: Sequence[Knob]) -> None:
    """Write a preview whose knobs are attributes: a host may set them between two frames.

    Args:
        path: the file.
        preview: in evaluation mode.
        knobs: the strength, and one for each style.

    Raises:
        ModelError: this torch writes it with operators that torch 1.12 does not have.
        OutputError: the file cannot be written.
    """
    _write(path, _scripted(preview, knobs))


def write_traced(path: Path, preview: Preview, mix: Tensor, strength: float) -> None:
    """Write a preview as one straight graph, its mixture and strength fixed, for frames of any size.

    Args:
        path: the file.
        preview: in evaluation mode.
        mix: (S,), how much of each style.
        strength: how much of the stylised frame lies over the plate.

    Raises:
        ModelError: this torch writes it with operators that torch 1.12 does not have.
        OutputError: the file cannot be written.
    """
    with _deprecated():
        module = torch.jit.trace(_Fixed(preview, mix, strength), torch.rand(_EXAMPLE))  # type: ignore[no-untyped-call]
    _write(path, module)


def unknown_operators(module: Any) -> list[str]:
    """Operators of a TorchScript module that torch 1.12 does not have, or that take other arguments there."""
    lines = [line for line in _OPERATORS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    known = {_full_name(schema): schema for schema in map(_parse_schema, lines)}
    used = {_full_name(schema): schema for schema in map(_parse_schema, _schemas(module.inlined_graph))}
    return sorted(name for name in used if name not in known or not known[name].is_backward_compatible_with(used[name]))


def _scripted(preview: Preview, knobs: Sequence[Knob]) -> Any:
    class Knobs(nn.Module):
        """A class of its own for each set of knobs: TorchScript compiles a class once, and ``forward`` names them."""

        def __init__(self) -> None:
            super().__init__()
            self.preview = preview
            for knob in knobs:
                setattr(self, knob.name, float(knob.value))

    mix = ", ".join(f"self.{knob.name}" for knob in knobs if knob.name != "strength")
    with _deprecated():
        module = torch.jit.script(Knobs())
    module.define(_FORWARD.format(mix=mix))
    return module


def _write(path: Path, module: Any) -> None:
    unknown = unknown_operators(module)
    if unknown:
        raise ModelError(
            f"torch {torch.__version__} writes it with {', '.join(unknown)}, which torch 1.12 does not know",
            where=path,
            remedy="export with torch 2.13",
        )
    data = io.BytesIO()  # a file's own name would become a part of what is in it
    with _deprecated():
        torch.jit.save(module, data)
        write_atomically(path, lambda temporary: temporary.write_bytes(data.getvalue()), torch.jit.load)


def _schemas(graph: Any) -> Iterator[str]:
    for node in graph.nodes():
        if node.schema() != "(no schema)":  # which is the language itself
            yield node.schema()
        for block in node.blocks():
            yield from _schemas(block)


def _full_name(schema: Any) -> str:
    return f"{schema.name}.{schema.overload_name}" if schema.overload_name else str(schema.name)


@contextmanager
def _deprecated() -> Iterator[None]:
    """TorchScript is deprecated, and the only form that hosts load."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is deprecated", DeprecationWarning)
        yield
