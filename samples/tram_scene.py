"""The scene of the second shot: a tram passes behind lamp posts, hides behind a tower and comes back.

Lengths are Blender units; x is right, y is up, z is towards the camera, which looks along -z and slides to the right.
Everything is upright paper that slides, so between any two frames a paper at distance d has moved as a whole, by
``FOCAL`` / d pixels a unit, in a picture 160 pixels wide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import bpy
from shot_paint import Paint, bricks, checker, contours, grain, mosaic, stripes
from shot_scene import (
    AQUA,
    BRICK,
    CORAL,
    CREAM,
    GOLD,
    IVORY,
    LEAF,
    MOSS,
    NAVY,
    PEACH,
    TEAL,
    WALNUT,
    build_camera,
    build_light,
)
from shot_shapes import arc, card, rectangle, skyline
from tram_path import AT, camera_at, tram_at

TOWER, POSTS = 0.95, (-2.05, -1.2, -0.35)


def build_scene(frames: Iterable[int], first: int) -> None:
    """Build the street in an empty file and key every one of ``frames``; t is 0 at the frame ``first``."""
    build_backdrop()
    build_street()
    build_light()
    moving: list[tuple[bpy.types.Object, Callable[[float], tuple[float, float]], float]] = [
        (build_camera(), camera_at, 0.0),
        (build_tram(), tram_at, -AT["tram"]),
    ]
    for frame in frames:
        for thing, at, z in moving:
            thing.location = (*at(frame - first), z)
            thing.keyframe_insert("location", frame=frame)


def build_backdrop() -> None:
    """An evening sky, and houses before it."""
    paint = Paint.material("sky")
    sky = paint.lit(contours(paint, 0.35, 5.0, (PEACH, CREAM, AQUA)))
    card("sky", (0, 0, -AT["sky"]), sky, rectangle(-12, 12, -6, 6))
    paint = Paint.material("houses")
    houses = paint.lit(mosaic(paint, 1.3, (BRICK, CORAL, TEAL, GOLD)))
    card("houses", (0, 0, -AT["houses"]), houses, skyline(-10, 11, -4.0, roofs))


def roofs(x: float) -> float:
    """The upper edge of the houses: gables."""
    return 0.7 + 0.5 * (int(x * 0.6 + 20) % 3) + 0.45 * abs((x * 0.6) % 1 - 0.5)


def build_street() -> None:
    """Ground behind the tram and before everything; before the tram a tower and lamp posts."""
    paint = Paint.material("pavement")
    pavement = paint.lit(checker(paint, 1.7, CREAM, MOSS))
    card("pavement", (0, 0, -AT["pavement"]), pavement, rectangle(-9, 10, -4.0, -0.75))
    paint = Paint.material("tower")
    tower = paint.lit(bricks(paint, 1.1, NAVY, TEAL, IVORY))
    card("tower", (TOWER, 0, -AT["tower"]), tower, rectangle(-0.85, 0.85, -3.0, 1.0), [(-1, 1.0), (1, 1.0), (0, 1.7)])
    paint = Paint.material("posts")
    wood = paint.lit(grain(paint, 1.4, "Y", (WALNUT, NAVY)))
    lamps = ([(at + x, 0.82 + y) for x, y in arc(0.17)] for at in POSTS)
    posts = (rectangle(at - 0.09, at + 0.09, -2.0, 0.75) for at in POSTS)
    card("posts", (0, 0, -AT["posts"]), wood, *posts, *lamps)
    paint = Paint.material("grass")
    grass = paint.lit(grain(paint, 2.2, "X", (MOSS, LEAF)))
    card("grass", (0, 0, -AT["grass"]), grass, skyline(-5, 6, -3.0, lambda x: -0.83 + 0.1 * abs((x * 2.3) % 1 - 0.5)))


def build_tram() -> bpy.types.Object:
    """A tram with windows and a sign, in one piece."""
    paint = Paint.material("tram")
    side = paint.lit(stripes(paint, 22, 1.2, (CORAL, GOLD, IVORY, NAVY)))
    tram = card("tram", (0, 0, 0), side, rectangle(-0.75, 0.75, -0.5, 0.5))
    paint = Paint.material("wheels")
    wheels = paint.lit(checker(paint, 7.0, NAVY, GOLD))
    turned = ([(at + x, -0.5 + y) for x, y in arc(0.17)] for at in (-0.45, 0.45))
    card("wheels", (0, 0, 0.002), wheels, *turned).parent = tram
    return tram
