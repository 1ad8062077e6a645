"""Placing images, against scipy and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import affine_transform

from nasbench.tasks.geometry import Fragments, Pose, overlay, place


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, None, None]


def pose(n: int, rng: np.random.Generator) -> Pose:
    def drawn(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, (n, 1, 1))

    return Pose(drawn(-180, 180), drawn(0.5, 1.5), drawn(-3, 3), drawn(-3, 3))


@pytest.mark.parametrize("size, canvas", [(8, 12), (14, 16), (7, 6)])
def test_it_is_scipys_affine_transform(size: int, canvas: int) -> None:
    rng = np.random.default_rng(size)
    images = rng.uniform(0, 255, (10, size, size))
    how = pose(10, rng)
    found = place(images, how, canvas)
    for i, image in enumerate(images):
        angle = np.deg2rad(how.degrees[i, 0, 0])
        cosine, sine = np.cos(angle), np.sin(angle)
        matrix = np.array([[cosine, -sine], [sine, cosine]]) / how.scale[i, 0, 0]
        shift = np.array([how.down[i, 0, 0], how.right[i, 0, 0]])
        middle = np.full(2, (canvas - 1) / 2)
        # One black pixel around it, to which everything beyond belongs.
        offset = (size - 1) / 2 + 1 - matrix @ (middle + shift)
        expected = affine_transform(
            np.pad(image, 1),
            matrix,
            offset,
            (canvas, canvas),
            order=1,
            mode="nearest",
        )
        assert np.allclose(found[i], expected, atol=0.02)


def test_a_quarter_turn_is_a_quarter_turn() -> None:
    image = np.random.default_rng(0).uniform(0, 255, (1, 9, 9))
    still, one, zero = column(0.0), column(1.0), column(0.0)
    assert np.array_equal(place(image, Pose(still, one, zero, zero), 9), image)
    turned = place(image, Pose(column(90.0), one, zero, zero), 9)
    assert np.allclose(turned[0], np.rot90(image[0], -1))


def test_a_shift_moves_down_and_right() -> None:
    image = np.zeros((1, 5, 5))
    image[0, 1, 2] = 7
    moved = place(image, Pose(column(0), column(1), column(2), column(1)), 5)
    assert np.argwhere(moved[0]).tolist() == [[3, 3]]
    assert moved[0, 3, 3] == 7


def test_pieces_lie_where_they_are_told_and_the_brighter_pixel_wins() -> None:
    rng = np.random.default_rng(3)
    images, originals = rng.uniform(0, 9, (5, 8, 8)), rng.uniform(0, 9, (4, 6, 6))
    fragments = Fragments(
        source=rng.integers(4, size=5),
        cut=rng.integers(4, size=(2, 5)),
        target=rng.integers(6, size=(2, 5)),
        size=3,
    )
    expected = images.copy()
    for i in range(5):
        for row in range(3):
            for right in range(3):
                place_ = (
                    i,
                    fragments.target[0, i] + row,
                    fragments.target[1, i] + right,
                )
                pixel = originals[
                    fragments.source[i],
                    fragments.cut[0, i] + row,
                    fragments.cut[1, i] + right,
                ]
                expected[place_] = max(expected[place_], pixel)
    overlay(images, originals, fragments)
    assert np.array_equal(images, expected)
