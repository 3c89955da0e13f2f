"""How shots are cut up for a farm, and who works on them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from vst_core.settings_model import SettingsModel

Engine = Literal["local", "openjd", "slurm"]


class FarmSettings(SettingsModel):
    """How shots become tasks."""

    chunks: Literal["whole", "exact", "draft"] = Field(
        default="whole",
        description="whole: a shot is one task; exact: chunks one after the other, to the bits of the whole shot; "
        "draft: chunks beside one another, each with a preroll.",
    )
    chunk_size: int = Field(default=16, ge=1, le=100_000, description="Frames of a chunk; a cut ends one, too.")
    preroll: int = Field(
        default=16, ge=0, le=10_000, description="Frames that a draft chunk computes before its first and throws away."
    )
    find_cuts: bool = Field(
        default=False, description="Look through the plates for cuts, which takes a while, and end chunks there."
    )
    handles: int = Field(
        default=0, ge=0, le=10_000, description="Frames to deliver beyond each end of the range, where they exist."
    )
    seconds_per_frame: float | None = Field(
        default=None, gt=0, description="Time of one frame, as a render of a few frames shows it, for the plan's times."
    )


class SubmitSettings(SettingsModel):
    """Who works on the tasks."""

    engine: Engine = Field(
        default="local",
        description="local: processes on this machine; openjd: an Open Job Description bundle; slurm: sbatch.",
    )
    cores: int = Field(
        default=0, ge=0, le=100_000, description="Processor threads that local tasks may use together; 0 for all."
    )
    memory: float = Field(
        default=0,
        ge=0,
        description="Gigabytes that local tasks may use together; 0 for what is free at the start.",
    )
    retries: int = Field(
        default=2, ge=0, le=100, description="How many times to retry a task that crashed or was lost."
    )
    job: Path | None = Field(default=None, description="Folder for openjd's bundle, or slurm's scripts and logs.")
    name: str = Field(default="", max_length=128, description="Name of the job; the list's or the shot's if left out.")
    run: bool | None = Field(
        default=None,
        description="Run openjd's bundle here, too, one task after the other; or hand nothing to slurm yet.",
    )
    vst: str = Field(
        default="", description="How the farm's machines call vst; openjd's take vst, slurm's this one, if left out."
    )
