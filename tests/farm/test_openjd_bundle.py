"""Bundles of Open Job Description: what the engine's own library and that of AWS Deadline Cloud make of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from deadline.client.job_bundle.loader import read_yaml_or_json_object, validate_directory_symlink_containment
from deadline.client.job_bundle.parameters import apply_job_parameters, read_job_bundle_parameters
from deadline.client.job_bundle.submission import AssetReferences, split_parameter_args
from openjd.model import Job, Step, StepParameterSpaceIterator, create_job, decode_job_template
from openjd.model import preprocess_job_parameters as preprocessed
from small_network import with_network
from small_shot import SmallShot

from vst_core import FrameRange, SettingsError
from vst_core.farm.openjd_bundle import TEMPLATE, write_bundle
from vst_core.farm.openjd_parameters import common_parameters
from vst_core.farm.plan import Plan, plan_shots
from vst_core.farm.settings import FarmSettings
from vst_core.farm.task import COMMON, task_settings
from vst_core.settings import RenderSettings

Bundled = Callable[..., Path]


@pytest.fixture
def planned(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> Callable[..., Plan]:
    """A plan of the small shot's five frames, or of several shots by their name, each with changes of its own."""

    def plan(shots: dict[str, dict[str, Any]] | None = None, **farm: Any) -> Plan:
        made = [
            (name, small_shot.settings(tmp_path / name, **with_network(small_network, frames=None) | changes))
            for name, changes in (shots or {"a": {}}).items()
        ]
        return plan_shots(made, FarmSettings.of(farm))

    return plan


@pytest.fixture
def bundled(planned: Callable[..., Plan], tmp_path: Path) -> Bundled:
    """Folder of the bundle for a plan."""

    def write(*shots: Any, **farm: Any) -> Path:
        return write_bundle(planned(*shots, **farm), tmp_path / "jöb b", "night", 3).parent

    return write


def template_of(bundle: Path) -> dict[str, Any]:
    """What is in the template, once its own library has taken it."""
    data: dict[str, Any] = yaml.safe_load((bundle / TEMPLATE).read_text(encoding="utf-8"))
    decode_job_template(template=data)
    return data


def job_of(bundle: Path) -> Job:
    """The job that the engine makes of a bundle with the values that it brings along."""
    template = decode_job_template(template=template_of(bundle))
    given = yaml.safe_load((bundle / "parameter_values.yaml").read_text(encoding="utf-8"))["parameterValues"]
    values = {each["name"]: str(each["value"]) for each in given if ":" not in each["name"]}
    parameters = preprocessed(
        job_template=template, job_parameter_values=values, job_template_dir=bundle, current_working_dir=bundle
    )
    return create_job(job_template=template, job_parameter_values=parameters)


def chunks_of(step: Step) -> list[FrameRange]:
    """The frames of each of its tasks, as the engine gives them out."""
    assert step.parameterSpace is not None
    return [
        FrameRange.parse(str(each["Frames"].value)) for each in StepParameterSpaceIterator(space=step.parameterSpace)
    ]


def arguments(step: dict[str, Any]) -> list[str]:
    words: list[str] = step["script"]["actions"]["onRun"]["args"]
    return words[words.index("{{Session.PathMappingRulesFile}}") + 1 :]


def shot_of(step: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(step["script"]["embeddedFiles"][0]["data"])
    return data


def test_whole_shots_are_steps_beside_one_another(bundled: Bundled) -> None:
    template = template_of(bundled({"a": {}, "b": {"frames": "1002-1004"}}))
    assert template["name"] == "night"
    assert template["description"] == "2 shots, 8 frames, by vst submit."
    assert "extensions" not in template  # which not every engine has
    steps = template["steps"]
    assert [(step["name"], arguments(step), step.get("dependencies")) for step in steps] == [
        ("a 1001-1005", [], None),
        ("b 1002-1004", [], None),
    ]
    assert [shot_of(step)["frames"] for step in steps] == ["1001-1005", "1002-1004"]
    amounts = {each["name"]: each["min"] for each in steps[0]["hostRequirements"]["amounts"]}
    assert amounts["amount.worker.vcpu"] == 1
    assert 600 < amounts["amount.worker.memory"] < 800
    assert "amount.worker.gpu" not in amounts


def test_a_task_on_a_card_asks_for_one(bundled: Bundled) -> None:
    template = template_of(bundled({"a": {"device": "cuda", "frames": "1002"}}))
    assert template["description"] == "1 shot, 1 frame, by vst submit."
    (step,) = template["steps"]
    assert {"name": "amount.worker.gpu", "min": 1} in step["hostRequirements"]["amounts"]


def test_exact_chunks_wait_for_the_one_before(bundled: Bundled) -> None:
    steps = template_of(bundled(chunks="exact", chunk_size=2))["steps"]
    assert [(step["name"], arguments(step), step.get("dependencies")) for step in steps] == [
        ("a 1001-1002", ["--chunk=1001-1002"], None),
        ("a 1003-1004", ["--chunk=1003-1004"], [{"dependsOn": "a 1001-1002"}]),
        ("a 1005", ["--chunk=1005"], [{"dependsOn": "a 1003-1004"}]),
    ]
    assert "preroll" not in shot_of(steps[0])


def test_draft_chunks_are_the_tasks_of_one_step_with_the_boundaries_of_the_plan(
    bundled: Bundled, planned: Callable[..., Plan]
) -> None:
    shots, farm = {"a": {"cuts": "1004"}}, {"chunks": "draft", "chunk_size": 2, "preroll": 5}
    job = job_of(bundled(shots, **farm))
    assert [step.name for step in job.steps] == ["a 1001-1003", "a 1004-1005"]
    chunks = [chunk for step in job.steps for chunk in chunks_of(step)]
    assert list(map(str, chunks)) == ["1001-1002", "1003", "1004-1005"]
    assert chunks == [task.frames for task in planned(shots, **farm).tasks]


def test_negative_frames(bundled: Bundled, small_shot: SmallShot, tmp_path: Path) -> None:
    for frame in range(-3, 2):
        shutil.copy(small_shot.path(1001), tmp_path / f"n.{frame:04d}.exr")
    shot = {"plate": str(tmp_path / "n.####.exr")}
    bundle = bundled({"n": shot}, chunks="draft", chunk_size=2)
    (step,) = job_of(bundle).steps
    assert list(map(str, chunks_of(step))) == ["-3--2", "-1-0", "1"]
    (word, part) = arguments(template_of(bundle)["steps"][0])
    assert (word, part) == ("--chunk={{Task.Param.Frames}}", "--part=-3-1")
    settings = tmp_path / "shot.json"
    settings.write_text(template_of(bundle)["steps"][0]["script"]["embeddedFiles"][0]["data"])
    found = task_settings(settings, "-1-0", "-3-1", None)
    assert (found["chunk"], found["preroll"]) == ("-1-0", 2)


def test_the_parameters_are_what_the_schema_says_and_all_shots_have_in_common(planned: Callable[..., Plan]) -> None:
    plan = planned({"a": {"strength": 0.25, "scale": 0.5}, "b": {"strength": 0.25}})
    found = {each.setting: each for each in common_parameters([task.settings for task in plan.tasks])}
    assert found["strength"].definition.items() >= {"name": "Strength", "type": "FLOAT", "minValue": 0}.items()
    assert found["strength"].typed == 0.25
    assert found["keep_color"].definition["allowedValues"] == ["off", "luminance", "match"]
    assert found["flow.flip_x"].definition["allowedValues"] == ["true", "false"]
    assert found["color_space"].value == ""
    schema = RenderSettings.model_json_schema()["properties"]
    assert found["strength"].definition["description"] == schema["strength"]["description"]
    unexpected = {"scale", "plate", "frames", "style.styles", "cuts", "network", "weights", "optimization.seed"}
    assert found.keys() & unexpected == set()


def test_the_parameters_of_a_method_are_its_own(planned: Callable[..., Plan]) -> None:
    plan = planned({"a": {"method": "optimization", "network": "quality"}})
    found = {each.setting for each in common_parameters([task.settings for task in plan.tasks])}
    assert found >= {"optimization.seed", "optimization.style_loss", "features"}
    assert found & {"network", "tile", "optimization.content_layers", "optimization.style_layers"} == set()


def test_a_task_has_the_settings_of_its_plan(
    bundled: Bundled, planned: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = "{{Param.Vst}} ünï }}"
    shots = {odd: {"strength": 0.25, "keep_color": "match", "color_space": "ACEScg", "flow__flip_x": True}, "b": {}}
    bundle = bundled(shots, chunks="draft", chunk_size=2, preroll=1)
    template = template_of(bundle)
    environment = template["jobEnvironments"][0]["script"]["embeddedFiles"][0]["data"]
    for parameter in template["parameterDefinitions"]:  # as the engine does it
        environment = environment.replace(f"{{{{Param.{parameter['name']}}}}}", str(parameter["default"]))
    (tmp_path / "common.txt").write_text(environment)
    (tmp_path / "shot.json").write_text(template["steps"][0]["script"]["embeddedFiles"][0]["data"], encoding="utf-8")
    monkeypatch.setenv(COMMON, str(tmp_path / "common.txt"))
    found = RenderSettings.of(task_settings(tmp_path / "shot.json", "1003-1004", "1001-1005", None))
    assert found == planned(shots, chunks="draft", chunk_size=2, preroll=1).tasks[1].settings
    job = job_of(bundle)
    assert job.steps[0].name == "{ {Param.Vst} } ünï } } 1001-1005"
    files = job.steps[0].script.embeddedFiles
    assert files is not None
    assert "{{" not in files[0].data


def test_a_bundle_is_what_deadline_cloud_takes(
    bundled: Bundled, small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    bundle = bundled({"a": {}, "b": {"frames": "1002-1003"}}, chunks="exact", chunk_size=2)
    validate_directory_symlink_containment(str(bundle))
    parameters = read_job_bundle_parameters(str(bundle))
    assets = AssetReferences.from_dict(read_yaml_or_json_object(str(bundle), "asset_references", required=True))
    apply_job_parameters([], str(bundle), parameters, assets)
    app, job = split_parameter_args(parameters, str(bundle))
    assert app == {"targetTaskRunStatus": "READY", "maxFailedTasksCount": 4, "maxRetriesPerTask": 3}
    assert job["Strength"] == {"float": "1.0"}
    plates = {str(small_shot.path(frame)) for frame in range(1001, 1006)}
    assert assets.input_filenames == plates | {str(small_network)}
    assert assets.output_directories == {str(tmp_path / "a"), str(tmp_path / "b")}


def test_mattes_and_what_lies_below_are_among_what_a_job_takes_along(
    bundled: Bundled, small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    still = tmp_path / "matte.png"
    still.write_bytes(b"picture")
    below = small_shot.copy(tmp_path / "below")
    bundle = bundled({"a": {"frames": "1002-1003", "matte": {"file": str(still)}, "over": below.pattern}})
    assets = AssetReferences.from_dict(read_yaml_or_json_object(str(bundle), "asset_references", required=True))
    frames = {str(shot.path(frame)) for shot in (small_shot, below) for frame in (1002, 1003)}
    assert assets.input_filenames == frames | {str(still), str(small_network)}


def test_long_names_are_cut_and_stay_apart(bundled: Bundled) -> None:
    long = "s" * 80
    names = [step["name"] for step in template_of(bundled({f"{long}1": {}, f"{long}2": {}}))["steps"]]
    assert len(set(names)) == 2
    assert max(map(len, names)) <= 64


def test_what_the_engine_does_not_take_is_one_line(planned: Callable[..., Plan], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Open Job Description rejected this job"):
        write_bundle(planned(), tmp_path / "job", "", 0)
    assert not (tmp_path / "job").exists()
