from __future__ import annotations

import numpy as np
from small_training import Pixels

from vst_core.training.data import Scenes
from vst_core.training.scenes import random_scene


def test_a_scene_is_a_picture_of_the_size_asked_for() -> None:
    for seed in range(6):
        scene = random_scene(64, np.random.default_rng(seed))
        assert scene.shape == (64, 64, 3)
        assert scene.dtype == np.float32
        assert scene.min() >= 0
        assert scene.max() <= 1


def test_scenes_are_not_flat() -> None:
    """Each shows shapes, and together they span dark and bright."""
    scenes = [random_scene(64, np.random.default_rng(seed)) for seed in range(8)]
    assert all(scene.std() > 0.02 for scene in scenes)
    means = [float(scene.mean()) for scene in scenes]
    assert max(means) - min(means) > 0.1


def scene(scenes: Scenes, index: int) -> Pixels:
    found = scenes.read(index, 48)
    assert found is not None
    return found


def test_a_scene_is_decided_by_seed_and_number_alone() -> None:
    first, second = Scenes(7), Scenes(7)
    wanted = scene(first, 3)
    scene(second, 11)
    np.testing.assert_array_equal(wanted, scene(second, 3))
    assert not np.array_equal(wanted, scene(second, 4))
    assert not np.array_equal(wanted, scene(Scenes(8), 3))


def test_a_caller_may_change_what_it_was_given() -> None:
    scenes = Scenes(0)
    given = scene(scenes, 0)
    kept = given.copy()
    given[:] = 0
    np.testing.assert_array_equal(scene(scenes, 0), kept)
