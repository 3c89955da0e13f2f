"""What one render leaves to the next: its network, and to the chunk that goes on from it, what it saw."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_network import with_network, write_random_network
from small_shot import SHOT, SmallShot, color_of, differing, out, read_channels

from vst_core import FrameRange, ModelError, render_shot
from vst_core.pipeline import method
from vst_core.pipeline.cache import RenderCache

FRAMES = FrameRange(1001, 1002)
Render = Callable[..., Path]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the networks that are loaded from now on."""
    names: list[str] = []

    def told(load: Callable[..., Any]) -> Callable[..., Any]:
        def load_and_tell(name: str, *more: Any, **options: Any) -> Any:
            names.append(Path(name).stem)
            return load(name, *more, **options)

        return load_and_tell

    for name in ("load_checkpoint", "Features"):
        monkeypatch.setattr(method, name, told(getattr(method, name)))
    return names


@pytest.fixture
def render(small_shot: SmallShot, tmp_path: Path) -> Render:
    """Renders two frames into a new folder, which it returns."""
    cache = RenderCache()

    def run(folder: str, **changes: Any) -> Path:
        list(render_shot(small_shot.settings(tmp_path / folder, frames=str(FRAMES), **changes), cache=cache))
        return tmp_path / folder

    return run


def test_the_same_network_is_loaded_once_and_paints_the_same(
    small_network: Path, render: Render, loaded: list[str]
) -> None:
    first, second = (render(folder, **with_network(small_network)) for folder in ("first", "second"))
    assert loaded == ["small"]
    assert differing(first, second, FRAMES) == []


def test_so_is_the_feature_network_of_an_optimisation(render: Render, loaded: list[str]) -> None:
    first, second = (render(folder) for folder in ("first", "second"))
    assert loaded == ["vgg16"]
    assert differing(first, second, FRAMES) == []
    render("other layers", optimization__content_layers=["relu3_1"])
    assert loaded == ["vgg16", "vgg16"]


def test_another_file_of_the_same_name_is_another_network(tmp_path: Path, render: Render, loaded: list[str]) -> None:
    file = write_random_network(tmp_path / "mine.safetensors")
    first = render("first", **with_network(file))
    write_random_network(file, seed=2)
    second = render("second", **with_network(file))
    assert loaded == ["mine", "mine"]
    before, after = (color_of(read_channels(out(folder, FRAMES.first))) for folder in (first, second))
    assert abs(before - after).max() > 0.01


def test_a_network_that_could_not_be_loaded_is_not_kept(
    tmp_path: Path, small_network: Path, render: Render, loaded: list[str]
) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no network")
    render("small", **with_network(small_network))
    for _ in range(2):
        with pytest.raises(ModelError, match="is not a network"):
            render("broken", **with_network(broken))
    assert loaded == ["small", "broken", "broken"]


@pytest.fixture
def chunk(small_network: Path) -> Callable[..., None]:
    """Renders a chunk of the shot with a lag of two."""
    cache = RenderCache()

    def run(shot: SmallShot, folder: Path, frames: str, **changes: Any) -> None:
        settings = shot.settings(folder, **with_network(small_network, lags="1,2", chunk=frames, **changes))
        list(render_shot(settings, cache=cache))

    return run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, small_shot: SmallShot, small_network: Path) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    small_shot.render(folder, **with_network(small_network, lags="1,2"))
    return folder


@pytest.mark.parametrize("cuts", ["auto", "none"])
def test_a_chunk_reads_no_plate_that_the_one_before_has_read(
    small_shot: SmallShot, chunk: Callable[..., None], whole: Path, tmp_path: Path, plates_read: list[int], cuts: str
) -> None:
    for frames in ("1001-1002", "1003", "1004"):
        chunk(small_shot, tmp_path, frames, cuts=cuts)
    assert plates_read == list(SHOT)
    if cuts == "auto":
        assert differing(whole, tmp_path, SHOT) == []


def test_a_plate_that_was_written_again_is_read_again(
    small_shot: SmallShot, small_network: Path, chunk: Callable[..., None], tmp_path: Path, plates_read: list[int]
) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    chunk(shot, tmp_path / "kept", "1001-1003")
    shutil.copytree(tmp_path / "kept", tmp_path / "anew")
    shutil.copy(shot.path(1005), shot.path(1003))
    plates_read.clear()
    chunk(shot, tmp_path / "kept", "1004")
    assert 1003 in plates_read
    shot.render(tmp_path / "anew", **with_network(small_network, lags="1,2", chunk="1004"))
    assert differing(tmp_path / "kept", tmp_path / "anew", FrameRange(1004, 1004)) == []


@pytest.mark.parametrize("changes", [{"scale": 0.75}, {"cuts": "1003"}, {"flow__source": "dis"}])
def test_a_chunk_of_another_render_sees_for_itself(
    small_shot: SmallShot,
    small_network: Path,
    chunk: Callable[..., None],
    tmp_path: Path,
    changes: dict[str, Any],
) -> None:
    other = with_network(small_network, lags="1,2", **changes)
    small_shot.render(tmp_path / "anew", **other, chunk="1001-1002")
    shutil.copytree(tmp_path / "anew", tmp_path / "kept")
    small_shot.render(tmp_path / "anew", **other, chunk="1003-1004")
    chunk(small_shot, tmp_path / "before", "1001-1002")
    chunk(small_shot, tmp_path / "kept", "1003-1004", **changes)
    assert differing(tmp_path / "kept", tmp_path / "anew", FrameRange(1003, 1004)) == []


def test_a_draft_sees_for_itself(
    small_shot: SmallShot, chunk: Callable[..., None], tmp_path: Path, plates_read: list[int]
) -> None:
    chunk(small_shot, tmp_path / "exact", "1001-1003")
    plates_read.clear()
    chunk(small_shot, tmp_path / "draft", "1004", preroll=1)
    assert plates_read == [1003, 1004]
