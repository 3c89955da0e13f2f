"""The scene of the sample shot: a paper theatre with a mill, a balloon, a cart and a ball.

Lengths are Blender units; x is right, y is up, z is towards the camera, which stands at z = 0, looks along -z and never
turns. Most things are upright paper at a power of two from the camera, and the camera's steps are binary fractions:
then the vector pass holds one and the same number all over a piece of paper, and packs well without loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

import bpy
from shot_paint import Color, Paint, bricks, checker, contours, grain, mosaic, stripes, sunset
from shot_shapes import Vector, add, arc, card, cube, polygons, rectangle, skyline, sphere

CREAM: Color = (0.85, 0.68, 0.42)
IVORY: Color = (0.90, 0.85, 0.75)
CORAL: Color = (0.80, 0.16, 0.09)
PEACH: Color = (0.95, 0.46, 0.20)
GOLD: Color = (0.95, 0.55, 0.06)
TEAL: Color = (0.02, 0.22, 0.26)
AQUA: Color = (0.10, 0.48, 0.48)
NAVY: Color = (0.015, 0.04, 0.13)
LEAF: Color = (0.16, 0.36, 0.05)
MOSS: Color = (0.03, 0.13, 0.05)
BRICK: Color = (0.50, 0.09, 0.05)
OAK: Color = (0.55, 0.26, 0.09)
WALNUT: Color = (0.16, 0.05, 0.02)
SUN: Color = (16.0, 10.0, 3.5)
LAMPLIGHT: Color = (5.0, 2.6, 0.7)

LENS = 47.25  # a unit at distance d is 420 / d pixels of a picture 320 pixels wide, without a remainder in float32
HUB: Vector = (-1.5, 1.85, -7.75)
CART_STEP = 0.11
WHEEL_RADIUS = 0.13
WHEELS_AT = (-0.24, 0.24)
BALL_RADIUS = 0.33
BALLOON_RADIUS = 0.95

Pose = tuple[Vector, Vector]  # location, rotation in radians


def camera_pose(t: float) -> Pose:
    """A slide to the right and up. Like every pose, a function of the frames since the first."""
    return (-0.625 + t * 5 / 64, 1.25 + t / 64, 0.0), (0.0, 0.0, 0.0)


def sails_pose(t: float) -> Pose:
    """A turn on the spot."""
    return HUB, (0.0, 0.0, 0.25 - 0.08 * t)


def balloon_pose(t: float) -> Pose:
    """A climb in front of the sun."""
    return (1.875 - t / 32, 2.0 + t * 3 / 32, -16.0), (0.0, 0.0, 0.0)


def cart_pose(t: float) -> Pose:
    """A drive to the right, out from in front of the mill."""
    return (-0.8 + CART_STEP * t, 0.53, -7.0), (0.0, 0.0, 0.0)


def wheel_pose(x: float, t: float) -> Pose:
    """Rolling; a place within the cart."""
    return (x, -0.4, 0.41), (0.0, 0.0, -CART_STEP * t / WHEEL_RADIUS)


def ball_pose(t: float) -> Pose:
    """Bouncing to the left, in front of the cart."""
    height = 0.55 * abs(math.sin(0.21 * t + 0.4))
    return (0.8 - 0.03 * t, BALL_RADIUS + height, -6.2), (0.2, 0.0, 0.12 * t)


def build_scene(frames: Iterable[int], first: int) -> None:
    """Build the theatre in an empty file and key every one of ``frames``; t is 0 at the frame ``first``."""
    build_sky()
    build_hills()
    build_stage()
    build_light()
    cart, camera = build_cart(), build_camera()
    build_opening(camera)
    moving: list[tuple[bpy.types.Object, Callable[[float], Pose]]] = [
        (camera, camera_pose),
        (build_mill(), sails_pose),
        (build_balloon(), balloon_pose),
        (build_ball(), ball_pose),
        (cart, cart_pose),
        *((build_wheel(cart), partial(wheel_pose, x)) for x in WHEELS_AT),
    ]
    for frame in frames:
        for thing, pose in moving:
            thing.location, thing.rotation_euler = pose(frame - first)
            thing.keyframe_insert("location", frame=frame)
            thing.keyframe_insert("rotation_euler", frame=frame)


def build_sky() -> None:
    """The sun and its rays, infinitely far; before them clouds."""
    paint = Paint(bpy.data.worlds.new("sky"))
    world = paint.world(sunset(paint, (0.07, 0.07), 32, (AQUA, TEAL), ((0.085, PEACH), (0.06, SUN))))
    bpy.context.scene.world = world
    world.cycles.sampling_method = "NONE"
    world.cycles_visibility.diffuse = world.cycles_visibility.glossy = False
    paint = Paint.material("cloud")
    cloud = paint.lit(contours(paint, 0.8, 5.0, (CREAM, IVORY)))
    for x, y in ((-6.0, 6.4), (6.5, 5.6)):
        card("cloud", (x, y, -32.0), cloud, skyline(-2.2, 2.2, 0.0, puffs))


def puffs(x: float) -> float:
    """The upper edge of a cloud: three circles."""
    return max(math.sqrt(max(r * r - (x - at) ** 2, 0.0)) for at, r in ((-1.3, 0.8), (-0.2, 1.3), (1.2, 0.9)))


def build_hills() -> None:
    """Two rows of hills behind the stage."""
    paint = Paint.material("far hill")
    far = paint.lit(mosaic(paint, 0.9, (LEAF, MOSS, GOLD)))
    card("far hill", (0, 0, -32.0), far, skyline(-16, 16, -6.0, lambda x: 2.6 + 1.2 * math.sin(0.5 * x + 1.0)))
    paint = Paint.material("near hill")
    near = paint.lit(contours(paint, 0.6, 6.0, (MOSS, TEAL)))
    card("near hill", (0, 0, -16.0), near, skyline(-8, 9, -4.0, lambda x: 0.5 + 0.4 * math.sin(0.9 * x + 3.6)))


def build_stage() -> None:
    """The ground, with two trees at its far edge and grass at its near one."""
    paint = Paint.material("ground")
    ground = paint.lit(checker(paint, 1.6, CREAM, CORAL))
    polygons("ground", (0, 0, 0), ground, [[(-6, 0, -3.5), (6, 0, -3.5), (6, 0, -8), (-6, 0, -8)]])
    paint = Paint.material("trees")
    trees = paint.lit(mosaic(paint, 4.0, (CORAL, GOLD, BRICK)))
    crowns = ([(at + 0.3 * x, height * (1.0 + y)) for x, y in arc(1.0)] for at, height in ((1.5, 0.72), (2.2, 0.92)))
    card("trees", (0, 0.1, -8.0), trees, *crowns)
    paint = Paint.material("grass")
    grass = paint.lit(grain(paint, 2.2, "X", (MOSS, LEAF)))
    card("grass", (0, 0, -4.0), grass, skyline(-3, 4, -1.0, tufts))


def tufts(x: float) -> float:
    """The upper edge of the grass."""
    return 0.35 + 0.11 * abs(x - 0.2) + 0.13 * abs(math.sin(6.0 * x))


def build_mill() -> bpy.types.Object:
    """The mill; returns its sails."""
    paint = Paint.material("wall")
    wall = paint.lit(bricks(paint, 1.9, BRICK, CORAL, CREAM))
    card("wall", (HUB[0], 0, -8.0), wall, [(-0.85, 0.0), (0.85, 0.0), (0.52, 1.95), (-0.52, 1.95)])
    card("roof", (HUB[0], 1.95, -8.0), Paint.material("roof").lit(NAVY), [(-0.68, 0.0), (0.68, 0.0), (0.0, 0.75)])
    glow = Paint.material("window").glowing(LAMPLIGHT)
    card("window", (HUB[0], 0.6, -7.95), glow, rectangle(-0.15, 0.15, 0.0, 0.36))
    paint = Paint.material("sails")
    sail = rectangle(0.06, 0.24, 0.15, 1.0)
    quarters = ([(x * c - y * s, x * s + y * c) for x, y in sail] for c, s in ((1, 0), (0, 1), (-1, 0), (0, -1)))
    return card("sails", HUB, paint.lit(checker(paint, 8.0, CREAM, NAVY)), arc(0.15), *quarters)


def build_balloon() -> bpy.types.Object:
    """A flat balloon that is painted as if it were round."""
    paint = Paint.material("balloon")
    envelope = paint.lit(stripes(paint, 18, BALLOON_RADIUS, (CORAL, CREAM, GOLD)))
    balloon = card("balloon", (0, 0, 0), envelope, arc(BALLOON_RADIUS))
    basket = card("basket", (0, -1.25, 0), Paint.material("basket").lit(WALNUT), rectangle(-0.2, 0.2, -0.15, 0.15))
    basket.parent = balloon
    return balloon


def build_cart() -> bpy.types.Object:
    """A crate; it gets its wheels from :func:`build_wheel`."""
    paint = Paint.material("wood")
    return cube("cart", 0.8, paint.lit(grain(paint, 2.3, "Y", (OAK, WALNUT))))


def build_wheel(cart: bpy.types.Object) -> bpy.types.Object:
    """One wheel, in front of the crate."""
    paint = Paint.material("wheel")
    wheel = card("wheel", (0, 0, 0), paint.lit(checker(paint, 8.0, GOLD, NAVY)), arc(WHEEL_RADIUS))
    wheel.parent = cart
    return wheel


def build_ball() -> bpy.types.Object:
    """A glossy ball: the lamp glints in it."""
    paint = Paint.material("ball")
    return sphere("ball", BALL_RADIUS, paint.lit(mosaic(paint, 4.0, (AQUA, GOLD, NAVY)), roughness=0.15))


def build_light() -> None:
    """One lamp without a size: no penumbra, no grain."""
    lamp = bpy.data.lights.new("key", "SUN")
    lamp.energy, lamp.angle = 3.6, 0.0
    add("key", lamp, (0, 0, 0)).rotation_euler = [math.radians(turn) for turn in (-45, -35, 0)]


def build_opening(camera: bpy.types.Object) -> None:
    """A round opening before the sky, fixed to the camera; around it the picture is empty."""
    left = [(0.0, 20.0), *arc(12.4, 90, 270), (0.0, -20.0), (-30.0, -20.0), (-30.0, 20.0)]
    right = [(-x, y) for x, y in left]
    card("opening", (0.0, -0.4, -40.0), Paint.material("opening").holdout(), left, right).parent = camera


def build_camera() -> bpy.types.Object:
    """The camera, made the one to render from."""
    lens = bpy.data.cameras.new("camera")
    lens.lens = LENS
    bpy.context.scene.camera = add("camera", lens, (0, 0, 0))
    return bpy.context.scene.camera
