"""What the temporal constraint is worth: the sample shot with it, without it, and with the naive one.

    python bench/bench_temporal.py [--style oil] [--style-loss wasserstein] [--frames 1001-1016]

Same settings for all three; the one without stylises every frame on its own. Takes several minutes.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from vst_core.pipeline.measure import measure_shot
from vst_core.pipeline.render import render_shot
from vst_core.settings import RenderSettings

ROOT = Path(__file__).parent.parent
PLATE = str(ROOT / "samples/shot/shot.####.exr")
VARIANTS = {"vectors": {}, "none": {"flow": {"source": "none"}}, "per frame": {"temporal": False}}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", default="oil")
    parser.add_argument("--style-loss", default="wasserstein")
    parser.add_argument("--frames", default="1001-1016")
    options = parser.parse_args()
    style = ROOT / f"samples/styles/{options.style}.png"
    reports, seconds = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for name, extra in VARIANTS.items():
            pattern = f"{folder}/{name.replace(' ', '-')}.####.exr"
            settings = RenderSettings.of(
                {
                    "plate": PLATE,
                    "frames": options.frames,
                    "method": "optimization",
                    "style": {"styles": [str(style)]},
                    "output": {"pattern": pattern},
                    "features": "vgg16",
                    "optimization": {"style_loss": options.style_loss},
                    **extra,
                }
            )
            results = list(render_shot(settings))
            seconds[name] = sum(result.seconds for result in results) / len(results)
            last = len(results) - 1
            lags = tuple(lag for lag in (1, 2, 5, 10) if lag <= last)
            reports[name] = measure_shot(pattern, PLATE, lags=lags, styles=(style,), network="vgg16")
    base = reports["per frame"]
    measured = base.style["stylized"] if base.style else None
    print(f"{options.style}, {options.style_loss}, frames {options.frames}")
    print(f"floor, the plate itself: {'  '.join(f'lag {w.lag} {w.source:.4f}' for w in base.warping)}\n")
    print(
        "temporal   warping error by lag"
        + " " * 28
        + "lag 1 to per frame   style W2 (to per frame)  content  s a frame"
    )
    for name, report in reports.items():
        assert report.style is not None
        assert measured is not None
        errors = "  ".join(f"{w.lag:>2}: {w.stylized:.4f}" for w in report.warping)
        flicker = report.warping[0].stylized / base.warping[0].stylized
        style_distance, content = report.style["stylized"].wasserstein, report.style["stylized"].content
        change = style_distance / measured.wasserstein - 1
        print(
            f"{name:<9}  {errors:<46}  {flicker:>8.2f} times"
            f"   {style_distance:.4f} ({change:+.1%})  {content:.4f}  {seconds[name]:.1f}"
        )


if __name__ == "__main__":
    main()
