"""Draw the thumbnails of the node for Blender from the style images: ``python samples/make_thumbnails.py``.

They show the pictures that the shipped networks were trained to paint like.
"""

from __future__ import annotations

from pathlib import Path

import cv2

SIDE = 128
QUALITY = 90
_HERE = Path(__file__).resolve().parent
STYLES, THUMBNAILS = _HERE / "styles", _HERE.parent / "nodes" / "blender" / "thumbnails"


def main() -> None:
    """Write a thumbnail for each style."""
    for style in sorted(STYLES.glob("*.png")):
        small = cv2.resize(cv2.imread(str(style)), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        path = THUMBNAILS / f"{style.stem}.jpg"
        cv2.imwrite(str(path), small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
