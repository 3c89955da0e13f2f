from __future__ import annotations

from pathlib import Path

import pytest

from vst_core.errors import ExitCode, InputError, ModelError, OutputError, SettingsError, VstError


def test_a_message_says_where_what_and_what_to_do() -> None:
    error = InputError("cannot be read", where=Path("in") / "sh.0001.exr", remedy="render it again")
    assert str(error) == f"{Path('in') / 'sh.0001.exr'}: cannot be read; render it again"
    assert (error.what, error.where, error.remedy) == ("cannot be read", "in/sh.0001.exr", "render it again")


def test_parts_that_are_left_out_leave_no_marks_behind() -> None:
    assert str(VstError("failed")) == "failed"
    assert str(VstError("failed", remedy="retry")) == "failed; retry"


def test_a_message_is_one_line_whatever_a_library_said() -> None:
    error = ModelError("failed (first line\n  second line\r\n)", where="some\nfile", remedy="do\tthis\n")
    assert "\n" not in str(error)
    assert str(error) == "some file: failed (first line second line ); do this"


@pytest.mark.parametrize(
    ("error", "code"),
    [(VstError, 1), (SettingsError, 2), (InputError, 3), (OutputError, 4), (ModelError, 5)],
)
def test_each_kind_has_its_exit_code(error: type[VstError], code: int) -> None:
    assert error("failed").exit_code == code
    assert issubclass(error, VstError)


def test_signals_have_the_shells_exit_codes() -> None:
    assert (ExitCode.OK, ExitCode.INTERRUPTED, ExitCode.TERMINATED) == (0, 130, 143)
