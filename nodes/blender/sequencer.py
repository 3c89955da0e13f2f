"""The stylised frames on the sequencer's timeline."""

from __future__ import annotations

from typing import Any

from .tree import from_file, shown_sequence
from .versions import IS_5, strips_of


def to_sequencer(scene: Any, inner: Any) -> Any:
    """Add a strip of what an inner tree shows, in a channel that is free.

    Returns:
        The strip.
    """
    image, sequence = shown_sequence(inner)
    paths = [sequence.path(number) for number in range(sequence.first, sequence.last + 1)]
    strips = strips_of(scene)
    channel = 1 + max((strip.channel for strip in strips), default=0)
    strip = strips.new_image(sequence.stem, from_file(paths[0]), channel, sequence.first + sequence.shift)
    for path in paths[1:]:
        strip.elements.append(path.name)
    strip.colorspace_settings.name = image.colorspace_settings.name
    if IS_5:
        strip.invalidate_cache("RAW")  # it has read the one frame, and would show it for all
    return strip
