from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_shot import SmallShot
from worker_process import LAST, worker_process

import vst_core
from vst_core import SettingsError
from vst_core.networks import ARCHITECTURES, TransformerNet, write_checkpoint
from vst_core.pipeline.cache import RenderCache
from vst_core.worker.jobs import Job
from vst_core.worker.trial import run_trial, trial_settings


def trial(**given: Any) -> dict[str, Any]:
    """The report of a trial in this process."""
    settings = trial_settings(given)
    return run_trial(settings, RenderCache(), Job("trial", lambda _: {}, lambda *_, **__: None))


def test_a_trial_renders_a_frame_of_its_own(small_shot: SmallShot, tmp_path: Path) -> None:
    settings = small_shot.settings(tmp_path / "out", plate="nothing.####.exr", optimization__style_loss="gram")
    with worker_process() as worker:
        worker.ask("test", job="a", settings=settings)
        end = worker.until(*LAST)[-1]
    assert (end["event"], end["job"], end["version"]) == ("done", "a", vst_core.__version__)
    assert (end["weights"], end["method"]) == (str(small_shot.weights), "optimization")
    assert end["device"].endswith("/1 threads")
    assert (end["width"], end["height"]) == (128, 128)
    assert end["seconds"] > 0
    assert list(tmp_path.iterdir()) == []


def test_a_trained_network_is_tried_in_a_style_of_its_own(tmp_path: Path) -> None:
    network = tmp_path / "mine.safetensors"
    write_checkpoint(network, TransformerNet(ARCHITECTURES["fast"], 2), ("dots", "bars"), {})
    report = trial(method="feedforward", network=str(network), device="cpu", threads=1)
    assert (report["method"], report["weights"]) == ("feedforward", str(network))
    assert report["seconds"] > 0


def test_opencv_which_takes_no_umlauts_on_windows_is_given_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cv2.imwrite", lambda *_: False)  # which is all that it says there
    assert trial(method="feedforward", network="fast", device="cpu", threads=1)["seconds"] > 0


@pytest.mark.parametrize("features", ["vgg16", "vgg19"])
def test_without_weights_a_trial_says_so_and_fetches_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, features: str
) -> None:
    for variable in ("VST_WEIGHTS", "TORCH_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    report = trial(method="optimization", features=features, device="cpu")
    assert (report["weights"], report["seconds"]) == (None, None)
    assert report["device"].startswith("cpu/")
    assert list(tmp_path.iterdir()) == []


def test_a_trial_of_a_network_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(vst_core.ModelError, match="unknown network"):
        trial(method="feedforward", network=str(tmp_path / "none.safetensors"))


def test_a_trial_keeps_what_decides_speed_and_refuses_what_it_does_not_know() -> None:
    settings = trial_settings({"device": "cpu", "threads": 3, "style": 5, "frames": "9-1", "plate": None})
    assert (settings.device, settings.threads) == ("cpu", 3)
    with pytest.raises(SettingsError, match="unknown setting 'colour'"):
        trial_settings({"colour": 1})
