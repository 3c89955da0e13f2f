"""Commands about networks."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def styles(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="quality, fast, or a file.")] = "quality",
    card: Annotated[bool, typer.Option("--card", help="Print how it was made instead, as JSON.")] = False,
) -> None:
    """List the styles of a network, or print its card: recipe, data, loss, licence."""
    from vst_core.networks import load_checkpoint

    checkpoint = load_checkpoint(network)
    lines = [json.dumps(checkpoint.card, indent=2)] if card else checkpoint.styles
    typer.echo("\n".join(lines))
