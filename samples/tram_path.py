"""Where everything is in the second shot; what the pictures show follows from it, without Blender."""

from __future__ import annotations

FIRST, LAST = 1001, 1060
FOCAL = 210.0
"""Pixels of a unit at a distance of 1, in a picture 160 pixels wide."""
AT = {"sky": 16.0, "houses": 13.0, "pavement": 11.0, "tram": 10.0, "tower": 8.0, "posts": 6.0, "grass": 5.0}
"""Distance from the camera, of each paper another one."""
TURN = 32.0
"""Frames after the first when the tram turns back."""


def camera_at(t: float) -> tuple[float, float]:
    """A slide to the right; t is in frames since the first."""
    return 0.02 * t, 0.0


def tram_at(t: float) -> tuple[float, float]:
    """A drive to the right, until it is behind the tower, and back."""
    return -2.75 + 0.12 * (TURN - abs(TURN - t)), -0.35


def offset(distance: float, t: float) -> tuple[float, float]:
    """How far a paper lies, in the picture, from where it lay at t = 0: pixels, x right, y down.

    Args:
        distance: of the paper; one of ``AT``.
        t: frames since the first.
    """
    camera, moved = camera_at(t)[0], 0.0
    if distance == AT["tram"]:
        moved = tram_at(t)[0] - tram_at(0)[0]
    return FOCAL / distance * (moved - camera), 0.0
