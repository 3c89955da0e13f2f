"""What a shot must not exceed to be shown."""

from __future__ import annotations

from pydantic import Field

from vst_core.settings_model import SettingsModel

UNSEEN = 0.03
"""A warping error that nobody sees, however still the plate is."""


class Limits(SettingsModel):
    """What is too much, and what too little, for a shot to be shown."""

    flicker: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Largest warping error from frame to frame, in display values of 0 to 1; when left out, half as "
        f"much again as that of the plate, and {UNSEEN} at least.",
    )
    coverage: float = Field(
        default=0.1, ge=0, le=1, description="Smallest share of a frame's pixels that follow the frame before it."
    )
