"""ImageNet16-120: the first 120 classes of ImageNet at 16x16 pixels.

Downsampled ImageNet is by Chrabaszcz, Loshchilov and Hutter (2017), the cut to 120
classes by Dong and Yang (NAS-Bench-201, 2020). They halved ``val_data`` into validation
and test; here all of it is for testing, and validation images come out of the training
images as for every other set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nasbench.tasks.batches import read_batch
from nasbench.tasks.image_set import ImageSet, labelled
from nasbench.tasks.task import TaskError

CLASSES = 120
"""Labels 1 to 120 of the files are kept; they become 0 to 119."""

ALL_CLASSES = 1000
SIZE = 16
"""Height and width in pixels."""

TRAIN_FILES = tuple(f"train_data_batch_{i}" for i in range(1, 11))
TEST_FILE = "val_data"


def recognises(path: Path) -> bool:
    """Say whether `path` is a folder with at least one of the files."""
    return any((path / name).is_file() for name in (*TRAIN_FILES, TEST_FILE))


def read(path: Path) -> ImageSet:
    """Read the ten training files and ``val_data``.

    Raises:
        TaskError: A file is missing or damaged.
    """
    batches = [_kept(path / name) for name in TRAIN_FILES]
    images, labels = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
    where = f"{path / TRAIN_FILES[0]} and the next"
    train = labelled(images, labels, CLASSES, where)
    test = labelled(*_kept(path / TEST_FILE), CLASSES, path / TEST_FILE)
    return ImageSet(CLASSES, train, test=test)


def _kept(file: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    images, labels = read_batch(file, "labels", SIZE)
    wrong = np.flatnonzero((labels < 1) | (labels > ALL_CLASSES))
    if len(wrong):
        raise TaskError(
            f"{file}: label {labels[wrong[0]]} of image {wrong[0]} is out of range, "
            f"expected 1 to {ALL_CLASSES}"
        )
    keep = labels <= CLASSES
    return images[keep], labels[keep] - 1
