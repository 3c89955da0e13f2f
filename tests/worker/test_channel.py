from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from vst_core.worker import channel
from vst_core.worker.channel import Channel


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def test_of_a_line_that_is_too_long_only_the_beginning_is_kept(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "LONGEST_LINE", 10)
    monkeypatch.setattr(channel, "_BLOCK", 7)
    source, target = pipe
    os.write(target, b"0123456789\n" + b"x" * 100 + b"\nshort\r\n\nhalf")
    os.close(target)
    lines = list(Channel(source, target).lines())
    assert [len(line) for line in lines] == [11, 11, 7, 1, 4]
    assert lines[0] == b"0123456789\n"
    assert lines[2:] == [b"short\r\n", b"\n", b"half"]


def test_an_event_is_one_line_whatever_is_in_it(pipe: tuple[int, int]) -> None:
    source, target = pipe
    text = "two\nlines, a \udcff that is no character, and more " + "z" * 100_000
    Channel(source, target).emit("error", message=text, path="ü\udc80")
    os.close(target)
    with os.fdopen(os.dup(source), "rb") as stream:
        (line,) = stream.readlines()
    event = json.loads(line)
    assert event["path"] == "ü\udc80"
    assert event["message"].startswith(text[:1000])
    assert len(line) < 6000


def test_a_host_that_no_longer_listens_is_noticed_and_no_error(pipe: tuple[int, int]) -> None:
    source, target = pipe
    talk = Channel(source, target)
    talk.emit("hello")
    assert not talk.gone.is_set()
    os.close(source)
    talk.emit("bye")
    talk.emit("bye")
    assert talk.gone.is_set()
    assert list(talk.lines()) == []
