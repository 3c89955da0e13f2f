"""How shots are published."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from vst_core.pipeline.limits import Limits


class PublishSettings(Limits):
    """Where a shot goes that passes the gate, and what it must not exceed."""

    to: Path = Field(description="Folder of all shots; a version becomes SHOT/v001 in it, v002 and so on.")
    rate: str = Field(default="24", description="Frames a second of movie and clip, such as 25 or 24000/1001.")
    repair: bool = Field(default=False, description="Make broken and missing frames again first.")
    skip: tuple[str, ...] = Field(default=(), description="Plug-ins to leave out, such as ValidateFlicker.")
