"""A job as a bundle of Open Job Description: a template, its values, and the files that go in and come out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from vst_core.atomic_file import write_texts
from vst_core.errors import SettingsError
from vst_core.farm.openjd import job_template
from vst_core.farm.openjd_parameters import UNUSED, Parameter, common_parameters
from vst_core.farm.paths import input_paths
from vst_core.farm.plan import Plan
from vst_core.pipeline.mix import mixed_files
from vst_core.pipeline.motion_source import flow_files, used_flow
from vst_core.sequence import FrameSequence

TEMPLATE = "template.yaml"
_LONGEST_TEMPLATE = 1_000_000


def write_bundle(plan: Plan, folder: Path, name: str, retries: int, vst: str = "") -> Path:
    """Write a bundle: template.yaml, parameter_values.yaml and asset_references.yaml.

    Args:
        plan: what there is to do.
        folder: of the bundle; made where it is not there.
        name: of the job.
        retries: how often a task that failed is begun again, by an engine that does so.
        vst: how the farm's machines call ``vst``, where it is not by that name.

    Returns:
        The template's file.

    Raises:
        SettingsError: Open Job Description's library is not installed, or does not take the template.
        OutputError: the files cannot be written.
    """
    parameters = common_parameters([task.settings for task in plan.tasks])
    template = job_template(plan, name, parameters, vst or "vst")
    _validate(template)
    files = {
        TEMPLATE: template,
        "parameter_values.yaml": {"parameterValues": _values(plan, parameters, retries)},
        "asset_references.yaml": {"assetReferences": _assets(plan)},
    }
    texts = {file: _yaml(content) for file, content in files.items()}
    if len(texts[TEMPLATE]) > _LONGEST_TEMPLATE:
        what = f"the template of {len(template['steps'])} steps is longer than AWS Deadline Cloud takes"
        raise SettingsError(what, where="--engine openjd", remedy="give a larger --chunk-size, or fewer shots a job")
    write_texts(folder, texts)
    return folder / TEMPLATE


def _values(plan: Plan, parameters: Sequence[Parameter], retries: int) -> list[dict[str, Any]]:
    """Values of the parameters, and what AWS Deadline Cloud is to know: a shot that fails stops no other."""
    deadline = {
        "targetTaskRunStatus": "READY",
        "maxFailedTasksCount": len(plan.tasks),
        "maxRetriesPerTask": retries,
    }
    return [
        *({"name": parameter.name, "value": parameter.typed} for parameter in parameters),
        *({"name": f"deadline:{name}", "value": value} for name, value in deadline.items()),
    ]


def _assets(plan: Plan) -> dict[str, Any]:
    """Every file that the tasks read, and the folders they write into."""
    inputs: set[str] = set()
    outputs: set[str] = set()
    for _, tasks in groupby(plan.tasks, lambda task: task.shot):
        settings = next(tasks).settings
        assert settings.frames is not None
        plate, flow = FrameSequence.parse(settings.plate), used_flow(settings)
        sequences = [(plate, settings.frames), *flow_files(flow, plate, settings.frames)]
        inputs |= {str(sequence.path(frame)) for sequence, frames in sequences for frame in frames}
        inputs |= {str(files.path(frame)) for files in mixed_files(settings) for frame in settings.frames}
        used = settings.model_dump(mode="json", exclude=UNUSED[settings.method])
        inputs |= {path for path in input_paths(used) if Path(path).is_file()}
        outputs.add(str(FrameSequence.parse(settings.output.pattern).folder))
    return {"inputs": {"directories": [], "filenames": sorted(inputs)}, "outputs": {"directories": sorted(outputs)}}


def _validate(template: dict[str, Any]) -> None:
    try:
        from openjd.model import DecodeValidationError, decode_job_template
    except ImportError:
        remedy = 'install "vst-core[farm]"'
        raise SettingsError("needs the Open Job Description library", where="--engine openjd", remedy=remedy) from None
    try:
        decode_job_template(template=template)
    except DecodeValidationError as error:
        raise SettingsError(f"Open Job Description rejected this job: {error}", where="--engine openjd") from None


def _yaml(content: dict[str, Any]) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Texts of several lines as such, so that people can read them."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return yaml.dump(content, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)
