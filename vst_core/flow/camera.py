"""How the camera turned between two frames, told by how the scene moved: by that, all that is infinitely far moves.

A renderer gives the motion and the depth of what stands before its sky. What does not move by itself tells the pose of
the camera in the other frame, as known points tell it in resection; of that pose, the sky knows the turn alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

cv: Any = cv2  # its stubs know no element types
FloatArray = NDArray[np.floating[Any]]

_POINTS = 800
_FEWEST = 50
_FITS = 0.1  # pixels: vectors stored as half miss by a hundredth, those of antialiased edges by more than this
_FITS_OF_MOTION = 2e-3  # and as many pixels more for each that a point moves
_LEAST_SHARE = 0.3  # of the points, that must be one rigid scene
_FOCAL_LENGTHS = (1.3, 0.8, 2.1, 0.5, 3.4)  # widths of the frame: 18 to 122 mm for a sensor of 36
_REFINEMENTS = (1.12, 1.12, 1.06, 1.03, 1.015, 1.007, 1.0035)
_RANSAC_STEPS = 100
_EXACT = 2e-3  # pixels
_STILL = 0.01


@dataclass(frozen=True, slots=True)
class _Pose:
    """A camera's pose in the other frame, and what it leaves unexplained."""

    focal: float
    turn: FloatArray
    shift: FloatArray
    errors: FloatArray


def far_motion(flow: FloatArray, depth: FloatArray, near: NDArray[np.bool_]) -> FloatArray | None:
    """How what is infinitely far moves, by resection of the camera (Hartley and Zisserman 2004, sections 7.1, 13.4).

    Most of what is seen must stand still, or at least 0.3 of it, and more than moves together in any other way. The
    focal length need not be known: it is found with the pose. The optical axis is taken to meet the frame's middle.

    Args:
        flow: (2, H, W), pixels, x right, y down, to the other frame.
        depth: (H, W), along the optical axis, any unit.
        near: (H, W), where both are known.

    Returns:
        (3, 3), the homography from this frame's pixels to the other's, exactly the identity for a camera that does not
        turn; or None, where the scene does not tell.
    """
    height, width = near.shape
    at, to, z = _points(flow, depth, near)
    if len(at) < _FEWEST:
        return None
    fits = _FITS + _FITS_OF_MOTION * float(np.median(np.abs(to - at).max(1)))
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    best = _best(at - middle, to - middle, z, width, fits)
    if np.mean(best.errors < fits) < _LEAST_SHARE:
        return None
    to_pixels = np.array([[best.focal, 0, middle[0]], [0, best.focal, middle[1]], [0, 0, 1]])
    homography = to_pixels @ cv.Rodrigues(best.turn)[0] @ np.linalg.inv(to_pixels)
    corners = np.array([[[0, 0]], [[width - 1, 0]], [[0, height - 1]], [[width - 1, height - 1]]], np.float64)
    moved = np.abs(cv.perspectiveTransform(corners, homography) - corners).max()
    return np.eye(3) if moved < _STILL else homography


def _best(at: FloatArray, to: FloatArray, z: FloatArray, width: int, fits: float) -> _Pose:
    """The focal length and the pose that explain most, or the first exact ones: if the camera did not turn, any are."""
    poses = []
    for share in _FOCAL_LENGTHS:
        poses.append(_resected(at, to, z, share * width, fits))
        if np.median(poses[-1].errors) < _EXACT:
            return poses[-1]
    best = min(poses, key=lambda pose: _cost(pose, fits))
    for factor in _REFINEMENTS:
        tried = [_refined(at, to, z, best, best.focal * by, fits) for by in (factor, 1 / factor)]
        best = min(best, *tried, key=lambda pose: _cost(pose, fits))
    return best


def _points(flow: FloatArray, depth: FloatArray, near: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points of a regular grid, (N, 2), where they are in the other frame, and their depth, of 1 in the middle."""
    step = max(1, int(np.sqrt(near.sum() / _POINTS)))
    rows, columns = (each * step for each in np.nonzero(near[::step, ::step] & (depth[::step, ::step] > 0)))
    z = depth[rows, columns].astype(np.float64)
    at = np.stack((columns, rows), 1).astype(np.float64)
    return at, at + flow[:, rows, columns].T, z / np.median(z) if len(z) else z


def _scene(at: FloatArray, z: FloatArray, focal: float) -> FloatArray:
    return np.column_stack((at / focal * z[:, None], z))


def _camera(focal: float) -> FloatArray:
    return np.diag([focal, focal, 1.0])


def _resected(at: FloatArray, to: FloatArray, z: FloatArray, focal: float, fits: float) -> _Pose:
    """The pose that explains most points."""
    found, turn, shift, _ = cv.solvePnPRansac(
        _scene(at, z, focal),
        to,
        _camera(focal),
        None,
        iterationsCount=_RANSAC_STEPS,
        reprojectionError=fits,
        flags=cv2.SOLVEPNP_P3P,
    )
    if not found:
        turn, shift = np.zeros((3, 1)), np.zeros((3, 1))
    return _refined(at, to, z, _Pose(focal, turn, shift, _errors(at, to, z, focal, turn, shift)), focal, fits)


def _refined(at: FloatArray, to: FloatArray, z: FloatArray, start: _Pose, focal: float, fits: float) -> _Pose:
    """A pose for a focal length, from all points that another pose explains, or nearly so."""
    used = start.errors < 3 * fits
    turn, shift = start.turn, start.shift
    if used.sum() >= _FEWEST // 2:
        turn, shift = cv.solvePnPRefineLM(
            _scene(at[used], z[used], focal), to[used], _camera(focal), None, turn.copy(), shift.copy()
        )
    return _Pose(focal, turn, shift, _errors(at, to, z, focal, turn, shift))


def _errors(
    at: FloatArray, to: FloatArray, z: FloatArray, focal: float, turn: FloatArray, shift: FloatArray
) -> FloatArray:
    seen, _ = cv.projectPoints(_scene(at, z, focal), turn, shift, _camera(focal), None)
    errors: FloatArray = np.linalg.norm(seen[:, 0] - to, axis=1)
    return np.where(np.isfinite(errors), errors, np.inf)


def _cost(pose: _Pose, fits: float) -> float:
    """Squared errors, of which none counts for more than one of ``fits``."""
    return float(np.mean(np.square(np.minimum(pose.errors, fits))))
