from __future__ import annotations

from pathlib import Path

import pytest

from vst_core.errors import ExitCode, InputError, ModelError, OutputError, SettingsError, VstError, is_out_of_memory


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


@pytest.mark.parametrize(
    ("said", "is_it"),
    [
        ("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried to allocate", True),
        ("CUDA out of memory. Tried to allocate 2.00 GiB.", True),
        ("CUDA error: out of memory", True),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", True),
        ("(-4:Insufficient memory) Failed to allocate 48 bytes in function 'OutOfMemoryError'", True),
        ("CUDA error: an illegal memory access was encountered", False),
        ("some elements of the input tensor and the written-to tensor refer to a single memory location", False),
        ("unsupported memory format option ChannelsLast", False),
    ],
)
def test_a_lack_of_memory_is_told_from_what_else_is_said_of_memory(said: str, is_it: bool) -> None:
    assert is_out_of_memory(RuntimeError(said)) == is_it
    assert is_out_of_memory(MemoryError())
