"""Pictures whose motion is known exactly, and frames as Blender wrote them, for the tests of motion."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO
import torch
from numpy.typing import NDArray
from torch import Tensor

from vst_core.flow import FlowFrame, Vectors, find_vector_layer, to_flow

ROOT = Path(__file__).parents[1]
SHOT = ROOT / "samples" / "shot"
ORTHO = ROOT / "tests" / "data" / "ortho"


def pattern(x: Tensor, y: Tensor, seed: int = 0, *, scale: float = 1.0) -> Tensor:
    """A smooth coloured texture that can be looked up anywhere: (H, W) positions -> (1, 3, H, W) in [0, 1]."""
    rng = np.random.default_rng(seed)
    image = torch.zeros(3, *x.shape)
    waves = 24
    for _ in range(waves):
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(5, 40) * scale
        wave = x * float(np.cos(angle) / length) + y * float(np.sin(angle) / length)
        for channel in range(3):
            image[channel] += torch.sin(2 * torch.pi * wave + float(rng.uniform(0, 2 * np.pi))) * float(
                rng.uniform(0.5, 1)
            )
    return (0.5 + 0.5 * torch.tanh(image / 4))[None]


def grid(height: int, width: int) -> tuple[Tensor, Tensor]:
    """x and y of every pixel."""
    y, x = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
    return x, y


def constant_flow(height: int, width: int, x: float, y: float) -> Tensor:
    return torch.tensor([float(x), float(y)]).view(1, 2, 1, 1).expand(1, 2, height, width).clone()


def smooth_flow(height: int, width: int, size: float, seed: int = 0, *, cell: int = 16) -> Tensor:
    """A random flow that varies slowly, of about ``size`` pixels."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(1, 2, max(2, height // cell), max(2, width // cell), generator=generator) * size
    return torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic", align_corners=True)


@dataclass(frozen=True)
class Pair:
    """Two frames, the true flows between them, and where the background comes into view in the second."""

    current: Tensor
    previous: Tensor
    backward_flow: Tensor
    forward_flow: Tensor
    disocclusion: Tensor


def moving_card(
    height: int = 96, width: int = 128, *, step: tuple[int, int] = (9, -4), pan: tuple[int, int] = (2, 1)
) -> Pair:
    """A card that moves by ``step`` over a background that moves by ``pan``; whole pixels, x right, y down."""
    x, y = grid(height, width)
    size, (left, top) = height // 3, (width // 3, height // 3)

    def card_at(dx: int, dy: int) -> Tensor:
        return (x >= left + dx) & (x < left + dx + size) & (y >= top + dy) & (y < top + dy + size)

    was, now = card_at(0, 0), card_at(*step)
    previous = torch.where(was, pattern(x, y, 1), pattern(x, y, 2))
    current = torch.where(now, pattern(x - step[0], y - step[1], 1), pattern(x - pan[0], y - pan[1], 2))
    card, ground = torch.tensor(step).float().view(1, 2, 1, 1), torch.tensor(pan).float().view(1, 2, 1, 1)
    uncovered = torch.roll(was, (pan[1], pan[0]), (0, 1)) & ~now
    return Pair(
        current,
        previous,
        torch.where(now, -card, -ground),
        torch.where(was, card, ground),
        uncovered.float()[None, None],
    )


def flow_frame(
    frame: int,
    image: Tensor,
    backward: Tensor | None = None,
    forward: Tensor | None = None,
    depth: Tensor | None = None,
) -> FlowFrame:
    vectors = None if backward is None and forward is None else Vectors(backward, forward)
    return FlowFrame(frame, f"plate.{frame}.exr", image, vectors, depth)


def read_blender(path: Path, frame: int) -> FlowFrame:
    """A multilayer frame; its picture clipped to [0, 1] and given a plain display curve."""
    source = OpenImageIO.ImageInput.open(str(path))
    assert source is not None, OpenImageIO.geterror()
    names = list(source.spec().channelnames)
    pixels: Any = source.read_image(OpenImageIO.FLOAT)
    source.close()

    def channel(name: str) -> np.ndarray:
        return np.ascontiguousarray(pixels[..., names.index(name)])

    color = np.stack([channel(f"ViewLayer.Combined.{c}") for c in "RGB"])[None]
    image = torch.from_numpy(np.clip(color, 0, 1) ** np.float32(1 / 2.2))
    depth = torch.from_numpy(channel("ViewLayer.Depth.Z"))[None, None] if "ViewLayer.Depth.Z" in names else None
    return FlowFrame(frame, str(path), image, to_flow(find_vector_layer(names), channel, where=path), depth)


def masked_error(image: Tensor, reference: Tensor, mask: Tensor) -> float:
    """Root mean square difference where the mask is 1."""
    squared = (image - reference).square().mean(dim=1, keepdim=True)
    return float(((squared * mask).sum() / mask.sum()).sqrt())


def seen_scene(
    height: int, width: int, focal: float, turn: tuple[float, ...], shift: tuple[float, ...], seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.floating[Any]]]:
    """Flow (2, H, W) and depth (H, W) of a rough scene that a camera sees, and the homography of what is beyond it."""
    x, y = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float))
    distances = np.random.default_rng(seed).uniform(2, 20, (9, 16))
    depth = np.maximum(cv2.resize(distances, (width, height), interpolation=cv2.INTER_CUBIC), 1)
    matrix: NDArray[np.floating[Any]] = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    rotation = cv2.Rodrigues(np.array(turn, float))[0]
    at = np.stack((x, y, np.ones_like(x))).reshape(3, -1)
    there = matrix @ (rotation @ (np.linalg.inv(matrix) @ at * depth.ravel()) + np.array(shift)[:, None])
    flow = (there[:2] / there[2] - at[:2]).reshape(2, height, width)
    homography = np.linalg.multi_dot((matrix, rotation, np.linalg.inv(matrix)))
    return flow.astype(np.float32), depth.astype(np.float32), homography


def homography_flow(homography: NDArray[np.floating[Any]], height: int, width: int) -> NDArray[np.floating[Any]]:
    """What a homography adds to every pixel's place, (2, H, W)."""
    x, y = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float))
    at = np.stack((x, y), -1)
    return np.moveaxis(cv2.perspectiveTransform(at, homography) - at, -1, 0)
