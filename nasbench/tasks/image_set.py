"""What a reader finds in files, before validation images are set apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nasbench.tasks.task import Split, TaskError


@dataclass(frozen=True, eq=False)
class ImageSet:
    """The splits that the files hold, in the order of the files.

    Attributes:
        classes: Number of classes; labels go from 0 to ``classes - 1``.
        train: Training images, or all images where the files hold only one split.
        valid: Validation images; None where the files hold none.
        test: Test images; None where the files hold none.
        class_names: Names of the classes; empty where the files tell none.
    """

    classes: int
    train: Split
    valid: Split | None = None
    test: Split | None = None
    class_names: tuple[str, ...] = ()


def labelled(
    images: NDArray[np.uint8], labels: ArrayLike, classes: int, where: Path | str
) -> Split:
    """Return images and labels that fit together as a split.

    Args:
        images: ``(n, channels, height, width) uint8``.
        labels: ``(n,)`` integers in [0, classes).
        classes: Number of classes.
        where: The file or files, for the errors.

    Raises:
        TaskError: The counts differ, there is no image, or a label is not a whole
            number in range.
    """
    numbers = np.asarray(labels)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise TaskError(
            f"{where}: labels must be one whole number per image, not {numbers.dtype} "
            f"of shape {numbers.shape}"
        )
    if len(images) != len(numbers):
        raise TaskError(f"{where}: {len(images)} images, but {len(numbers)} labels")
    if not images.size:
        raise TaskError(f"{where}: no images (shape {images.shape})")
    wrong = np.flatnonzero((numbers < 0) | (numbers >= classes))
    if len(wrong):
        raise TaskError(
            f"{where}: label {numbers[wrong[0]]} of image {wrong[0]} is out of range; "
            f"with {classes} classes labels go from 0 to {classes - 1}"
        )
    return Split(images, numbers.astype(np.int64))


def file_bytes(path: Path) -> bytes:
    """Return the whole content of a file.

    Raises:
        TaskError: It is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise TaskError(f"{path}: the file is missing") from error
    except OSError as error:
        raise TaskError(f"{path}: cannot be read ({error.strerror})") from error
