"""Help in sections: the options of a shot are many."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

SECTIONS = {
    "Training": ("recipe",),
    "Farm": ("farm", "submit"),
    "Style": ("style", "style_color_space", "method", "network", "keep_color", "scale"),
    "Mix": ("strength", "matte", "over"),
    "Output": ("output", "format", "traced", "samples", "license", "overwrite"),
    "Shot": ("frames", "chunk", "state", "preroll", "layer", "color_space"),
    "Motion": ("flow", "temporal", "lags", "passes", "cuts"),
    "Optimisation": ("optimization",),
    "Feature network": ("features", "weights"),
    "Machine": ("device", "precision", "threads", "tile"),
}
"""Headings, and the settings or groups of settings below them."""

_REST = "Options"


def section_of(setting: str) -> str:
    """The heading of a setting, given as its dotted path."""
    group = setting.partition(".")[0]
    return next((section for section, groups in SECTIONS.items() if group in groups), _REST)


class SectionedCommand(TyperCommand):
    """A command whose options stand under the headings that ``rich_help_panel`` gives them; without any, as ever."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], **{name: [] for name in SECTIONS}}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                default = "Arguments" if parameter.param_type_name == "argument" else _REST
                panel = getattr(parameter, "rich_help_panel", None)
                sections.setdefault(panel or default, []).append(record)
        for section, records in sections.items():
            if records:
                with formatter.section(section):
                    formatter.write_dl(records)
