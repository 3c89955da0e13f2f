"""A folder with all that Nuke's CatFileCreator needs to make a .cat for the Inference node."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from vst_core.atomic_file import make_folder, write_texts
from vst_core.export.knobs import Knob
from vst_core.export.preview import Preview
from vst_core.export.torchscript import write_scripted

_SCRIPT = Path(__file__).with_name("make_cat.py")

_README = """\
A preview of {model} for Nuke's Inference node.

1. In NukeX or Nuke Studio 14 or later, run make_cat.py; its first lines say how. It writes preview.cat.
2. Load preview.cat into an Inference node, and set its sliders: strength, and one for each style.

It takes and gives scene-linear {color_space}, so nothing converts colour before or after it.
Every frame is stylised on its own: a moving shot flickers. The frames of a shot are made by vst render.
Alpha is not looked at: give it opaque colour. NaN in the plate stays where it is.
"""


def write_cat_kit(folder: Path, preview: Preview, knobs: Sequence[Knob], model: str, color_space: str) -> None:
    """Write preview.pt, kit.json, make_cat.py and README.txt.

    Args:
        folder: where to; it is made where it is missing.
        preview: in evaluation mode.
        knobs: the strength, and one for each style.
        model: what the network is called.
        color_space: what the preview takes and gives.

    Raises:
        ModelError: see ``write_scripted``.
        OutputError: something cannot be written.
    """
    make_folder(folder)
    write_scripted(folder / "preview.pt", preview, knobs)
    kit = {"modelId": model, "knobs": [asdict(knob) for knob in knobs]}
    texts = {
        "kit.json": json.dumps(kit, indent=1, ensure_ascii=False) + "\n",
        "make_cat.py": _SCRIPT.read_text(encoding="utf-8"),
        "README.txt": _README.format(model=model, color_space=color_space),
    }
    write_texts(folder, texts)
