"""``vst train`` as a user and a farm meet it."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from exr_files import start_child
from full_disk import largest_file
from small_shot import COMMAND_LINE, Outcome, leftovers, wait_for
from small_training import FILES, STEPS, STYLES, beside, command, files, network, sha256

from vst_core.cli.train import OPTIONS
from vst_core.networks import read_checkpoint
from vst_core.training.recipe import Recipe
from vst_core.training.settings import TrainingSettings

Run = Callable[..., Outcome]


def complaint(outcome: Outcome) -> str:
    """The one line of a command that failed at once."""
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1, outcome.err
    assert outcome.err.startswith("vst: ")
    return outcome.err.removeprefix("vst: ").rstrip()


def test_every_setting_has_an_option_or_stands_in_the_recipes_file(vst: Run) -> None:
    named = {option.setting for option in OPTIONS}
    everything = {f"recipe.{name}" for name in Recipe.model_fields} | TrainingSettings.model_fields.keys()
    assert everything - named == {"recipe", "recipe.stages", "recipe.style_layers", "recipe.content_layers"}
    shown = vst("train", "--help").out
    for option in OPTIONS:
        assert option.flags[0].partition("/")[0] in shown
    assert "[4000]" in shown
    assert "[synthetic]" in shown


def test_a_training_says_lines_and_where_the_network_is(tmp_path: Path, small_weights: Path, vst: Run) -> None:
    first = vst(*command(tmp_path, small_weights, "--license", "CC0-1.0", "--seed", 3))
    assert (first.code, first.out) == (0, f"{network(tmp_path)}\n")
    lines = first.err.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"step 1/{STEPS}", f"step {STEPS}/{STEPS}"]
    assert all(word in lines[-1] for word in ("loss", "content", "style", "tv", "temporal"))
    assert files(tmp_path) == FILES
    card = read_checkpoint(network(tmp_path)).card
    assert (card["license"], card["recipe"]["seed"]) == ("CC0-1.0", 3)
    again = vst(*command(tmp_path, small_weights, "--license", "CC0-1.0", "--seed", 3))
    assert again == Outcome(0, f"{network(tmp_path)}\n", f"{network(tmp_path)}: is trained already\n")


def test_json_tells_a_host_everything_in_order(tmp_path: Path, small_weights: Path, vst: Run) -> None:
    (tmp_path / "data").mkdir()
    shutil.copy(command(tmp_path, small_weights)[6], tmp_path / "data")
    (tmp_path / "data" / "broken.png").write_bytes(b"no picture")
    arguments = command(tmp_path, small_weights, "--json", "--data", tmp_path / "data", "--steps", 9)
    outcome = vst(*arguments)
    assert (outcome.code, outcome.err) == (0, "")
    start, *steps, done = outcome.events
    assert start == {"event": "start", "step": 0, "steps": 9, "notes": []}
    assert [step["step"] for step in steps] == list(range(1, 10))
    assert all(step["event"] == "progress" and step["loss"]["total"] > 0 for step in steps)
    assert [note for step in steps for note in step["notes"]] == [
        f"{tmp_path / 'data' / 'broken.png'}: does not decode as a picture and is left out"
    ]
    assert done == {"event": "done", "path": str(network(tmp_path))}
    losses = [json.loads(line) for line in (beside(tmp_path) / "loss.jsonl").read_text().splitlines()]
    assert losses == [{"step": step["step"]} | step["loss"] for step in steps]
    assert [event["event"] for event in vst(*arguments).events] == ["start", "done"]


def test_options_override_the_recipes_file(tmp_path: Path, small_weights: Path, vst: Run) -> None:
    arguments = command(tmp_path, small_weights, "--steps", 2, "--size", "quality", "--tv-weight", 0.5)
    assert vst(*arguments).code == 0
    recipe = read_checkpoint(network(tmp_path)).card["recipe"]
    assert (recipe["steps"], recipe["size"], recipe["tv_weight"]) == (2, "quality", 0.5)
    assert [stage["side"] for stage in recipe["stages"]] == [64, 64]


def test_styles_may_stand_in_the_recipes_file(tmp_path: Path, small_weights: Path, vst: Run) -> None:
    arguments = command(tmp_path, small_weights)
    recipe = tmp_path / "recipe.json"
    styles = [str(tmp_path / "styles" / f"{name}.png") for name in STYLES]
    recipe.write_text(json.dumps(json.loads(recipe.read_text()) | {"styles": styles, "steps": 1}))
    assert vst(*(word for word in arguments if word != "--style" and word not in styles[1:]), "--json").code == 2
    assert vst("train", "--settings", recipe, "-o", network(tmp_path), "--weights", small_weights).code == 0
    assert read_checkpoint(network(tmp_path)).styles == STYLES


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("--steps", 0), 2, "--steps: "),
        (("--learning-rate", 9), 2, "--learning-rate: "),
        (("--size", "huge"), 2, "--size: "),
        (("--threads", -1), 2, "threads: "),
        (("-o", "net.pth"), 2, "output: the name of a network's file ends in .safetensors"),
        (("--style", "other/dots.png"), 2, "two style images have one name"),
        (("--style", "missing.png"), 3, "missing.png: "),
        (("--samples", "missing.png"), 3, "missing.png: "),
        (("--data", "missing"), 3, "missing: is not a folder; give a folder of pictures, or 'synthetic'"),
        (("--weights", "missing.pth"), 5, "missing.pth: weights cannot be read"),
        (("--device", "tpu"), 5, "device 'tpu' cannot be used"),
        (("--features", "vgg18"), 2, "--features: "),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_what_stands_in_the_way_is_one_line(
    more: tuple[object, ...], code: int, words: str, tmp_path: Path, small_weights: Path, vst: Run
) -> None:
    outcome = vst(*command(tmp_path, small_weights, *more))
    assert words in complaint(outcome)
    assert outcome.code == code
    assert not network(tmp_path).exists()


def test_what_is_missing_is_named(tmp_path: Path, vst: Run) -> None:
    assert complaint(vst("train", "-o", "net.safetensors")).startswith("--style: is missing")
    assert complaint(vst("train", "--style", "a.png")).startswith("--output: is missing")
    assert vst("train", "--style", "a.png").code == 2
    (tmp_path / "recipe.json").write_text('{"stepz": 3}')
    unknown = vst("train", "--settings", tmp_path / "recipe.json", "--style", "a.png", "-o", "net.safetensors")
    assert complaint(unknown) == f"{tmp_path / 'recipe.json'}: unknown setting 'stepz'"


def test_without_weights_a_training_says_how_to_get_them(
    tmp_path: Path, small_weights: Path, monkeypatch: pytest.MonkeyPatch, vst: Run
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("VST_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    arguments = command(tmp_path, small_weights)
    position = arguments.index("--weights")
    outcome = vst(*arguments[:position], *arguments[position + 2 :])
    assert outcome.code == 5
    assert "no weights found for vgg16" in complaint(outcome)


def test_another_training_of_that_name_needs_overwrite(tmp_path: Path, small_weights: Path, vst: Run) -> None:
    assert vst(*command(tmp_path, small_weights, "--steps", 1)).code == 0
    before = sha256(network(tmp_path))
    refused = vst(*command(tmp_path, small_weights, "--steps", 2))
    assert refused.code == 4
    assert "give --overwrite to start over" in complaint(refused)
    assert sha256(network(tmp_path)) == before
    assert vst(*command(tmp_path, small_weights, "--steps", 2, "--overwrite")).code == 0
    assert sha256(network(tmp_path)) != before


def test_a_training_that_diverges_is_one_line(tmp_path: Path, small_weights: Path, vst: Run) -> None:
    outcome = vst(*command(tmp_path, small_weights, "--style-weight", 3e38, "--json"))
    assert outcome.code == 5
    assert outcome.events[-1]["message"].startswith("the training diverged at step ")
    assert "lower the learning rate" in outcome.err
    assert outcome.err.count("\n") == 1
    assert not network(tmp_path).exists()


@pytest.mark.parametrize("size", [100, 300_000], ids=["losses", "state"])
def test_a_full_disk_is_named_and_the_next_run_goes_on(
    size: int, tmp_path: Path, small_weights: Path, vst: Run
) -> None:
    arguments = command(tmp_path, small_weights)
    with largest_file(size):
        outcome = vst(*arguments)
    assert outcome.code == 4
    assert outcome.err.splitlines()[-1].startswith(f"vst: {tmp_path}")
    assert "cannot be written" in outcome.err.splitlines()[-1]
    assert not network(tmp_path).exists()
    assert leftovers(tmp_path) == []
    assert vst(*arguments).code == 0


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_training_saves_its_state_and_goes_on(
    tmp_path: Path, small_weights: Path, vst: Run, sent: signal.Signals, code: int
) -> None:
    arguments = command(tmp_path, small_weights, "--json", "--steps", 30)
    with start_child(COMMAND_LINE, *arguments) as child:
        wait_for(child, "progress")
        child.send_signal(sent)
        told, complaints = child.communicate(timeout=120)
    assert child.returncode == code, complaints
    *steps, error = [json.loads(line) for line in told.splitlines()]
    assert complaints == f"vst: {error['message']}\n"
    done = steps[-1]["step"] if steps else 1
    assert error["message"].startswith(f"stopped after step {done} of 30; the same command")
    assert error["exit_code"] == code
    assert not network(tmp_path).exists()
    assert leftovers(tmp_path) == []
    start, *more, end = vst(*arguments).events
    assert (start["event"], start["step"]) == ("start", done)
    assert [step["step"] for step in more] == list(range(done + 1, 31))
    assert end == {"event": "done", "path": str(network(tmp_path))}


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path, small_weights: Path) -> None:
    impatient = """
        import signal
        from vst_core.training import loop

        def stuck(self):
            signal.raise_signal(signal.SIGINT)
            print('{"event": "waits"}', flush=True)
            signal.raise_signal(signal.SIGINT)
            print('{"event": "went on"}', flush=True)

        loop.Trainer._advance = stuck
        import sys
        from vst_core.cli import main
        sys.argv[0] = "vst"
        main()
    """
    with start_child(impatient, *command(tmp_path, small_weights, "--json")) as child:
        told, complaints = child.communicate(timeout=120)
    assert child.returncode == 130
    assert [json.loads(line)["event"] for line in told.splitlines()] == ["start", "waits", "error"]
    assert complaints.startswith("vst: stopped")
    assert complaints.count("\n") == 1
