"""Render ``ortho/``: two frames from a moving orthographic camera, whose Vector pass Cycles gets wrong.

It needs a Python that has Blender's module (``pip install bpy==4.5.15``)::

    python tests/data/make_ortho.py

The picture is 96 pixels across and shows 12 units; the camera moves by 3/8 right and 1/8 up a frame, so everything in
it moves by 3 pixels to the left and 1 down, at every depth. With one sample, in the middle of the pixel, frame 1 moved
by that is frame 2 to the bit. The true Vector is X = Z = 3, Y = W = 1 everywhere. Cycles 4.5 writes as if the camera
were orthographic in the frame itself and had a 50 mm perspective lens in the frames beside it: wrong by 22 pixels in
the mean and by 1.6 at least.
"""

from __future__ import annotations

from pathlib import Path

import bpy  # type: ignore[import-not-found]  # comes with Blender, not with this project

FOLDER = Path(__file__).resolve().parent / "ortho"
WIDTH, HEIGHT, UNITS = 96, 54, 12.0
STEP = (3 / 8, 1 / 8)
FRAMES = (1, 2)


def add_patch(name: str, half: tuple[float, float], depth: float, scale: float) -> None:
    """A rectangle across the view, covered with coloured noise that glows by itself."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    place, noise = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeTexNoise")
    glow, output = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    noise.inputs["Scale"].default_value = scale
    links.new(place.outputs["Object"], noise.inputs["Vector"])
    links.new(noise.outputs["Color"], glow.inputs["Color"])
    links.new(glow.outputs[0], output.inputs["Surface"])
    x, y = half
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(-x, -y, -depth), (x, -y, -depth), (x, y, -depth), (-x, y, -depth)], [], [range(4)])
    mesh.materials.append(material)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new(name, mesh))


def add_camera() -> None:
    """The camera at z = 0, looking along -z, keyed one frame beyond the shot on either side."""
    lens = bpy.data.cameras.new("camera")
    lens.type, lens.ortho_scale = "ORTHO", UNITS
    camera = bpy.data.objects.new("camera", lens)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    for frame in range(FRAMES[0] - 1, FRAMES[-1] + 2):
        camera.location = (STEP[0] * frame, STEP[1] * frame, 0.0)
        camera.keyframe_insert("location", frame=frame)


def main() -> None:
    """Build the scene and render it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    add_patch("back", (20.0, 20.0), 10.0, 0.9)
    add_patch("front", (2.0, 1.5), 5.0, 1.5)
    add_camera()
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.view_layers[0].use_pass_z = scene.view_layers[0].use_pass_vector = True
    scene.render.use_stamp_date = scene.render.use_stamp_render_time = False
    image = scene.render.image_settings
    image.file_format, image.color_depth, image.exr_codec = "OPEN_EXR_MULTILAYER", "16", "ZIP"
    for frame in FRAMES:
        scene.frame_set(frame)
        scene.render.filepath = str(FOLDER / f"ortho.{frame:04d}.exr")
        bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main()
