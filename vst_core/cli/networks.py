"""Commands about networks."""

from __future__ import annotations

from typing import Annotated

import typer


def styles(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="quality, fast, or a file.")] = "quality",
) -> None:
    """List the styles of a network."""
    from vst_core.networks import load_checkpoint

    for style in load_checkpoint(network).styles:
        typer.echo(style)
