"""The whole way of a shot in the fake Nuke, with the real worker behind it."""

from __future__ import annotations

import numpy as np
from nuke_app import FRAMES, NukeApp, color, run_threads, shown


def test_a_shot_is_stylised_and_shown(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    plate = {frame: shown(node, frame) for frame in (*FRAMES, 1005)}
    assert nuke_app.stylize(node).startswith("v001, 3 of 3 frames in ")
    assert nuke_app.state.messages == []
    for frame in FRAMES:
        made = shown(node, frame)
        assert (made.box, made.format) == (plate[frame].box, plate[frame].format)
        assert np.abs(color(made) - color(plate[frame])).mean() > 0.05
        for name in set(made.channels) - {"rgba.red", "rgba.green", "rgba.blue"}:
            assert np.array_equal(made.channels[name], plate[frame].channels[name])
    assert run_threads() == []
