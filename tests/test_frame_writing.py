import dataclasses
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import OpenEXR
import psutil
import pytest
from exr_files import (
    copy_frame,
    multipart,
    noise,
    oracle,
    rewrite,
    run_child,
    same_bits,
    start_child,
    write_exr,
)

from vst_core.atomic_file import clean_temporaries
from vst_core.errors import OutputError, SettingsError
from vst_core.files.exr_file import COMPRESSIONS, LOSSLESS
from vst_core.frame_io import read_frame, without_layers


def test_only_exr_is_written(plate: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="only EXR can be written"):
        rewrite(tmp_path / "out.png", read_frame(plate))


def test_data_type_changes_the_colour_only(plate: Path, tmp_path: Path) -> None:
    frame = read_frame(plate)
    color = (frame.color * np.float32(1 / 3)).astype(np.float32)
    rewrite(tmp_path / "b.exr", frame.with_color(color), data_type="float")
    before, after = oracle(plate), oracle(tmp_path / "b.exr")
    for index, component in enumerate("RGB"):
        assert same_bits(after[f"ViewLayer.Combined.{component}"], np.ascontiguousarray(color[..., index]))
    others = before.keys() - {f"ViewLayer.Combined.{c}" for c in "RGB"}
    assert all(same_bits(before[name], after[name]) for name in others)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_compression_that_can_be_asked_for_is_written(tmp_path: Path, compression: str) -> None:
    frame = read_frame(write_exr(tmp_path / "a.exr", {c: noise(1) for c in "RGBA"}))
    rewrite(tmp_path / "b.exr", frame, compression=compression)
    written = OpenEXR.File(str(tmp_path / "b.exr")).header()["compression"]
    assert written == getattr(OpenEXR, f"{'NO' if compression == 'none' else compression.upper()}_COMPRESSION")
    if compression in LOSSLESS:
        assert same_bits(oracle(tmp_path / "b.exr")["G"], noise(1))


@pytest.mark.parametrize("level", [1.0, 400.0])
def test_a_lossy_plate_keeps_its_quality(tmp_path: Path, level: float) -> None:
    channels = {c: noise(index, shape=(200, 300)) for index, c in enumerate("RGBA")}
    lossy = {"compression": OpenEXR.DWAA_COMPRESSION, "dwaCompressionLevel": level}
    plate = write_exr(tmp_path / "a.exr", channels, **lossy)
    rewrite(tmp_path / "b.exr", read_frame(plate))
    assert (tmp_path / "b.exr").stat().st_size == pytest.approx(plate.stat().st_size, rel=0.05)


def test_unknown_compression_is_refused_with_those_there_are(plate: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="unknown EXR compression 'zippy'; choose one of none, rle, zips, zip, piz"):
        rewrite(tmp_path / "b.exr", read_frame(plate), compression="zippy")


def test_lossy_compression_is_refused_where_it_would_eat_other_channels(plate: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"dwaa would alter .*CryptoObject00\.r"):
        rewrite(tmp_path / "b.exr", read_frame(plate), compression="dwaa")
    frame = read_frame(multipart(tmp_path / "m.exr"))
    rewrite(tmp_path / "b.exr", frame, compression="dwaa")
    assert str(OpenEXR.File(str(tmp_path / "b.exr")).parts[1].compression()) == "Compression.DWAA_COMPRESSION"
    assert same_bits(oracle(tmp_path / "b.exr")["ViewLayer.Vector.X"], noise(0, np.float32))
    rewrite(tmp_path / "c.exr", without_layers(read_frame(plate)), compression="dwaa")
    assert sorted(oracle(tmp_path / "c.exr")) == ["A", "B", "G", "R"]


def test_half_overflow_is_clamped_and_counted(tmp_path: Path) -> None:
    frame = read_frame(write_exr(tmp_path / "a.exr", {c: noise(1) for c in "RGB"}))
    color = frame.color.copy()
    color[3, 4] = (1e6, -7e4, 65504)
    color[5, 6, 1] = 65519.0
    assert rewrite(tmp_path / "b.exr", frame.with_color(color)) == 3
    after = oracle(tmp_path / "b.exr")
    assert (after["R"][3, 4], after["G"][3, 4], after["B"][3, 4], after["G"][5, 6]) == (65504, -65504, 65504, 65504)
    assert all(np.isfinite(pixels).all() for pixels in after.values())
    assert rewrite(tmp_path / "c.exr", frame.with_color(color), data_type="float") == 0
    assert oracle(tmp_path / "c.exr")["R"][3, 4] == 1e6


def test_two_writes_are_the_same_bytes_and_carry_no_date(plate: Path, tmp_path: Path) -> None:
    for name in ("b.exr", "c.exr"):
        rewrite(tmp_path / name, read_frame(plate))
    assert (tmp_path / "b.exr").read_bytes() == (tmp_path / "c.exr").read_bytes()
    assert "capDate" not in OpenEXR.File(str(tmp_path / "b.exr")).header()


def test_pixels_of_the_wrong_shape_are_refused(plate: Path, tmp_path: Path) -> None:
    frame = read_frame(plate)
    flat = dataclasses.replace(frame.parts[0], planes=tuple(plane[:, ::2] for plane in frame.parts[0].planes))
    with pytest.raises(OutputError, match="has pixels of shape"):
        rewrite(tmp_path / "b.exr", dataclasses.replace(frame, parts=(flat,)))
    assert list(tmp_path.iterdir()) == [plate]


def test_a_system_without_files_in_memory_writes_the_same(
    plate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(tmp_path / "b.exr", read_frame(plate))
    monkeypatch.delattr(os, "memfd_create", raising=False)
    rewrite(tmp_path / "c.exr", read_frame(plate))
    assert (tmp_path / "b.exr").read_bytes() == (tmp_path / "c.exr").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.exr", "c.exr", "plate.1001.exr"]


def test_many_frames_leave_no_files_open(plate: Path, tmp_path: Path) -> None:
    frame = read_frame(plate)
    rewrite(tmp_path / "b.exr", frame)
    process = psutil.Process()
    files_open = process.num_handles if sys.platform == "win32" else process.num_fds
    before = files_open()
    for _ in range(20):
        rewrite(tmp_path / "b.exr", frame)
    assert files_open() <= before


def test_missing_folder_is_an_output_error(plate: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        rewrite(tmp_path / "nowhere" / "b.exr", read_frame(plate))


def test_file_that_does_not_read_back_is_no_frame(plate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that loses the end of a file without saying so."""
    flush = os.fsync

    def lose_the_end(descriptor: int) -> None:
        if os.fstat(descriptor).st_size > 5000:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size - 1)
        flush(descriptor)

    (tmp_path / "b.exr").write_text("the old frame")
    frame = read_frame(plate)
    monkeypatch.setattr(os, "fsync", lose_the_end)
    with pytest.raises(OutputError, match="was only partly written"):
        rewrite(tmp_path / "b.exr", frame)
    assert (tmp_path / "b.exr").read_text() == "the old frame"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.exr", "plate.1001.exr"]


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limits on Windows")
def test_full_disk_in_the_last_bytes_leaves_no_frame(plate: Path, tmp_path: Path) -> None:
    """A limit on the file's size stands for the full disk: writes end short, exactly there.

    It holds for files in memory as well, so the header is large, for the pixels alone to stay below it.
    """
    large = {"shot": "x" * 8192}
    rewrite(tmp_path / "whole.exr", read_frame(plate), attributes=large)
    size = (tmp_path / "whole.exr").stat().st_size
    child = run_child(
        """
        import resource, signal, sys
        from pathlib import Path
        from vst_core.errors import OutputError
        from vst_core.frame_io import read_frame, write_frame
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        plate, folder, size = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
        frame, large = read_frame(plate), {"shot": "x" * 8192}
        for missing in (1, 2, 100, 1000, 4095, 4096, 4097, size // 2, size - 1, size - 400, size):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size - missing, resource.RLIM_INFINITY))
            try:
                write_frame(folder / "b.exr", frame, attributes=large, data_type=None, compression=None)
            except OutputError as error:
                assert "b.exr" in str(error) and chr(10) not in str(error), error
            else:
                raise SystemExit(f"{missing} bytes short, and nobody noticed")
            assert not (folder / "b.exr").exists()
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        write_frame(folder / "b.exr", frame, attributes=large, data_type=None, compression=None)
        """,
        plate,
        tmp_path,
        size,
    )
    assert child.returncode == 0, child.stdout + child.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.exr", "plate.1001.exr", "whole.exr"]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_writers_leave_no_broken_frame(plate: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    code = """
        import itertools, sys
        from pathlib import Path
        from vst_core.frame_io import read_frame, write_frame
        frame = read_frame(Path(sys.argv[1]))
        for number in itertools.count():
            path = Path(sys.argv[2]) / f"f.{number % 7:04d}.exr"
            write_frame(path, frame, attributes={"n": number}, data_type=None, compression=None)
    """
    for wait in (0.0, 0.013, 0.029, 0.051):
        before = {path.name: path.stat().st_mtime_ns for path in folder.glob("f.*.exr")}
        child = start_child(code, plate, folder)
        while before == {path.name: path.stat().st_mtime_ns for path in folder.glob("f.*.exr")}:
            assert child.poll() is None
            time.sleep(0.005)
        time.sleep(wait)
        with child:
            child.send_signal(signal.SIGKILL)
        for path in folder.glob("f.*.exr"):
            read_frame(path)
    clean_temporaries(folder, older_than=0)
    assert all(path.name.startswith("f.") for path in folder.iterdir())


def test_process_started_after_a_write_writes_too(plate: Path, tmp_path: Path) -> None:
    """A child forked after a multithreaded write hangs, so processes have to be spawned."""
    rewrite(tmp_path / "b.exr", read_frame(plate))
    process = multiprocessing.get_context("spawn").Process(target=copy_frame, args=(plate, tmp_path / "c.exr"))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert (tmp_path / "b.exr").read_bytes() == (tmp_path / "c.exr").read_bytes()
