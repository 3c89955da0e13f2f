"""``vst compare``: all methods over one shot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from vst_core.cli.lines import emit
from vst_core.cli.options import AsJson, Option, SettingsFile, require, with_options
from vst_core.cli.shot_options import MOTION, NEEDED, OPTIONS, Plate, read_settings
from vst_core.cli.terminal import new_bar
from vst_core.settings import FlowSettings, RenderSettings

if TYPE_CHECKING:
    from vst_core.pipeline.compare import Compared
    from vst_core.pipeline.result import FrameProgress

# What all methods have in common; method, network, temporal and output are set by the comparison.
_COMMON = {
    *("--frames", "--scale", "--iterations", "--iterations-next", "--scales"),
    *("--content-weight", "--style-weight", "--temporal-weight", "--tv-weight", "--features", "--weights"),
    *("--layer", "--color-space", "--device", "--precision", "--threads", "--tile"),
}
_SHARED = (
    Option(("--style",), "style.styles", list[str], "IMAGE", "The style image."),
    *(option for option in OPTIONS if option.flags[0] in _COMMON or option in MOTION),
)
_FOLDER = typer.Option("--output", "-o", metavar="FOLDER", help="Folder for all results.")
_ONLY = typer.Option("--only", metavar="NAME,NAME,…", help="These methods, such as gatys,ruder,quality. [all]")


@with_options(RenderSettings, _SHARED)
def compare(
    plate: Plate = None,
    settings: SettingsFile = None,
    json: AsJson = False,
    output: Annotated[Path | None, _FOLDER] = None,
    only: Annotated[str | None, _ONLY] = None,
    **given: Any,
) -> None:
    """Render one shot by all methods and measure each: time, flicker, distance to style and content.

    Writes comparison.md, comparison.png and comparison.json beside the frames. A network is compared where it has a
    style of the image's name.
    """
    from vst_core.pipeline.compare import compare_methods, plan_comparison
    from vst_core.pipeline.comparison import table, write_comparison

    data = read_settings(plate, settings, _SHARED, given)
    require({**data, "output": {} if output is None else {"pattern": output}}, NEEDED, "vst compare")
    assert output is not None
    plan = plan_comparison(data, output, [] if only is None else only.split(","))
    style, flow = Path(data["style"]["styles"][0]), FlowSettings.of(data.get("flow", {}))
    found: list[Compared] = []
    files: tuple[Path, ...] = ()
    # Methods that are done, and the frame at work.
    with new_bar(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()) as bar:
        task = bar.add_task("", total=len(plan))

        def show(name: str, progress: FrameProgress) -> None:
            bar.update(task, description=f"{name}: frame {progress.frame}")

        for each in compare_methods(plan, style, flow, show):
            found.append(each)
            bar.advance(task)
            files = write_comparison(output, found)  # what is known so far, should it be stopped
            _say(each, json)
    if json:
        emit("done", files=[str(path) for path in files])
    else:
        typer.echo(f"\n{table(found)}")


def _say(each: Compared, json: bool) -> None:
    """A line when a method is done, since it can take long."""
    if json:
        emit("method", name=each.name, seconds=round(each.seconds, 3), **each.report.as_dict())
    else:
        flicker = [f"lag {warping.lag} {warping.stylized:.4f}" for warping in each.report.warping]
        typer.echo(f"{each.name}: {', '.join([f'{each.seconds:.2f} s a frame', *flicker])}", err=True)
