"""How shots are cut up for a farm."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vst_core.settings import SettingsModel


class FarmSettings(SettingsModel):
    """How shots become tasks."""

    chunks: Literal["whole", "exact", "draft"] = Field(
        default="whole",
        description="whole: a shot is one task; exact: chunks one after the other, to the bits of the whole shot; "
        "draft: chunks beside one another, each with a preroll.",
    )
    chunk_size: int = Field(default=16, ge=1, le=100_000, description="Frames of a chunk; a cut ends one, too.")
    preroll: int = Field(
        default=8, ge=0, le=10_000, description="Frames that a draft chunk computes before its first and throws away."
    )
    seconds_per_frame: float | None = Field(
        default=None, gt=0, description="Time of one frame, as a render of a few frames shows it, for the plan's times."
    )
