"""The networks that come with the engine: small, whole, described, and each style one of its own."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
import torch
from torch import Tensor

from vst_core.color import DisplayTransform
from vst_core.device import Device
from vst_core.frame_io import read_frame
from vst_core.methods import FeedForward
from vst_core.networks import ARCHITECTURES, checkpoint, find_checkpoint, load_checkpoint
from vst_core.training.recipe import read_recipe
from vst_core.weights import file_sha256

SHIPPED = ("quality", "fast")
SAMPLES = Path(__file__).parents[2] / "samples"
STYLES = 5
MOST_BYTES = 8 << 20
# Mean difference of display values that nobody overlooks.
VISIBLE = 0.03


@pytest.fixture(scope="module")
def frame(sample_shot: Path) -> Tensor:
    """The middle of a sample frame as a network sees it."""
    read = read_frame(sample_shot / "shot.1003.exr")
    return DisplayTransform("lin_rec709_scene").to_display(read.color, read.alpha).pixels[..., 42:138, 80:240]


@pytest.mark.parametrize("name", SHIPPED)
def test_it_is_there_and_is_the_one_that_was_released(name: str) -> None:
    path = find_checkpoint(name)
    assert path.is_file()
    known = checkpoint._SHA256
    assert name in known or not known
    if known:
        assert file_sha256(path) == known[name]
    assert load_checkpoint(name).network.architecture == ARCHITECTURES[name]


def test_they_are_small_enough_to_come_along() -> None:
    assert sum(find_checkpoint(name).stat().st_size for name in SHIPPED) <= MOST_BYTES


@pytest.mark.parametrize("name", SHIPPED)
def test_its_card_says_how_it_was_made_and_who_may_use_it(name: str) -> None:
    read = load_checkpoint(name)
    assert len(set(read.styles)) == len(read.styles) == STYLES
    assert read.styles == load_checkpoint(SHIPPED[0]).styles
    assert {"recipe", "license"} <= read.card.keys()
    assert all(read.card[key] for key in ("recipe", "license"))


@pytest.mark.parametrize("name", SHIPPED)
def test_each_part_of_its_training_can_be_repeated_from_its_recipe(name: str) -> None:
    """The recipes that `make` takes say what the card says, back to the first; so do the style images."""
    card, part, parts = load_checkpoint(name).card, name, 0
    while True:
        recipe = read_recipe(SAMPLES / "recipes" / f"{part}.json")
        styles = [SAMPLES.parent / path for path in recipe.pop("styles")]
        told = card["recipe"]
        assert told["styles"] == [{"file": path.name, "sha256": file_sha256(path)} for path in styles]
        assert {key: told.get(key, 0) for key in recipe} == recipe  # an older part was made without what came later
        parts += 1
        if card.get("start") is None:
            break
        card, part = card["start"]["card"], Path(told["start"]).stem
    assert parts > 1
    assert "start" not in recipe


@pytest.mark.parametrize("name", SHIPPED)
def test_every_style_is_seen_and_is_none_of_the_others(name: str, frame: Tensor) -> None:
    read, device = load_checkpoint(name), Device(torch.device("cpu"), torch.float32, 1)
    pictures = {"plate": frame}
    for style in read.styles:
        pictures[style] = FeedForward(read, [style], [1.0], device).stylize(frame, None, lambda _: None)
    for (one, first), (other, second) in combinations(pictures.items(), 2):
        assert (first - second).abs().mean() > VISIBLE, (one, other)
