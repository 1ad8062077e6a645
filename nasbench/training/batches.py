"""Which images a step sees: the same for every architecture of one seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SHIFT_SHARE = 8
"""Augmented images move by up to this fraction, 1/8, of their size (Krizhevsky)."""


def epoch_batches(
    images: int, batch_size: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield the ``(batch_size,) int64`` positions of every full batch, shuffled."""
    order = rng.permutation(images)
    for start in range(0, images - batch_size + 1, batch_size):
        yield order[start : start + batch_size]


def crop_flip(
    images: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return a copy, shifted and mirrored, of ``(n, c, h, w) float32`` images.

    Every image moves by its own whole number of pixels, up to an eighth of its size
    in each direction, over zeros (the mean colour after normalisation).
    """
    n, channels, height, width = images.shape
    up, left = -(-height // SHIFT_SHARE), -(-width // SHIFT_SHARE)
    padded = np.zeros((n, channels, height + 2 * up, width + 2 * left), images.dtype)
    padded[:, :, up : up + height, left : left + width] = images
    rows = rng.integers(2 * up + 1, size=n)[:, None] + np.arange(height)  # (n, h)
    columns = rng.integers(2 * left + 1, size=n)[:, None] + np.arange(width)  # (n, w)
    mirrored = rng.random(n) < 0.5
    columns[mirrored] = columns[mirrored, ::-1]
    picked = padded[
        np.arange(n)[:, None, None, None],
        np.arange(channels)[:, None, None],
        rows[:, None, :, None],
        columns[:, None, None, :],
    ]
    return np.ascontiguousarray(picked)
