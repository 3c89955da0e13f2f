"""A scene of known points, seen by a known camera: what is infinitely far moves as the camera turned."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from flow_scenes import homography_flow, seen_scene
from numpy.typing import NDArray

from vst_core.flow.camera import far_motion

H, W = 90, 160
Array = NDArray[np.floating[Any]]


def displacement(homography: Array) -> Array:
    return homography_flow(homography, H, W)


def found(flow: Array, depth: Array, near: NDArray[np.bool_] | None = None) -> Array:
    homography = far_motion(flow, depth, np.ones((H, W), bool) if near is None else near)
    assert homography is not None
    return displacement(homography)


@pytest.mark.parametrize("focal", [0.6 * W, 1.0 * W, 1.7 * W, 3.0 * W])
def test_a_turn_is_found_whatever_the_lens(focal: float) -> None:
    flow, depth, truth = seen_scene(H, W, focal, (0.02, -0.03, 0.01), (0.3, -0.1, 0.2))
    assert np.abs(displacement(truth)).max() > 3
    assert np.abs(found(flow, depth) - displacement(truth)).max() < 0.05


def test_the_lower_half_of_the_scene_tells_how_all_of_the_sky_moves() -> None:
    flow, depth, truth = seen_scene(H, W, 1.4 * W, (0.01, 0.05, -0.02), (0.1, 0.3, 0.1))
    near = np.zeros((H, W), bool)
    near[H // 2 :] = True
    flow[:, ~near], depth[~near] = 0, 1e10  # as Blender writes it
    assert np.abs(found(flow, depth, near) - displacement(truth)).max() < 0.1


def test_what_is_infinitely_far_stands_still_to_the_bit_where_a_camera_does_not_turn() -> None:
    flow, depth, _ = seen_scene(H, W, 1.2 * W, (0, 0, 0), (0.4, -0.2, 0.5))
    assert np.abs(flow).max() > 5
    assert not found(flow, depth).any()


def test_half_a_frame_that_moves_by_itself_is_no_reason_to_follow_it() -> None:
    flow, depth, truth = seen_scene(H, W, 1.2 * W, (0.0, 0.02, 0.0), (0.2, 0.0, 0.0))
    flow[:, 20:70, 10:100] += np.random.default_rng(1).uniform(-6, 6, (2, 50, 90)).astype(np.float32)
    assert np.abs(found(flow, depth) - displacement(truth)).max() < 0.05


def test_vectors_stored_as_half_are_good_enough() -> None:
    flow, depth, truth = seen_scene(H, W, 1.2 * W, (0.03, 0.06, 0.0), (0.5, 0.2, 0.3))
    assert np.abs(found(flow.astype(np.float16).astype(np.float32), depth) - displacement(truth)).max() < 0.1


def test_a_scene_that_no_camera_explains_says_nothing() -> None:
    _, depth, _ = seen_scene(H, W, W, (0, 0, 0), (0, 0, 0))
    noise = np.random.default_rng(0).normal(0, 8, (2, H, W)).astype(np.float32)
    assert far_motion(noise, depth, np.ones((H, W), bool)) is None


@pytest.mark.parametrize("points", [0, 30])
def test_a_few_points_say_nothing(points: int) -> None:
    flow, depth, _ = seen_scene(H, W, W, (0, 0.02, 0), (0.1, 0, 0))
    near = np.zeros((H, W), bool)
    near.ravel()[:points] = True
    assert far_motion(flow, depth, near) is None


def test_the_same_pair_gives_the_same_bits_with_any_number_of_threads() -> None:
    flow, depth, _ = seen_scene(H, W, 1.3 * W, (0.01, 0.03, 0.02), (0.2, 0.1, 0.4))
    flow[:, 20:40] += 3
    threads, results = cv2.getNumThreads(), []
    for count in (1, 2, 4, 1):
        cv2.setNumThreads(count)
        results.append(found(flow, depth))
    cv2.setNumThreads(threads)
    assert all(np.array_equal(results[0], other) for other in results[1:])
