"""Render the sample shot, or the second one, with Cycles, one multilayer OpenEXR file a frame.

It needs a Python that has Blender's module (``pip install bpy==4.5.15``) and nothing else::

    python samples/make_shot.py --output samples/shot
    python samples/make_shot.py --output /tmp/shot_hd --size 1920x1080 --frames 1001-1004 --samples 16
    python samples/make_shot.py --scene tram --output samples/tram --size 160x90

Every frame holds Combined (half, premultiplied, scene-linear Rec.709), Depth, Vector and Cryptomatte (object, one
level) under Blender's own channel names. Rendered again, Depth, Vector and alpha are the same to the bit, and so is
the colour but for the last bit of a pixel or two in the ball's highlight.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import bpy
import shot_scene
import tram_path
import tram_scene

FIRST = 1001
LAST = {"theatre": 1016, "tram": tram_path.LAST}
BUILD = {"theatre": shot_scene.build_scene, "tram": tram_scene.build_scene}
SIZE = (320, 180)
SAMPLES = 32
FILTER_WIDTH = 1.0  # pixels; narrower than Blender's default, so that fewer pixels lie on an edge
CRYPTOMATTE_DEPTH = 2  # ids a pixel: one level, four channels


def size(text: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT."""
    width, height = map(int, text.split("x"))
    return width, height


def frames(text: str) -> range:
    """Read FIRST-LAST, both included."""
    first, last = map(int, text.split("-"))
    return range(first, last + 1)


def configure(scene: bpy.types.Scene, resolution: tuple[int, int], samples: int) -> None:
    """Set the renderer, the passes and the file format."""
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = resolution
    scene.render.use_motion_blur = False  # with it Cycles writes an empty Vector pass
    scene.cycles.device = "CPU"
    scene.cycles.seed = 0
    scene.cycles.samples = samples
    scene.cycles.filter_width = FILTER_WIDTH
    scene.cycles.max_bounces = 0  # direct light only: no grain to take for flicker, nothing to denoise
    scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
    layer = scene.view_layers[0]
    layer.use_pass_z = layer.use_pass_vector = layer.use_pass_cryptomatte_object = True
    layer.pass_cryptomatte_depth = CRYPTOMATTE_DEPTH
    image = scene.render.image_settings
    image.file_format, image.color_depth, image.exr_codec = "OPEN_EXR_MULTILAYER", "16", "ZIP"
    scene.render.use_stamp_date = scene.render.use_stamp_render_time = False


def main() -> None:
    """Read the command line, build the scene, render it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="where shot.NNNN.exr go")
    parser.add_argument("--scene", choices=BUILD, default="theatre")
    parser.add_argument("--frames", type=frames, metavar="A-B", help="all when left out")
    parser.add_argument("--size", type=size, default=SIZE, metavar="WxH", help="in pixels, default 320x180")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="samples a pixel, default %(default)s")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    configure(scene, arguments.size, arguments.samples)
    shown = arguments.frames or range(FIRST, LAST[arguments.scene] + 1)
    BUILD[arguments.scene](range(shown.start - 1, shown.stop + 1), FIRST)  # Vector looks one frame back and one ahead
    for frame in shown:
        scene.frame_set(frame)
        scene.render.filepath = str(arguments.output.resolve() / f"shot.{frame:04d}.exr")
        bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main()
