"""Fetching known weight files, proven whole before they have their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from vst_core.atomic_file import make_folder, write_atomically
from vst_core.digest import sha256_of
from vst_core.errors import ModelError
from vst_core.weights.known import KNOWN, KnownWeights

LICENSES = "LICENSES.txt"
_BLOCK = 1 << 20
_PATIENCE = 60.0  # seconds without a byte

Progress = Callable[[str, int, int], None]
"""Told the name of a file, the bytes that are there and those it will have, 0 where the server does not say."""


def _ignore(*_: object) -> None: ...


def pull(folder: Path, known: Iterable[KnownWeights], on_progress: Progress = _ignore) -> Iterator[tuple[Path, bool]]:
    """Fetch into a folder what can be fetched and is not there whole, and list the licences of all that is there then.

    Yields:
        Each file, and whether it had to be fetched.

    Raises:
        ModelError: one cannot be fetched, or is not what it should be.
        OutputError: the folder cannot be written.
    """
    wanted = [each for each in known if each.url]
    for each in wanted:
        path = folder / each.file_name
        fetched = not _is_whole(path, each)
        if fetched:
            download(each, folder, on_progress)
        yield path, fetched
    there = [each for each in dict.fromkeys((*wanted, *KNOWN)) if each.url and (folder / each.file_name).is_file()]
    text = "".join(map(_license, there))
    write_atomically(folder / LICENSES, lambda path: path.write_text(text, encoding="utf-8"), lambda _: None)


def _is_whole(path: Path, known: KnownWeights) -> bool:
    try:
        return path.is_file() and sha256_of(path) == known.sha256
    except OSError:  # what cannot be read is fetched again
        return False


def download(known: KnownWeights, folder: Path, on_progress: Progress = _ignore) -> Path:
    """Fetch one file; returns its path.

    Raises:
        ModelError: it cannot be fetched, or is not what it should be.
        OutputError: it cannot be written.
    """
    path = folder / known.file_name
    make_folder(folder)
    write_atomically(path, partial(_fetch, known, on_progress), partial(_prove, known))
    return path


def _fetch(known: KnownWeights, on_progress: Progress, path: Path) -> None:
    """To the file; what goes wrong on the way is told apart from what the disk refuses."""
    with path.open("wb") as file:
        for block in _blocks(known, on_progress):
            file.write(block)


def _blocks(known: KnownWeights, on_progress: Progress) -> Iterator[bytes]:
    try:
        with urlopen(known.url, timeout=_PATIENCE) as answer:  # noqa: S310 - the addresses are those of known.py
            size, got = int(answer.headers.get("Content-Length") or 0), 0
            while block := answer.read(_BLOCK):
                got += len(block)
                on_progress(known.file_name, got, size)
                yield block
    except HTTPError as error:
        error.close()
        raise _refused(known, f"{error.code} {error.reason}") from None
    except (OSError, HTTPException) as error:
        raise _refused(known, getattr(error, "reason", error)) from None
    if got < size:
        raise _refused(known, f"it broke off after {got} of {size} bytes")


def _prove(known: KnownWeights, path: Path) -> None:
    digest = sha256_of(path)
    if digest != known.sha256:
        raise _refused(known, f"what came has the SHA-256 {digest[:8]}…, not {known.sha256[:8]}…")


def _refused(known: KnownWeights, reason: object) -> ModelError:
    return ModelError(
        f"{known.url} cannot be downloaded ({reason})",
        remedy=f"check the network connection and $HTTPS_PROXY, or get {known.file_name} some other way",
    )


def _license(known: KnownWeights) -> str:
    return (
        f"{known.file_name}\n  {known.origin}\n  licence: {known.license}\n  from: {known.url}\n"
        f"  SHA-256: {known.sha256}\n\n"
    )
