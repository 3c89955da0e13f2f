"""Shapes for the sample shot: paper cut along an outline, and a ball. x is right, y is up, z is towards the camera."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import bpy

Point = tuple[float, float]
Vector = tuple[float, float, float]


def add(name: str, data: bpy.types.ID, at: Vector) -> bpy.types.Object:
    """Put a mesh, a lamp or a camera into the scene."""
    thing = bpy.data.objects.new(name, data)
    thing.location = at
    bpy.context.scene.collection.objects.link(thing)
    return thing


def polygons(
    name: str, at: Vector, material: bpy.types.Material, faces: Sequence[Sequence[Vector]]
) -> bpy.types.Object:
    """Flat polygons, each given by its corners around ``at``."""
    starts = [sum(len(face) for face in faces[:index]) for index in range(len(faces))]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(
        [corner for face in faces for corner in face],
        [],
        [range(start, start + len(face)) for start, face in zip(starts, faces, strict=True)],
    )
    mesh.materials.append(material)
    return add(name, mesh, at)


def card(name: str, at: Vector, material: bpy.types.Material, *outlines: Sequence[Point]) -> bpy.types.Object:
    """Upright paper that faces the camera, cut along ``outlines`` (x, y around ``at``)."""
    return polygons(name, at, material, [[(x, y, 0.0) for x, y in outline] for outline in outlines])


def sphere(name: str, radius: float, material: bpy.types.Material) -> bpy.types.Object:
    """A smooth ball around its own origin."""
    bpy.ops.mesh.primitive_uv_sphere_add(radius=radius, segments=64, ring_count=32)
    return _painted(name, material, smooth=True)


def cube(name: str, size: float, material: bpy.types.Material) -> bpy.types.Object:
    """A cube around its own origin."""
    bpy.ops.mesh.primitive_cube_add(size=size)
    return _painted(name, material, smooth=False)


def _painted(name: str, material: bpy.types.Material, *, smooth: bool) -> bpy.types.Object:
    """The primitive that an operator has just made."""
    thing = bpy.context.object
    thing.name = name
    thing.data.materials.append(material)
    if smooth:
        thing.data.shade_smooth()
    return thing


def rectangle(left: float, right: float, bottom: float, top: float) -> list[Point]:
    """An upright rectangle."""
    return [(left, bottom), (right, bottom), (right, top), (left, top)]


def arc(radius: float, start: float = 0.0, end: float = 360.0) -> list[Point]:
    """Points along a circle around 0 from ``start`` towards ``end``, in degrees; by default the whole disc."""
    turns = [math.radians(start + (end - start) * step / 64) for step in range(64)]
    return [(radius * math.cos(turn), radius * math.sin(turn)) for turn in turns]


def skyline(left: float, right: float, bottom: float, height: Callable[[float], float]) -> list[Point]:
    """A shape with a straight bottom, as high as ``height`` of x."""
    xs = [left + (right - left) * step / 200 for step in range(201)]
    return [(left, bottom), (right, bottom), *((x, height(x)) for x in reversed(xs))]
