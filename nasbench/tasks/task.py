"""An image-classification task: images and labels, split once and for all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError, unknown

SPLITS = ("train", "valid", "test")


class TaskError(NasbenchError):
    """Report image data that is missing, damaged or inconsistent."""


@dataclass(frozen=True, eq=False)
class Split:
    """Images and their labels; both arrays become read-only.

    Attributes:
        images: ``(n, channels, height, width) uint8``.
        labels: ``(n,) int64`` in [0, classes).
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Check types and shapes.

        Raises:
            TaskError: They are not the stated ones, or there is no image.
        """
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise TaskError(
                "images are uint8 of (n, channels, height, width), not "
                f"{self.images.dtype} of {self.images.shape}"
            )
        if self.labels.dtype != np.int64 or self.labels.shape != self.images.shape[:1]:
            raise TaskError(
                f"labels are int64 of ({len(self.images)},), one for every image, not "
                f"{self.labels.dtype} of {self.labels.shape}"
            )
        if not self.images.size:
            raise TaskError(f"there are no images: {self.images.shape}")
        for name in ("images", "labels"):
            frozen = np.ascontiguousarray(getattr(self, name)).view()
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)

    def chosen(self, positions: NDArray[np.int64]) -> Split:
        """Return the images and labels at ``(m,)`` positions, in that order."""
        return Split(self.images[positions], self.labels[positions])

    def __reduce__(self) -> tuple[type[Split], tuple[NDArray[Any], NDArray[Any]]]:
        # Pickling would give a worker process writeable arrays.
        return Split, (self.images, self.labels)


@dataclass(frozen=True, eq=False)
class Task:
    """Three splits of one set of images, each in random order.

    Attributes:
        name: Name of the task.
        classes: Number of classes.
        train: What weights are learned from.
        valid: What strategies select by.
        test: What the referee judges by.
        source: One line: what the data is, where it comes from, its licence.
        class_names: Names of the classes; empty where nobody gave any.
    """

    name: str
    classes: int
    train: Split
    valid: Split
    test: Split
    source: str
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the splits fit together.

        Raises:
            TaskError: Shapes differ, a label is out of range, a class has no training
                image, or the class names are not as many as the classes.
        """
        for name in SPLITS:
            split: Split = getattr(self, name)
            if split.images.shape[1:] != self.shape:
                raise TaskError(
                    f"task {self.name}: {name} images have the shape "
                    f"{split.images.shape[1:]}, those of train {self.shape}"
                )
            low, high = int(split.labels.min()), int(split.labels.max())
            if low < 0 or high >= self.classes:
                raise TaskError(
                    f"task {self.name}: {name} labels go from {low} to {high}, "
                    f"expected 0 to {self.classes - 1}"
                )
        counts = np.bincount(self.train.labels, minlength=self.classes)
        if not counts.all():
            empty = np.flatnonzero(counts == 0).tolist()
            raise TaskError(f"task {self.name}: no training image of classes {empty}")
        if self.class_names and len(self.class_names) != self.classes:
            raise TaskError(
                f"task {self.name}: {len(self.class_names)} class names for "
                f"{self.classes} classes"
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of every image."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the arrays of all splits, in hexadecimal; names do not count."""
        total = hashlib.sha256(f"classes {self.classes}".encode())
        for name in SPLITS:
            split: Split = getattr(self, name)
            for array in (split.images, split.labels):
                plain = array.astype(array.dtype.newbyteorder("<"), copy=False)
                total.update(f"{name} {plain.dtype.str} {plain.shape}".encode())
                total.update(plain.tobytes())
        return total.hexdigest()

    def normalised(self, split: str) -> NDArray[np.float32]:
        """Return ``(n, channels, height, width) float32`` images of a split.

        Every channel is shifted and scaled by the mean and standard deviation of the
        training images; a constant channel becomes zero.

        Args:
            split: ``"train"``, ``"valid"`` or ``"test"``.

        Raises:
            TaskError: There is no such split.
        """
        if split not in SPLITS:
            raise TaskError(unknown("split", split, SPLITS))
        images: NDArray[np.uint8] = getattr(self, split).images
        normalised = np.empty(images.shape, np.float32)
        grey = np.arange(256.0)
        for channel in range(images.shape[1]):
            # By counts of the 256 values: exact, and without a float64 copy of all.
            pixels = self.train.images[:, channel].ravel()
            counts = np.bincount(pixels, minlength=256)
            mean = (counts * grey).sum() / len(pixels)
            deviation = np.sqrt((counts * (grey - mean) ** 2).sum() / len(pixels))
            level = ((grey - mean) / (deviation or 1.0)).astype(np.float32)
            normalised[:, channel] = level[images[:, channel]]
        return normalised

    def cut(
        self,
        train: int | None = None,
        valid: int | None = None,
        test: int | None = None,
    ) -> Task:
        """Return the task with only the first images of every split.

        Args:
            train: How many training images; None for all.
            valid: How many validation images; None for all.
            test: How many test images; None for all.

        Raises:
            TaskError: There are fewer, or a class is left without a training image.
        """

        def part(name: str, count: int | None) -> Split:
            split: Split = getattr(self, name)
            available = len(split.labels)
            if count is None or count == available:
                return split
            if not 1 <= count <= available:
                raise TaskError(
                    f"task {self.name} has 1 to {available} {name} images, not {count}"
                )
            return Split(split.images[:count], split.labels[:count])

        return replace(
            self,
            train=part("train", train),
            valid=part("valid", valid),
            test=part("test", test),
        )
