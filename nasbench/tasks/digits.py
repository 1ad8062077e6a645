"""The embedded task: real handwritten digits, made hard enough to tell cells apart.

On the raw 8x8 images every architecture reaches 99 %, and the noise between seeds
drowns the differences. Here a digit is rotated, scaled and shifted on a larger canvas,
and fragments of other digits are pasted over it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.tasks.geometry import Fragments, Pose, overlay, place
from nasbench.tasks.task import Split, Task, TaskError

SEED = 0
CLASSES = 10
CANVAS = 12
"""Height and width of the images in pixels."""

SIZES = {"train": 10_000, "valid": 4_000, "test": 4_000}
SHARES = {"train": 0.6, "valid": 0.2}
"""Shares of the 1,797 originals; the rest is for testing."""

FINGERPRINT = "ab9e50a72cabc00b8078b7abc83332b591c7edc63445a63203abd9d3051b3594"
"""SHA-256 of the task; another one means other numbers, and no table would fit."""

SOURCE = (
    "scikit-learn's digits (1,797 images of 8x8 out of the UCI set 'Optical "
    "Recognition of Handwritten Digits', Alpaydin and Kaynak, 1998, CC BY 4.0), split "
    "60/20/20, then rotated, scaled, shifted and cluttered on 12x12"
)


@dataclass(frozen=True)
class Distortion:
    """How far an image is from its original; every range is uniform.

    Attributes:
        degrees: Largest rotation to either side.
        scale: Largest relative change of size to either side.
        shift: Largest shift in pixels, in each direction.
        fragments: Pieces of other digits that are pasted on.
        fragment_size: Height and width of a piece in pixels.
    """

    degrees: float = 40.0
    scale: float = 0.2
    shift: float = 2.0
    fragments: int = 2
    fragment_size: int = 4


def digits() -> Task:
    """Make the task: 10,000 / 4,000 / 4,000 grey images of 12x12, ten classes.

    The originals are split before they are distorted: no original stands behind
    images of two splits. The images are the same on every machine.

    Raises:
        NasbenchError: scikit-learn is not installed.
        TaskError: This numpy or scikit-learn gives other images.
    """
    images, labels = _originals()
    rng = np.random.default_rng(SEED)
    parts = split_originals(labels, rng)
    train, valid, test = (
        distort(images[part], labels[part], SIZES[name], rng)
        for name, part in parts.items()
    )
    task = Task("digits", CLASSES, train, valid, test, source=SOURCE)
    if task.fingerprint != FINGERPRINT:
        raise TaskError(
            f"digits has the fingerprint {task.fingerprint[:12]}, expected "
            f"{FINGERPRINT[:12]}: this version of numpy ({np.__version__}) or of "
            "scikit-learn gives other images than the tables were trained on"
        )
    return task


def _originals() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return ``(1797, 8, 8)`` images in [0, 16] and their labels."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise NasbenchError(
            "the task digits needs scikit-learn; install it with "
            '`pip install "nasbench-suite[train]"`'
        ) from error
    data = load_digits()
    return data.images.astype(np.float64), data.target.astype(np.int64)


def split_originals(
    labels: NDArray[np.int64], rng: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    """Return the positions of every split's originals, equal shares of each class."""
    parts: dict[str, list[NDArray[np.int64]]] = {name: [] for name in SIZES}
    for label in range(CLASSES):
        members = rng.permutation(np.flatnonzero(labels == label))
        train = round(SHARES["train"] * len(members))
        valid = train + round(SHARES["valid"] * len(members))
        for name, part in zip(parts, np.split(members, [train, valid]), strict=True):
            parts[name].append(part)
    return {name: np.concatenate(part) for name, part in parts.items()}


def distort(
    originals: NDArray[np.float64],
    labels: NDArray[np.int64],
    count: int,
    rng: np.random.Generator,
    distortion: Distortion | None = None,
) -> Split:
    """Return `count` distorted images of random originals.

    Args:
        originals: ``(n, 8, 8) float64`` in [0, 16].
        labels: ``(n,) int64``.
        count: How many images.
        rng: Draws everything.
        distortion: How far; the task's own by default.
    """
    how = distortion or Distortion()
    chosen = rng.integers(len(originals), size=count)
    canvas = place(originals[chosen], _pose(count, rng, how), CANVAS)
    for _ in range(how.fragments):
        overlay(canvas, originals, _fragments(originals, count, rng, how.fragment_size))
    grey = np.floor(np.clip(canvas, 0, 16) * (255 / 16) + 0.5).astype(np.uint8)
    return Split(grey[:, None], labels[chosen])


def _pose(count: int, rng: np.random.Generator, how: Distortion) -> Pose:
    """Draw how every digit lies on the canvas."""

    def uniform(limit: float) -> NDArray[np.float64]:
        return limit * (2 * rng.random((count, 1, 1)) - 1)

    return Pose(
        degrees=uniform(how.degrees),
        scale=1 + uniform(how.scale),
        down=uniform(how.shift),
        right=uniform(how.shift),
    )


def _fragments(
    originals: NDArray[np.float64], count: int, rng: np.random.Generator, size: int
) -> Fragments:
    """Draw a piece of a random original, and a place for it, for every image."""
    return Fragments(
        source=rng.integers(len(originals), size=count),
        cut=rng.integers(originals.shape[1] - size + 1, size=(2, count)),
        target=rng.integers(CANVAS - size + 1, size=(2, count)),
        size=size,
    )
