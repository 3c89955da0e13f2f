"""Lines that no well-behaved host sends."""

from __future__ import annotations

import pytest
from worker_process import WorkerProcess

from vst_core.errors import SettingsError
from vst_core.worker.protocol import LONGEST_LINE, RefusedRequestError, Render, parse_request

GARBAGE = {
    "text": b"render please",
    "binary": bytes(range(1, 10)) + b"\xff\xfe\x00\x80",
    "half": b'{"request": "hel',
    "list": b"[1, 2]",
    "number": b"3",
    "null": b"null",
    "empty object": b"{}",
    "no name": b'{"request": null}',
    "a name that is a list": b'{"request": ["hello"]}',
    "unknown": b'{"request": "format disk"}',
    "more than asked": b'{"request": "hello", "loud": true}',
    "no job": b'{"request": "render", "settings": {}}',
    "a job that is a number": b'{"request": "cancel", "job": 3}',
    "an empty job": b'{"request": "cancel", "job": ""}',
    "no such job": b'{"request": "cancel", "job": "z"}',
    "not finite": b'{"request": "hello", "job": NaN}',
    "deep": b"[" * 100_000,
    "a long number": b"1" * 100_000,
    "half a character": b'{"request": "\\ud800"}',
    "a megabyte": b"x" * (1 << 20),
    "a megabyte of JSON": b'{"request": "' + b"y" * (1 << 20) + b'"}',
    "too long": b"z" * (LONGEST_LINE + (1 << 16)),
}


@pytest.mark.parametrize("line", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_answered_in_one_short_line(worker: WorkerProcess, line: bytes) -> None:
    worker.send(line + b"\n")
    worker.ask("hello")
    (error, hello) = worker.until("hello")
    assert (error["event"], error["job"], error["exit_code"], hello["event"]) == ("error", None, 2, "hello")
    assert 0 < len(error["message"]) < 400
    assert "\n" not in error["message"]


@pytest.mark.parametrize(
    "settings", [b"3", b"null", b'"plate"', b"[]", b'{"plate": {}}', b'{"frames": "2-1"}', b'{"scale": 1e999}']
)
def test_a_job_of_wrong_types_is_refused_under_its_name(worker: WorkerProcess, settings: bytes) -> None:
    worker.send(b'{"request": "render", "job": "a", "settings": ' + settings + b"}\n")
    error = worker.event()
    assert (error["event"], error["job"], error["exit_code"]) == ("error", "a", 2)


def test_a_megabyte_of_settings_is_read_whole(worker: WorkerProcess) -> None:
    worker.ask("check", job="long", settings={"plate": "p" * (1 << 20), "style": 3})
    error = worker.event()
    assert (error["event"], error["job"]) == ("error", "long")
    assert "style" in error["message"]


def test_empty_lines_and_windows_line_ends_are_no_mistake(worker: WorkerProcess) -> None:
    worker.send(b'\n\r\n  \n{"request": "hello"}\r\n')
    assert worker.event()["event"] == "hello"


def test_requests_arrive_in_any_pieces(worker: WorkerProcess) -> None:
    whole = b'{"request": "hello"}\n{"request": "hello"}\n'
    for size in (1, 7, len(whole)):
        for start in range(0, len(whole), size):
            worker.send(whole[start : start + size])
        assert [worker.event()["event"], worker.event()["event"]] == ["hello", "hello"]


def test_a_request_becomes_a_model() -> None:
    request = parse_request(b'{"request": "render", "job": "a", "settings": {"plate": "x"}}\n')
    assert isinstance(request, Render)
    assert (request.job, request.settings) == ("a", {"plate": "x"})


def test_a_line_that_is_cut_off_is_refused() -> None:
    with pytest.raises(RefusedRequestError, match="ends in the middle"):
        parse_request(b'{"request": "hello"}')
    assert issubclass(RefusedRequestError, SettingsError)
