"""Shrinks images by exact area averages in whole numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nasbench.tasks.task import TaskError


def area_average(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Return ``(n, channels, size, size) uint8`` averages over the area of each pixel.

    A new pixel is the mean of what it covers, parts of pixels by their area, rounded
    to the nearest whole number and halves upwards. Sums are whole numbers, so the
    result is the same on every machine; from 32x32 to 8x8 it is the plain mean of 4x4
    pixels.

    Args:
        images: ``(n, channels, s, s) uint8``.
        size: New height and width, at most `s`.

    Raises:
        TaskError: The images are not square, or smaller than `size`.
    """
    height, width = images.shape[2:]
    if height != width or not 1 <= size <= height:
        raise TaskError(
            f"images of {height}x{width} cannot be averaged to {size}x{size}; give "
            "square images at least that large"
        )
    if size == height:
        return images
    shares = _shares(height, size)
    averaged = np.empty((*images.shape[:2], size, size), np.uint8)
    for start in range(0, len(images), CHUNK):
        part = images[start : start + CHUNK].astype(np.int64)
        total = shares @ part @ shares.T
        averaged[start : start + CHUNK] = (2 * total + height**2) // (2 * height**2)
    return averaged


CHUNK = 4096
"""Images at a time, so that the whole-number copies stay small."""


def _shares(old: int, new: int) -> NDArray[np.int64]:
    """Return ``(new, old)``: how much of an old pixel a new one covers, in 1/new.

    Every row sums to `old`.
    """
    first = np.arange(new)[:, None] * old
    pixel = np.arange(old)[None, :] * new
    covered = np.minimum(first + old, pixel + new) - np.maximum(first, pixel)
    return np.asarray(np.maximum(covered, 0), np.int64)
