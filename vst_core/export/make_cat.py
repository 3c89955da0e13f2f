"""Makes preview.cat out of the preview.pt beside this file, with a slider for each of the model's knobs.

In NukeX or Nuke Studio 14 or later:

    nuke --nukex -t make_cat.py

or in the Script Editor:

    import runpy; runpy.run_path("/path/to/make_cat.py", run_name="__main__")
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nuke

CHANNELS = "rgba.red,rgba.green,rgba.blue"


def make_cat(folder: Path) -> Path:
    """Have a CatFileCreator make the .cat of a folder.

    Raises:
        RuntimeError: it made none.
    """
    kit = json.loads((folder / "kit.json").read_text(encoding="utf-8"))
    cat = folder / "preview.cat"
    settings = {
        "torchScriptFile": (folder / "preview.pt").as_posix(),
        "catFile": cat.as_posix(),
        "channelsIn": CHANNELS,
        "channelsOut": CHANNELS,
        "modelId": kit["modelId"],
        "outputScale": 1,
    }
    creator = nuke.createNode("CatFileCreator", inpanel=False)
    for name, value in settings.items():
        creator[name].setValue(value)
    for knob in kit["knobs"]:  # one that has the name of an attribute of the model sets it
        slider = nuke.Double_Knob(knob["name"], knob["label"])
        slider.setRange(0, 1)
        creator.addKnob(slider)
        slider.setValue(knob["value"])
    button: Any = creator["createCatFile"]
    button.execute()
    if not cat.is_file():
        raise RuntimeError(f"{cat}: CatFileCreator did not write it; is this NukeX or Nuke Studio?")
    return cat


if __name__ == "__main__":
    nuke.tprint(make_cat(Path(__file__).resolve().parent))
