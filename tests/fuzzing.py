"""Files that are damaged in every way, drawn by Hypothesis, and what a reader of them may cost."""

from __future__ import annotations

import io
import json
import resource
import signal
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MEMORY = 1 << 30
"""Bytes that the reading of a file may ask for."""
PATIENCE = 20.0
"""Seconds of the processor that it may take."""

_HEAD = 600
_NUMBERS = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 2**64 - 1]

_HOSTILE = [
    b"[" * 5000,
    b'{"a":' * 5000,
    b"[" * 5000 + b"]" * 5000,
    b"9" * 5000,
    b"1e999",
    b"-0.0",
    b'"\\ud800"',
    b"NaN",
    b'"' + b"\\u0000" * 100 + b'"',
]
"""JSON that Python's own reader and writer, or what they lead to, get into trouble with."""
_PLACE = "a place for something hostile"

Read = Callable[[Path], object]


def damaged(whole: bytes) -> st.SearchStrategy[bytes]:
    """The file with bytes changed, put in, taken out or repeated, often near its beginning, or cut off."""
    anywhere = st.integers(0, len(whole) - 1)
    at = st.one_of(st.integers(0, min(_HEAD, len(whole)) - 1), anywhere)
    sized = st.tuples(st.sampled_from(_NUMBERS), st.sampled_from([1, 2, 4, 8]))
    number = sized.map(lambda pair: pair[0].to_bytes(8, "little")[: pair[1]])
    piece = st.one_of(number, st.binary(min_size=1, max_size=24))
    change = st.one_of(
        st.tuples(st.just(_put), at, piece),
        st.tuples(st.just(_flip), at, st.integers(0, 7)),
        st.tuples(st.just(_insert), at, piece),
        st.tuples(st.just(_remove), at, st.integers(1, 64)),
        st.tuples(st.just(_repeat), at, st.integers(1, 64)),
        st.tuples(st.just(_cut), anywhere, st.just(0)),
    )

    def apply(changes: list[Any]) -> bytes:
        data = whole
        for alter, place, value in changes:
            data = alter(data, place % max(len(data), 1), value)
        return data

    return st.lists(change, min_size=1, max_size=4).map(apply)


def odd_json(whole: object) -> st.SearchStrategy[bytes]:
    """The document with some of its values, anywhere in it, gone or others."""
    leaf = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.text(max_size=12),
        st.just(_PLACE),
        st.sampled_from(["", "..", "\0", "/", "x" * 5000, "%d", "1-5", "9" * 30, "NaN", "a/../../b", "####", "{shot}"]),
    )
    value = st.recursive(leaf, _containers, max_leaves=8)
    paths = list(_paths(whole))
    change = st.tuples(st.sampled_from(paths), st.booleans(), value)

    def apply(changes: list[tuple[tuple[Any, ...], bool, object]], hostile: bytes) -> bytes:
        document = json.loads(json.dumps(whole))
        for path, remove, new in changes:
            document = _altered(document, path, remove, new)
        return json.dumps(document).encode().replace(json.dumps(_PLACE).encode(), hostile)

    return st.builds(apply, st.lists(change, min_size=1, max_size=3), st.sampled_from(_HOSTILE))


def odd_safetensors(whole: bytes) -> st.SearchStrategy[bytes]:
    """The file with another header, of the length that it says or not."""
    end = 8 + int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8:end])
    lengths = st.one_of(st.just(None), st.just(None), st.sampled_from(_NUMBERS))

    def join(text: bytes, length: int | None) -> bytes:
        return (len(text) if length is None else length).to_bytes(8, "little") + text + whole[end:]

    return st.builds(join, st.one_of(odd_json(header), damaged(whole[8:end])), lengths)


def odd_zip(whole: bytes) -> st.SearchStrategy[bytes]:
    """The archive, sound in itself, with other content in one of its files."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    def pack(name: str, content: bytes) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for member, data in members.items():
                archive.writestr(member, content if member == name else data)
        return target.getvalue()

    names = st.sampled_from([name for name, data in members.items() if data])
    return names.flatmap(lambda name: st.builds(pack, st.just(name), damaged(members[name])))


def read_all(
    files: st.SearchStrategy[bytes], path: Path, read: Read, refusal: type[Exception], examples: int
) -> Counter[str]:
    """Read so many damaged files.

    Args:
        files: draws them.
        path: where each is put.
        read: the reader.
        refusal: the only error that it may raise.
        examples: how many.

    Returns:
        How many were ``read`` all the same, and how many were ``refused``.

    Raises:
        Exception: what else a reader raised, with the file; AssertionError where a refusal is not one line.
    """
    ends: Counter[str] = Counter()

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(files)
    def attempt(data: bytes) -> None:
        path.write_bytes(data)
        with _limited_time():
            try:
                read(path)
                ends["read"] += 1
            except refusal as error:
                ends["refused"] += 1
                assert str(error)  # noqa: PT017 - either end is right
                assert "\n" not in str(error)  # noqa: PT017
                assert len(str(error)) < 4000  # noqa: PT017

    with _limited_memory():
        attempt()
    return ends


@contextmanager
def _limited_memory() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def _limited_time() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise AssertionError(f"takes more than {PATIENCE:g} s")

    handler = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, handler)


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)


def _put(data: bytes, at: int, piece: bytes) -> bytes:
    return data[:at] + piece + data[at + len(piece) :]


def _flip(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :] if data else data


def _insert(data: bytes, at: int, piece: bytes) -> bytes:
    return data[:at] + piece + data[at:]


def _remove(data: bytes, at: int, size: int) -> bytes:
    return data[:at] + data[at + size :]


def _repeat(data: bytes, at: int, size: int) -> bytes:
    return data[: at + size] + data[at:]


def _cut(data: bytes, at: int, _: int) -> bytes:
    return data[:at]


def _paths(value: object, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _paths(inner, (*here, key))


def _altered(document: Any, path: tuple[Any, ...], remove: bool, new: object) -> Any:
    if not path:
        return document if remove else new
    place = document
    try:
        for key in path[:-1]:
            place = place[key]
        if remove:
            del place[path[-1]]
        else:
            place[path[-1]] = new
    except (LookupError, TypeError):
        pass  # an earlier change took it away
    return document
