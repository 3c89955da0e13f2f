"""A training run as a whole: what it leaves on disk, whatever happens to it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
import torch
from small_shot import leftovers, snapshot
from small_training import (
    FILES,
    RECIPE,
    STEPS,
    STYLES,
    beside,
    files,
    network,
    settings,
    sha256,
    smooth_picture,
    stopped_after,
    trained,
    write_picture,
    write_styles,
)

from vst_core.device import resolve_device
from vst_core.errors import ExitCode, InputError, ModelError, OutputError, SettingsError
from vst_core.networks import read_checkpoint
from vst_core.training.history import PARTS
from vst_core.training.loop import Step, Trainer
from vst_core.training.run import train


def test_what_a_training_leaves(trained_whole: Path) -> None:
    assert files(trained_whole) == FILES
    assert leftovers(trained_whole) == []
    for name in ("loss.png", "samples.png"):
        assert cv2.imread(str(beside(trained_whole) / name)) is not None
    losses = [json.loads(line) for line in (beside(trained_whole) / "loss.jsonl").read_text().splitlines()]
    assert [loss["step"] for loss in losses] == list(range(1, STEPS + 1))
    assert all(loss["total"] > 0 for loss in losses)


def test_the_network_appears_when_it_is_done_and_steps_are_told_in_order(tmp_path: Path, small_weights: Path) -> None:
    told = []
    for step in train(settings(tmp_path, small_weights)):
        assert not network(tmp_path).exists()
        told.append(step)
    assert network(tmp_path).is_file()
    assert [step.number for step in told] == list(range(STEPS + 1))
    assert [bool(step.loss) for step in told] == [False] + [True] * STEPS
    assert all(not step.notes for step in told)


def test_the_model_card_says_how_the_network_came_to_be(trained_whole: Path, small_weights: Path) -> None:
    checkpoint = read_checkpoint(network(trained_whole))
    card = checkpoint.card
    assert checkpoint.styles == STYLES
    assert card["recipe"]["steps"] == card["steps"] == STEPS
    assert card["recipe"]["styles"] == [
        {"file": f"{name}.png", "sha256": sha256(trained_whole / "styles" / f"{name}.png")} for name in STYLES
    ]
    assert card["features"] == {"network": "vgg16", "sha256": sha256(small_weights)}
    assert card["data"] == {"source": "synthetic", "pictures": 400}
    assert card["device"] == str(resolve_device("cpu", threads=1))
    assert card["parameters"] == sum(parameter.numel() for parameter in checkpoint.network.parameters())
    losses = [json.loads(line) for line in (beside(trained_whole) / "loss.jsonl").read_text().splitlines()]
    assert card["loss"]["total"] == pytest.approx(sum(loss["total"] for loss in losses) / STEPS)
    assert card["loss"].keys() == set(PARTS)
    assert {"vst", "torch", "fingerprint", "license"} <= card.keys()


def test_the_same_files_under_other_paths_give_the_same_bytes_without_a_path(
    trained_whole: Path, tmp_path: Path, small_weights: Path
) -> None:
    other = tmp_path / "elsewhere" / "deeper"
    weights = Path(shutil.copy(small_weights, tmp_path / "renamed.safetensors"))
    trained(other, weights)
    assert sha256(network(other)) == sha256(network(trained_whole))
    for path in (trained_whole, other):
        assert str(path).encode() not in network(path).read_bytes()
        assert str(path.parent).encode() not in network(path).read_bytes()


@pytest.mark.parametrize("normalization", ["batch", "none"])
def test_a_normalisation_that_cannot_render_gives_no_network_and_says_so(
    tmp_path: Path, small_weights: Path, normalization: str
) -> None:
    told = trained(tmp_path, small_weights, normalization=normalization)
    assert len(told) == STEPS + 1
    assert [f"normalization {normalization} is for comparison: no network is written" in told[0].notes[0]] == [True]
    assert not network(tmp_path).exists()
    assert files(tmp_path) == FILES
    before = snapshot(beside(tmp_path))
    assert trained(tmp_path, small_weights, normalization=normalization) == [Step(STEPS, STEPS, {})]
    assert snapshot(beside(tmp_path)) == before


def photos(folder: Path) -> Path:
    for index in range(3):
        write_picture(folder / f"{index}.png", smooth_picture(index))
    return folder


@pytest.mark.parametrize(
    "break_it", [lambda path: path.write_bytes(b"no picture"), lambda path: path.symlink_to("gone.jpg")]
)
def test_a_broken_picture_is_named_once_a_run_and_listed_once(
    break_it: Callable[[Path], object], tmp_path: Path, small_weights: Path
) -> None:
    data = photos(tmp_path / "data")
    break_it(data / "broken.jpg")
    run = train(settings(tmp_path, small_weights, data=str(data), steps=16))
    first = [step for step, _ in zip(run, range(8), strict=False)]
    run.close()
    for told in (first, trained(tmp_path, small_weights, data=str(data), steps=16)):
        notes = [note for step in told for note in step.notes]
        assert notes == [f"{data / 'broken.jpg'}: does not decode as a picture and is left out"]
    assert (beside(tmp_path) / "skipped.txt").read_text() == "broken.jpg\n"
    about = read_checkpoint(network(tmp_path)).card["data"]
    assert about["source"] == "folder"
    assert about["pictures"] == 4
    assert str(data).encode() not in network(tmp_path).read_bytes()


def test_a_folder_of_pictures_gives_the_same_bits_again_and_counts_for_a_resume(
    tmp_path: Path, small_weights: Path
) -> None:
    data = str(photos(tmp_path / "data"))
    run = train(settings(tmp_path / "a", small_weights, data=data))
    for _ in range(3):
        next(run)
    run.close()
    trained(tmp_path / "a", small_weights, data=data)
    trained(tmp_path / "b", small_weights, data=str(shutil.copytree(data, tmp_path / "moved")))
    assert sha256(network(tmp_path / "a")) == sha256(network(tmp_path / "b"))
    write_picture(tmp_path / "data" / "more.png", smooth_picture(8))
    with pytest.raises(OutputError, match="was made with different settings"):
        trained(tmp_path / "a", small_weights, data=data)


def test_a_folder_in_which_nothing_decodes_ends_the_training(tmp_path: Path, small_weights: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "broken.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="none of the pictures can be decoded"):
        trained(tmp_path, small_weights, data=str(tmp_path / "data"))
    assert not network(tmp_path).exists()


def test_a_training_that_diverges_gives_no_network(tmp_path: Path, small_weights: Path) -> None:
    with pytest.raises(ModelError, match="the training diverged at step") as refused:
        trained(tmp_path, small_weights, style_weight=3e38, learning_rate=1)
    assert refused.value.exit_code is ExitCode.MODEL
    assert not network(tmp_path).exists()


def test_a_lack_of_memory_is_said_with_what_a_training_can_do_about_it(
    tmp_path: Path, small_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(Trainer, "_advance", short)
    with pytest.raises(ModelError, match=r"^the training: out of memory; lower the side or batch of the stages"):
        trained(tmp_path, small_weights)


def test_weights_beyond_half_precision_give_no_network(tmp_path: Path, small_weights: Path) -> None:
    stopped_after(tmp_path, small_weights, STEPS)
    run = train(settings(tmp_path, small_weights, {"overwrite": True}, learning_rate=1, steps=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vst_core.training.loop.schedule", lambda _: 1e6)
        with pytest.raises(ModelError, match="the training ended in weights that are not finite"):
            list(run)
    assert not network(tmp_path).exists()
    assert leftovers(tmp_path) == []


def test_two_processes_do_not_train_one_network(tmp_path: Path, small_weights: Path) -> None:
    first = train(settings(tmp_path, small_weights))
    next(first)
    with pytest.raises(OutputError, match="another process is training this network"):
        trained(tmp_path, small_weights)
    first.close()
    assert len(trained(tmp_path, small_weights)) == STEPS + 1


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path, small_weights: Path) -> None:
    (beside(tmp_path) / "lock").mkdir(parents=True)  # as where somebody else's training was
    with pytest.raises(OutputError, match=r"net\.training: cannot be written \(Is a directory\)"):
        trained(tmp_path, small_weights)


def test_an_output_that_cannot_be_is_refused_at_once(tmp_path: Path, small_weights: Path) -> None:
    with pytest.raises(SettingsError, match=r"ends in \.safetensors"):
        settings(tmp_path, small_weights, {"output": tmp_path / "net.pth"})
    with pytest.raises(SettingsError, match="must be UTF-8"):
        settings(tmp_path, small_weights, {"output": tmp_path / os.fsdecode(b"caf\xe9.safetensors")})
    network(tmp_path).mkdir()
    with pytest.raises(SettingsError, match="is a folder"):
        trained(tmp_path, small_weights)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        trained(tmp_path, small_weights, {"output": tmp_path / "file" / "net.safetensors"})


def test_a_training_goes_on_from_another_network_and_the_card_says_so(
    trained_whole: Path, tmp_path: Path, small_weights: Path
) -> None:
    begun = network(trained_whole)
    trained(tmp_path, small_weights, start=begun, learning_rate=1e-12, steps=1, stages=[RECIPE["stages"][0]])
    first, second = read_checkpoint(begun), read_checkpoint(network(tmp_path))
    assert second.card["start"] == {"card": first.card, "sha256": sha256(begun)}
    assert second.card["recipe"]["start"] == begun.name
    other = second.network.state_dict()
    assert all(torch.allclose(value, other[name]) for name, value in first.network.state_dict().items())


@pytest.mark.parametrize("change", [{"size": "quality"}, {"swap": True}])
def test_a_network_of_another_size_or_order_of_styles_is_no_start(
    trained_whole: Path, tmp_path: Path, small_weights: Path, change: dict[str, Any]
) -> None:
    if change.pop("swap", False):
        change["styles"] = [str(path) for path in reversed(write_styles(tmp_path))]
    with pytest.raises(SettingsError, match="has other styles or another size: dots, bars"):
        next(train(settings(tmp_path, small_weights, start=network(trained_whole), **change)))
    assert not network(tmp_path).exists()
