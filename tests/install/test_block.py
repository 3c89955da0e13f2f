from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from install.block import has_block, with_block, without_block

LINES = "import nuke\nnuke.pluginAddPath('./vst')\n"
CONTENT = st.lists(st.sampled_from([b"a = 1", b"\n", b"\r\n", b"\xff", b"#", b"# <<< vst <<<", b"\r"])).map(b"".join)


@given(CONTENT)
def test_a_file_is_the_same_again_to_the_byte(content: bytes) -> None:
    with_it = with_block(content, LINES)
    assert has_block(with_it)
    assert not has_block(content)
    assert without_block(with_it) == content


@given(CONTENT)
def test_a_second_time_changes_nothing(content: bytes) -> None:
    once = with_block(content, LINES)
    assert with_block(once, LINES) == once
    assert without_block(with_block(with_block(content, "old = 1\n"), LINES)) == content


@pytest.mark.parametrize("content", [b"", b"a = 1", b"a = 1\n"])
def test_what_was_written_around_it_since_stays(content: bytes) -> None:
    changed = b"before = 1\n" + with_block(content, LINES) + b"after = 2\n"
    lines = without_block(changed).split(b"\n")
    assert lines == [line for line in b"before = 1\n".split(b"\n") + content.split(b"\n") if line] + [b"after = 2", b""]


def test_a_block_that_said_something_else_is_taken_out_too() -> None:
    with_it = with_block(b"a = 1\n", LINES)
    first = with_it.splitlines()[1]
    assert without_block(with_it.replace(first, b"# >>> vst: other words >>>")) == b"a = 1\n"


def test_the_block_has_the_line_ends_of_the_file() -> None:
    assert with_block(b"a = 1\r\n", LINES).count(b"\n") == with_block(b"a = 1\r\n", LINES).count(b"\r\n") == 5
    assert b"\r" not in with_block(b"a = 1\n", LINES)


def test_the_block_is_python_that_runs_as_it_stands() -> None:
    compile(with_block(b"x = 1", LINES), "init.py", "exec")
