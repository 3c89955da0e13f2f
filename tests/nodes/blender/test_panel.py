"""What the artist sees of the node, drawn on a layout that takes what this Blender's own would."""

from __future__ import annotations

from pathlib import Path

from blender_frames import write_plate
from real_blender import blender


def test_what_is_drawn_follows_the_run(tmp_path: Path) -> None:
    drawn = blender("drawing.life", write_plate(tmp_path, 2), tmp_path)
    assert (drawn["menu"], drawn["elsewhere"]) == (["Stylize"], [])
    assert drawn["wrong"][0].startswith("nothing is linked to Image")
    assert drawn["wrong"].index("Link Render Layers") < drawn["wrong"].index("style")
    assert {"style", "Strength", "Stylize Shot", "Open Log", "source", "pattern", "network"} <= {*drawn["before"]}
    assert "Bake to Plain Group" in drawn["before"]
    assert [text for text in drawn["in"] if text.startswith("stylising, ")]
    assert ("Cancel" in drawn["in"], "Stylize Shot" in drawn["in"]) == (True, False)
    assert {"Resume v001", "New Version"} <= {*drawn["cancelled"]}
    assert "Stylize Shot" in drawn["another style"]
    assert "Resume v001" not in drawn["another style"]
    assert {"Stylize Shot", "To Sequencer"} <= {*drawn["after"]}
    assert {"weight", "other", "clip", "first", "last", "optimization_iterations"} <= {*drawn["much"]}
    assert "network" not in drawn["much"]
    assert "Stylize Shot" in drawn["render"]
