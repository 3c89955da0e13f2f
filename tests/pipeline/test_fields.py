"""Where motion comes from: the renderer's vectors, an estimator, flow files that ``vst flow`` wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_shot import SmallShot, leftovers, out, outputs, read_channels, same, write_channels

from vst_core import FrameRange, InputError, OutputError, SettingsError
from vst_core.flow import read_flow
from vst_core.pipeline.fields import write_fields
from vst_core.pipeline.motion_source import flow_files
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings

FRAMES = FrameRange(1001, 1003)


def pixels(folder: Path) -> list[bytes]:
    """What each frame holds."""
    return [b"".join(values.tobytes() for values in read_channels(out(folder, f)).values()) for f in FRAMES]


def flow_of(path: Path) -> torch.Tensor:
    return read_flow(path)[0]


@pytest.mark.parametrize("source", ["dis", "farneback", "deepflow", "none"])
def test_every_source_of_motion(small_shot: SmallShot, rendered: Path, tmp_path: Path, source: str) -> None:
    results = small_shot.render(tmp_path, frames="1001-1002", flow__source=source)
    assert all("temporal" in result.loss for result in results[1:])
    first, second = (
        same(read_channels(out(tmp_path, frame)), read_channels(out(rendered, frame))) for frame in (1001, 1002)
    )
    assert first
    assert not second  # the first frame has no motion, the second one has another


def test_vectors_from_a_sequence_of_their_own(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    for frame in FRAMES:
        channels = read_channels(shot.path(frame))
        vectors = {name.removeprefix("ViewLayer."): channels.pop(name) for name in list(channels) if "Vector" in name}
        write_channels(tmp_path / f"vectors.{frame}.exr", vectors)
        write_channels(shot.path(frame), channels)
    shot.render(tmp_path / "out", frames=str(FRAMES), flow__source=str(tmp_path / "vectors.####.exr"))
    for frame in FRAMES:
        result, usual = read_channels(out(tmp_path / "out", frame)), read_channels(out(rendered, frame))
        assert same(result, {name: values for name, values in usual.items() if "Vector" not in name})


def written(shot: SmallShot, folder: Path, source: str) -> dict[str, str]:
    """Flow of both directions in files, as settings."""
    patterns = [str(folder / name) for name in ("b.####.flo", "f.####.flo")]
    paths = write_fields(
        shot.pattern, patterns[0], forward=patterns[1], flow=FlowSettings(source=source), frames=FRAMES
    )
    assert [path.name for path in paths] == ["b.1002.flo", "f.1001.flo", "b.1003.flo", "f.1002.flo"]
    assert leftovers(folder) == []
    return dict(zip(("flow__source", "flow__forward"), patterns, strict=True))


def test_written_flow_gives_the_render_that_its_source_gives(small_shot: SmallShot, tmp_path: Path) -> None:
    small_shot.render(tmp_path / "estimated", frames=str(FRAMES), flow__source="dis")
    small_shot.render(tmp_path / "files", frames=str(FRAMES), **written(small_shot, tmp_path / "flow", "dis"))
    assert pixels(tmp_path / "files") == pixels(tmp_path / "estimated")


def test_forward_flow_files_show_what_was_hidden(small_shot: SmallShot, tmp_path: Path) -> None:
    both = written(small_shot, tmp_path / "flow", "vectors")
    small_shot.render(tmp_path / "both", frames=str(FRAMES), **both)
    small_shot.render(tmp_path / "backward", frames=str(FRAMES), flow__source=both["flow__source"])
    assert pixels(tmp_path / "both") != pixels(tmp_path / "backward")


def test_written_flow_is_the_renderers_own(small_shot: SmallShot, tmp_path: Path) -> None:
    list(write_fields(small_shot.pattern, str(tmp_path / "b.####.flo"), flow=FlowSettings(), frames=FRAMES))
    plate = read_channels(small_shot.path(1002))
    x, y = plate["ViewLayer.Vector.X"], -plate["ViewLayer.Vector.Y"]  # y up in Blender
    flow = flow_of(tmp_path / "b.1002.flo")[0].numpy()
    scene = plate["ViewLayer.Depth.Z"] < 1e9
    assert scene.any()
    assert np.abs(flow - np.stack((x, y)))[:, scene].max() < 0.002


def test_flow_of_two_frames_only(small_shot: SmallShot, tmp_path: Path) -> None:
    list(write_fields(small_shot.pattern, str(tmp_path / "b.####.flo"), flow=FlowSettings(source="dis"), frames=FRAMES))
    (tmp_path / "b.1003.flo").unlink()
    small_shot.render(tmp_path / "out", frames="1001-1002", flow__source=str(tmp_path / "b.####.flo"))
    with pytest.raises(InputError, match=r"1 of 2 frames are missing: 1003"):
        small_shot.render(tmp_path / "more", frames="1001-1003", flow__source=str(tmp_path / "b.####.flo"))
    alone = small_shot.render(
        tmp_path / "alone", frames="1001-1003", flow__source=str(tmp_path / "b.####.flo"), temporal=False
    )
    assert len(alone) == 3  # which needs no flow


def test_a_flow_field_of_another_size_stops_the_render_at_its_frame(small_shot: SmallShot, tmp_path: Path) -> None:
    list(write_fields(small_shot.pattern, str(tmp_path / "b.####.flo"), flow=FlowSettings(source="dis"), frames=FRAMES))
    shot = SmallShot(tmp_path / "small", small_shot.style, small_shot.weights)
    shot.folder.mkdir()
    for frame in FRAMES:
        write_channels(shot.path(frame), {n: v[:40, :72] for n, v in read_channels(small_shot.path(frame)).items()})
    with pytest.raises(InputError, match=r"frame 1002, .*b\.1002\.flo: is 80x45, but frame 1002 is 72x40"):
        shot.render(tmp_path / "out", frames="1001-1003", flow__source=str(tmp_path / "b.####.flo"))
    assert outputs(tmp_path / "out") == ["out.1001.exr"]


def test_where_flow_cannot_be_written(small_shot: SmallShot, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"flow is written as \.flo"):
        list(write_fields(small_shot.pattern, str(tmp_path / "b.####.exr"), flow=FlowSettings(source="dis")))
    with pytest.raises(SettingsError, match="names a single file for frames 1001-1005"):
        list(write_fields(small_shot.pattern, str(tmp_path / "b.flo"), flow=FlowSettings(source="dis")))
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="file: cannot be created"):
        list(write_fields(small_shot.pattern, str(tmp_path / "file" / "b.####.flo"), flow=FlowSettings(source="dis")))
    assert outputs(tmp_path) == ["file"]


@pytest.mark.parametrize(("last", "files"), [(1, {}), (2, {"b": "2", "f": "1"}), (4, {"b": "2-4", "f": "1-3"})])
def test_of_flow_files_the_first_or_the_last_frame_needs_none(last: int, files: dict[str, str]) -> None:
    flow = FlowSettings(source="b.####.flo", forward="f.####.flo")
    needed = flow_files(flow, FrameSequence.parse("plate.####.exr"), FrameRange(1, last))
    assert {sequence.prefix[:-1]: str(frames) for sequence, frames in needed} == files
