"""Which of the engine's settings an artist sees, in which order, and under which label.

Everything else about a knob (its type, default, range and help) comes from the engine: see ``make_knobs``.
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """A knob.

    Attributes:
        setting: dotted path into the settings of a render.
        group: heading it stands under.
        label: what it is called.
        method: the one method that reads it; empty where all do.
        slider: ends of its slider, where those of the setting are none or too wide; what is typed may go beyond.
        choices: values to offer, where the setting takes any text.
    """

    setting: str
    group: str
    label: str
    method: str = ""
    slider: tuple[float, ...] = ()
    choices: tuple[str, ...] = ()


NETWORK, STEPS = "feedforward", "optimization"
"""The methods: a trained network, and an optimisation step by step."""

ROWS = (
    Row("method", "Style", "Method"),
    Row("network", "Style", "Network", NETWORK, choices=("quality", "fast")),
    Row("style.styles", "Style", "Styles"),
    Row("style.weights", "Style", "Mix"),
    Row("style.scale", "Style", "Stroke size", STEPS, slider=(0.25, 4)),
    Row("strength", "Style", "Strength"),
    Row("keep_color", "Style", "Keep colours"),
    Row("scale", "Style", "Working scale", slider=(0.25, 1)),
    Row("temporal", "Motion", "Coherent"),
    Row("lags", "Motion", "Looks back"),
    Row("passes", "Motion", "Passes", slider=(1, 8)),
    Row("cuts", "Motion", "Cuts"),
    Row(
        "flow.source",
        "Motion",
        "Motion from",
        choices=("vectors", "dis", "farneback", "deepflow", "raft", "none"),
    ),
    Row("flow.layer", "Motion", "Vector layer"),
    Row("flow.flip_x", "Motion", "Flip X"),
    Row("flow.flip_y", "Motion", "Flip Y"),
    Row("flow.scale", "Motion", "Vector scale", slider=(-4, 4)),
    Row("flow.zero", "Motion", "Vector zero", slider=(0, 1)),
    Row("flow.raft_weights", "Motion", "RAFT weights"),
    Row("optimization.style_loss", "Optimisation", "Style loss", STEPS),
    Row("optimization.iterations", "Optimisation", "Iterations", STEPS, slider=(1, 1000)),
    Row("optimization.iterations_next", "Optimisation", "Iterations, next", STEPS, slider=(1, 500)),
    Row("optimization.content_weight", "Optimisation", "Content", STEPS, slider=(0, 4)),
    Row("optimization.style_weight", "Optimisation", "Style", STEPS, slider=(0, 4)),
    Row("optimization.temporal_weight", "Optimisation", "Coherence", STEPS, slider=(0, 4)),
    Row("optimization.tv_weight", "Optimisation", "Smoothness", STEPS, slider=(0, 4)),
    Row("optimization.long_term", "Optimisation", "Several lags", STEPS),
    Row("optimization.seed", "Optimisation", "Seed", STEPS),
    Row("features", "Optimisation", "Feature network", STEPS),
    Row("weights", "Optimisation", "Feature weights", STEPS),
    Row("layer", "Files", "Colour layer"),
    Row("color_space", "Files", "Colour space"),
    Row("style_color_space", "Files", "Colour space of styles", STEPS),
    Row("output.data_type", "Files", "Data type"),
    Row("overwrite", "Files", "Start anew"),
    Row("device", "Machine", "Device", choices=("auto", "cpu", "cuda")),
    Row("precision", "Machine", "Precision"),
    Row("threads", "Machine", "Threads", slider=(0, 64)),
    Row("tile", "Machine", "Rows at a time", NETWORK, slider=(0, 4096)),
)
