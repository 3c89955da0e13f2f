"""Stylises a shot, says what it is at, and measures the result.

python examples/stylize_shot.py 'samples/shot/shot.####.exr' oil 'out/oil.####.exr'
"""

from __future__ import annotations

import argparse
import sys

import vst_core as vst


def main(plate: str, style: str, output: str, frames: str | None, network: str) -> int:
    """Returns the exit code that ``vst render`` would have."""
    settings = vst.RenderSettings.of(
        {
            "plate": plate,
            "frames": frames,
            "style": {"styles": [style]},
            "network": network,
            "output": {"pattern": output},
        }
    )
    complaints = vst.check_shot(settings)  # everything that would stop the render, at once
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        return int(complaints[0].exit_code)
    for result in vst.render_shot(settings):  # closing the generator cancels; a killed render goes on from here
        print(f"{result.path}: {'was there' if result.kept else f'{result.seconds:.1f} s'}", *result.notes, sep="; ")
    print(vst.measure_shot(output, plate, frames=settings.frames).as_text())
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("plate", "style", "output"):
        parser.add_argument(name)
    parser.add_argument("--frames", metavar="FIRST-LAST")
    parser.add_argument("--network", default="quality")
    try:
        code = main(**vars(parser.parse_args()))
    except vst.VstError as error:
        print(error, file=sys.stderr)  # one line
        code = int(error.exit_code)
    sys.exit(code)
