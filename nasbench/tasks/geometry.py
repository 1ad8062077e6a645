"""Turns, scales, shifts and cuts up stacks of images, the same on every machine.

Nothing here draws anything: the caller draws poses and places. Sines and cosines, in
whose last bit libraries differ, are rounded; all else is exact IEEE 754 arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Pose:
    """How every image lies on its canvas; arrays are ``(n, 1, 1) float64``.

    Attributes:
        degrees: Rotation.
        scale: Size relative to the original.
        down: Shift in pixels of the canvas.
        right: Shift in pixels of the canvas.
    """

    degrees: NDArray[np.float64]
    scale: NDArray[np.float64]
    down: NDArray[np.float64]
    right: NDArray[np.float64]


def place(images: NDArray[np.float64], pose: Pose, canvas: int) -> NDArray[np.float64]:
    """Rotate, scale and shift images on a black canvas, bilinearly.

    Args:
        images: ``(n, s, s) float64``.
        pose: Of every image; its centre goes to the centre of the canvas, then shifts.
        canvas: Height and width of the result.

    Returns:
        ``(n, canvas, canvas) float64``.
    """
    angle = np.deg2rad(pose.degrees)
    # Rounded: libraries differ in the last bit of sine and cosine.
    cosine, sine = np.round(np.cos(angle), 6), np.round(np.sin(angle), 6)
    offsets = np.arange(canvas) - (canvas - 1) / 2
    down = offsets[:, None] - pose.down  # (n, canvas, 1)
    right = offsets[None, :] - pose.right  # (n, 1, canvas)
    centre = (images.shape[1] - 1) / 2
    rows = (cosine * down - sine * right) / pose.scale + centre  # (n, canvas, canvas)
    columns = (sine * down + cosine * right) / pose.scale + centre
    return _bilinear(np.pad(images, ((0, 0), (1, 1), (1, 1))), rows + 1, columns + 1)


def _bilinear(
    images: NDArray[np.float64],
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Read ``(n, s, s)`` images at fractional places; beyond the border is border."""
    last = images.shape[1] - 1
    rows, columns = np.clip(rows, 0, last), np.clip(columns, 0, last)
    top = np.minimum(np.floor(rows).astype(np.int64), last - 1)
    left = np.minimum(np.floor(columns).astype(np.int64), last - 1)
    down, right = rows - top, columns - left
    n = np.arange(len(images))[:, None, None]
    upper: NDArray[np.float64] = (
        images[n, top, left] * (1 - right) + images[n, top, left + 1] * right
    )
    lower = (
        images[n, top + 1, left] * (1 - right) + images[n, top + 1, left + 1] * right
    )
    mixed: NDArray[np.float64] = upper * (1 - down) + lower * down
    return mixed


@dataclass(frozen=True, eq=False)
class Fragments:
    """One square piece of an original for every image.

    Attributes:
        source: ``(n,) int64``, positions of the originals.
        cut: ``(2, n) int64``, top left corners in the originals.
        target: ``(2, n) int64``, top left corners in the images.
        size: Height and width of a piece in pixels.
    """

    source: NDArray[np.int64]
    cut: NDArray[np.int64]
    target: NDArray[np.int64]
    size: int


def overlay(
    images: NDArray[np.float64],
    originals: NDArray[np.float64],
    fragments: Fragments,
) -> None:
    """Lay a piece of an original over every image, in place; the brighter pixel wins.

    Args:
        images: ``(n, s, s) float64``.
        originals: ``(m, t, t) float64``.
        fragments: Which pieces, and where they go.
    """
    square = np.arange(fragments.size)

    def window(corner: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        return (
            (corner[0][:, None] + square)[:, :, None],
            (corner[1][:, None] + square)[:, None, :],
        )

    source = fragments.source[:, None, None]
    pieces = originals[(source, *window(fragments.cut))]
    target = (np.arange(len(images))[:, None, None], *window(fragments.target))
    images[target] = np.maximum(images[target], pieces)
