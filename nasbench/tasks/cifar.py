"""CIFAR-10 and CIFAR-100 (Krizhevsky, 2009), binary files and Python pickles.

Binary files state no count and have no checksum: a file cut between two images passes
unless a SHA256SUMS or MD5SUMS lies beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nasbench.tasks.batches import read_batch, read_names
from nasbench.tasks.image_set import ImageSet, file_bytes, labelled
from nasbench.tasks.task import Split, TaskError

SIZE = 32
"""Height and width in pixels."""

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True)
class Variant:
    """One of the four ways in which CIFAR is given out.

    Attributes:
        classes: Number of classes.
        train: Names of the training files.
        test: Name of the test file.
        names: File of the class names; may be absent.
        key: Key of the labels in a pickle; empty for binary files.
        names_key: Key of the names in a pickle; empty for binary files.
    """

    classes: int
    train: tuple[str, ...]
    test: str
    names: str
    key: str = ""
    names_key: str = ""


_BATCHES = tuple(f"data_batch_{i}" for i in range(1, 6))
VARIANTS = (
    Variant(
        10,
        tuple(f"{name}.bin" for name in _BATCHES),
        "test_batch.bin",
        "batches.meta.txt",
    ),
    Variant(100, ("train.bin",), "test.bin", "fine_label_names.txt"),
    Variant(
        10,
        _BATCHES,
        "test_batch",
        "batches.meta",
        "labels",
        "label_names",
    ),
    Variant(
        100,
        ("train",),
        "test",
        "meta",
        "fine_labels",
        "fine_label_names",
    ),
)


def recognises(path: Path) -> bool:
    """Say whether `path` is a folder with at least one of the files."""
    return _variant(path) is not None


def read(path: Path) -> ImageSet:
    """Read all files of the variant that the folder holds; fine labels of CIFAR-100.

    Raises:
        TaskError: A file is missing or damaged.
    """
    variant = _variant(path)
    if variant is None:
        raise TaskError(f"{path}: no CIFAR files")
    batches = [_read(path / name, variant) for name in variant.train]
    train = Split(
        np.concatenate([batch.images for batch in batches]),
        np.concatenate([batch.labels for batch in batches]),
    )
    test = _read(path / variant.test, variant)
    names = _names(path / variant.names, variant)
    return ImageSet(variant.classes, train, test=test, class_names=names)


def _variant(path: Path) -> Variant | None:
    for variant in VARIANTS:
        if any((path / name).is_file() for name in (*variant.train, variant.test)):
            return variant
    return None


def _read(file: Path, variant: Variant) -> Split:
    if variant.key:
        images, labels = read_batch(file, variant.key, SIZE)
    else:
        images, labels = _read_binary(file, 1 if variant.classes == 10 else 2)
    return labelled(images, labels, variant.classes, file)


def _read_binary(file: Path, label_bytes: int) -> Arrays:
    """Read records of labels (the fine one is last) and 3,072 pixels."""
    data = file_bytes(file)
    record = label_bytes + 3 * SIZE * SIZE
    if not data or len(data) % record:
        raise TaskError(
            f"{file}: {len(data)} bytes are no whole number of records of {record}; "
            "the file is truncated or of another format"
        )
    rows = np.frombuffer(data, np.uint8).reshape(-1, record)
    images = rows[:, label_bytes:].reshape(-1, 3, SIZE, SIZE)
    return images, rows[:, label_bytes - 1].astype(np.int64)


def _names(file: Path, variant: Variant) -> tuple[str, ...]:
    if variant.names_key:
        return read_names(file, variant.names_key)
    if not file.is_file():
        return ()
    return tuple(file_bytes(file).decode("latin1").split())
