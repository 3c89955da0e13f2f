"""A network that one render leaves to the next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_network import with_network, write_random_network
from small_shot import SmallShot, color_of, differing, out, read_channels

from vst_core import FrameRange, ModelError, render_shot
from vst_core.pipeline import method
from vst_core.pipeline.method import NetworkCache

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
    networks = NetworkCache()

    def run(folder: str, **changes: Any) -> Path:
        list(render_shot(small_shot.settings(tmp_path / folder, frames=str(FRAMES), **changes), networks=networks))
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
        with pytest.raises(ModelError, match="no network"):
            render("broken", **with_network(broken))
    assert loaded == ["small", "broken", "broken"]
