"""Averages over areas, against plain loops."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasbench.tasks import TaskError
from nasbench.tasks.averaging import area_average


def noise(n: int, channels: int, size: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, channels, size, size), dtype=np.uint8)


def averaged_by_loops(image: np.ndarray, size: int) -> np.ndarray:
    """Return one ``(size, size)`` channel: cover by cover, in exact fractions."""
    old = len(image)
    step = Fraction(old, size)
    result = np.empty((size, size), np.uint8)

    def cover(new: int, pixel: int) -> Fraction:
        low, high = max(new * step, pixel), min((new + 1) * step, pixel + 1)
        return max(Fraction(0), Fraction(high) - low)

    for row in range(size):
        for column in range(size):
            total = Fraction(0)
            for i in range(old):
                for j in range(old):
                    total += cover(row, i) * cover(column, j) * int(image[i, j])
            result[row, column] = int(total / step**2 + Fraction(1, 2))
    return result


@pytest.mark.parametrize("old, new", [(4, 2), (8, 2), (4, 3), (7, 5), (5, 1), (3, 3)])
def test_every_pixel_is_the_exact_mean_of_what_it_covers(old: int, new: int) -> None:
    images = noise(3, 2, old, seed=old)
    found = area_average(images, new)
    for image, small in zip(images, found, strict=True):
        for channel, expected in zip(image, small, strict=True):
            assert np.array_equal(averaged_by_loops(channel, new), expected)


@pytest.mark.parametrize("old, new", [(16, 8), (32, 8), (28, 14)])
def test_whole_factors_are_plain_block_means(old: int, new: int) -> None:
    images = noise(50, 3, old)
    factor = old // new
    blocks = images.reshape(50, 3, new, factor, new, factor).mean((3, 5))
    assert np.array_equal(area_average(images, new), np.floor(blocks + 0.5))


@settings(max_examples=40)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 255))
def test_a_flat_image_stays_flat(old: int, new: int, grey: int) -> None:
    flat = np.full((1, 1, old, old), grey, np.uint8)
    if new > old:
        with pytest.raises(TaskError, match=f"{old}x{old}.*{new}x{new}"):
            area_average(flat, new)
    else:
        assert (area_average(flat, new) == grey).all()


def test_it_turns_and_mirrors_with_the_image() -> None:
    images = noise(4, 3, 16)
    for change in (
        lambda x: x[:, :, ::-1],
        lambda x: x[:, :, :, ::-1],
        lambda x: x.transpose(0, 1, 3, 2),
    ):
        turned = area_average(np.ascontiguousarray(change(images)), 12)
        assert np.array_equal(turned, change(area_average(images, 12)))


def test_many_images_are_averaged_as_each_alone() -> None:
    images = noise(9000, 1, 4)
    together = area_average(images, 3)
    for position in (0, 4095, 4096, 8999):
        alone = area_average(images[position : position + 1], 3)
        assert np.array_equal(together[position], alone[0])


def test_images_that_are_not_square_are_an_error() -> None:
    with pytest.raises(TaskError, match="4x6"):
        area_average(np.zeros((1, 1, 4, 6), np.uint8), 2)
