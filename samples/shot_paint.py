"""Procedural materials for the sample shot: colours in scene-linear Rec.709, patterns in the object's own space.

Almost every pattern is made of hard bands of flat colour: it reads well in a small picture and packs well without loss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy

Color = tuple[float, float, float]
Vector = tuple[float, float, float]

AMBIENT = 0.35  # light from everywhere, without the grain of sampling it


class Paint:
    """A material, or the world, under construction: nodes that make a colour, then a surface that shows it.

    Args:
        data: the new material or world.
    """

    def __init__(self, data: bpy.types.Material | bpy.types.World) -> None:
        self._data = data
        data.use_nodes = True
        data.node_tree.nodes.clear()

    @classmethod
    def material(cls, name: str) -> Paint:
        """Start a material."""
        material = bpy.data.materials.new(name)
        material.cycles.emission_sampling = "NONE"
        return cls(material)

    def node(self, kind: str, inputs: dict[str | int, object] | None = None, **settings: object) -> bpy.types.Node:
        """Add a node. An input that is given a socket is linked to it; any other value is set on it."""
        node = self._data.node_tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(node, name, value)
        for key, value in (inputs or {}).items():
            socket = node.inputs[key]
            if isinstance(value, bpy.types.NodeSocket):
                self._data.node_tree.links.new(value, socket)
            else:
                socket.default_value = (*value, 1.0) if socket.type == "RGBA" else value
        return node

    def math(self, operation: str, *values: object) -> bpy.types.NodeSocket:
        """One step of arithmetic."""
        return self.node("ShaderNodeMath", dict(enumerate(values)), operation=operation).outputs[0]

    def vector(self, operation: str, *values: object) -> bpy.types.NodeSocket:
        """One step of arithmetic on vectors."""
        node = self.node("ShaderNodeVectorMath", dict(enumerate(values)), operation=operation)
        return node.outputs["Value" if operation == "LENGTH" else "Vector"]

    def axes(self, vector: bpy.types.NodeSocket) -> bpy.types.bpy_prop_collection:
        """The sockets X, Y and Z of ``vector``."""
        return self.node("ShaderNodeSeparateXYZ", {0: vector}).outputs

    def position(self) -> bpy.types.NodeSocket:
        """The point in the object's own space, so that a pattern sticks to what moves."""
        return self.node("ShaderNodeTexCoord").outputs["Object"]

    def bands(self, value: bpy.types.NodeSocket, colors: Sequence[Color]) -> bpy.types.NodeSocket:
        """``colors`` as hard bands over ``value`` in 0 to 1."""
        ramp = self.node("ShaderNodeValToRGB", {0: value}).outputs[0]
        stops = ramp.node.color_ramp.elements
        ramp.node.color_ramp.interpolation = "CONSTANT"
        while len(stops) < len(colors):
            stops.new(1.0)
        for index, color in enumerate(colors):
            stops[index].position = index / len(colors)
            stops[index].color = (*color, 1.0)
        return ramp

    def lit(self, color: bpy.types.NodeSocket | Color, roughness: float = 1.0) -> bpy.types.Material:
        """Finish as a surface in the light of the lamp and of ``AMBIENT``; at a roughness of 1 it has no highlight."""
        inputs = {"Base Color": color, "Roughness": roughness, "Emission Color": color}
        inputs["Emission Strength"] = self.math("MULTIPLY", self._seen(), AMBIENT)
        if roughness == 1.0:
            inputs["Specular IOR Level"] = 0.0
        return self._finish("ShaderNodeBsdfPrincipled", inputs)

    def glowing(self, color: bpy.types.NodeSocket | Color) -> bpy.types.Material:
        """Finish as a surface that emits ``color`` and takes no light."""
        return self._finish("ShaderNodeEmission", {"Color": color, "Strength": self._seen()})

    def holdout(self) -> bpy.types.Material:
        """Finish as a hole in the picture: Combined and Vector 0, Depth 1e10."""
        return self._finish("ShaderNodeHoldout", {})

    def world(self, color: bpy.types.NodeSocket) -> bpy.types.World:
        """Finish as the world behind everything."""
        return self._finish("ShaderNodeBackground", {"Color": color}, "ShaderNodeOutputWorld")

    def _seen(self) -> bpy.types.NodeSocket:
        """1 for the camera and 0 for other rays: what glows lights nothing, so there is no grain."""
        return self.node("ShaderNodeLightPath").outputs["Is Camera Ray"]

    def _finish(
        self, kind: str, inputs: dict[str | int, object], output: str = "ShaderNodeOutputMaterial"
    ) -> bpy.types.Material | bpy.types.World:
        self.node(output, {"Surface": self.node(kind, inputs).outputs[0]})
        return self._data


def rays(
    paint: Paint, x: bpy.types.NodeSocket, y: bpy.types.NodeSocket, count: int, colors: Sequence[Color]
) -> bpy.types.NodeSocket:
    """``count`` rays from x = y = 0 that take ``colors`` in turn; the number of colours divides ``count``."""
    turns = paint.math("MULTIPLY_ADD", paint.math("ARCTAN2", y, x), count / (2.0 * math.pi * len(colors)), 64.0)
    return paint.bands(paint.math("FRACT", turns), colors)


def sunset(
    paint: Paint, center: tuple[float, float], count: int, colors: Sequence[Color], discs: Sequence[tuple[float, Color]]
) -> bpy.types.NodeSocket:
    """A sky for a camera that looks along -z: ``count`` rays around ``center``, and on them ``discs`` (radius, colour).

    Centre and radii are in focal lengths, as x / -z and y / -z of a direction of view.
    """
    direction = paint.node("ShaderNodeTexCoord").outputs["Generated"]
    away = paint.math("MULTIPLY", paint.axes(direction)["Z"], -1.0)
    on_screen = paint.vector("SUBTRACT", paint.vector("DIVIDE", direction, away), (*center, -1.0))
    color = rays(paint, *(paint.axes(on_screen)[axis] for axis in "XY"), count, colors)
    for radius, disc in discs:
        inside = paint.math("LESS_THAN", paint.vector("LENGTH", on_screen), radius)
        color = paint.node("ShaderNodeMixRGB", {"Fac": inside, "Color1": color, "Color2": disc}).outputs[0]
    return color


def stripes(paint: Paint, count: int, radius: float, colors: Sequence[Color]) -> bpy.types.NodeSocket:
    """On a flat disc of ``radius``, what a ball with ``count`` stripes from pole to pole would look like."""
    point = paint.position()
    length = paint.vector("LENGTH", point)
    height = paint.math("SQRT", paint.math("MULTIPLY_ADD", length, paint.math("MULTIPLY", length, -1.0), radius**2))
    return rays(paint, paint.axes(point)["X"], height, count, colors)


def mosaic(paint: Paint, scale: float, colors: Sequence[Color]) -> bpy.types.NodeSocket:
    """Voronoi cells, each in one of ``colors``."""
    cells = paint.node("ShaderNodeTexVoronoi", {"Vector": paint.position(), "Scale": scale}).outputs["Color"]
    return paint.bands(paint.node("ShaderNodeSeparateColor", {0: cells}).outputs[0], colors)


def contours(paint: Paint, scale: float, lines: float, colors: Sequence[Color]) -> bpy.types.NodeSocket:
    """Bands between the contour lines of a smooth noise."""
    noise = paint.node("ShaderNodeTexNoise", {"Vector": paint.position(), "Scale": scale, "Detail": 1.0}).outputs[0]
    return paint.bands(paint.math("FRACT", paint.math("MULTIPLY", noise, lines)), colors)


def checker(paint: Paint, scale: float, first: Color, second: Color) -> bpy.types.NodeSocket:
    """``scale`` squares a unit, shifted so that no boundary between squares lies within a face."""
    shifted = paint.vector("ADD", paint.position(), (0.013, 0.017, 0.019))
    inputs = {"Vector": shifted, "Color1": first, "Color2": second, "Scale": scale}
    return paint.node("ShaderNodeTexChecker", inputs).outputs["Color"]


def bricks(paint: Paint, scale: float, first: Color, second: Color, mortar: Color) -> bpy.types.NodeSocket:
    """A brick wall in the x, y plane."""
    inputs = {"Vector": paint.position(), "Color1": first, "Color2": second, "Mortar": mortar, "Scale": scale}
    return paint.node("ShaderNodeTexBrick", inputs | {"Mortar Size": 0.04}).outputs["Color"]


def grain(paint: Paint, scale: float, axis: str, colors: Sequence[Color]) -> bpy.types.NodeSocket:
    """Wood: wavy bands that follow one another along ``axis``."""
    inputs = {"Vector": paint.position(), "Scale": scale, "Distortion": 3.0, "Detail": 1.0, "Detail Scale": 0.7}
    return paint.bands(paint.node("ShaderNodeTexWave", inputs, bands_direction=axis).outputs["Fac"], colors)
