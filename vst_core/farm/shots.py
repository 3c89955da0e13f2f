"""The shots of a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vst_core.sequence import FrameSequence
from vst_core.settings import RenderSettings


def one_shot(data: Mapping[str, Any]) -> Iterator[tuple[str, RenderSettings]]:
    """A shot by itself, called as its plate's files are.

    Raises:
        SettingsError: something is missing, unknown or out of range.
    """
    settings = RenderSettings.of(data)
    yield FrameSequence.parse(settings.plate).prefix.strip("._- ") or "shot", settings
