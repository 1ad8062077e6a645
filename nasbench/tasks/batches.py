"""Rows of flat RGB pixels, as CIFAR and ImageNet16 keep them in pickled batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasbench.tasks.pickles import read_pickle
from nasbench.tasks.task import TaskError


def read_batch(
    file: Path, label_key: str, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return images ``(n, 3, size, size) uint8`` and labels ``(n,)`` of one batch.

    Args:
        file: A pickled dict with ``data`` and labels.
        label_key: Key of the labels.
        size: Height and width in pixels.

    Raises:
        TaskError: The file is missing, damaged or of another form.
    """
    batch = read_pickle(file)
    rows, labels = _value(batch, "data", file), _value(batch, label_key, file)
    width = 3 * size * size
    if (
        not isinstance(rows, np.ndarray)
        or rows.dtype != np.uint8
        or rows.ndim != 2
        or rows.shape[1] != width
    ):
        kind = f"{rows.dtype} of {rows.shape}" if hasattr(rows, "shape") else type(rows)
        raise TaskError(f"{file}: 'data' is {kind}, expected uint8 of (n, {width})")
    try:
        numbers = np.asarray(labels)
    except ValueError:  # lists of unequal lengths
        numbers = np.empty(0, object)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise TaskError(f"{file}: {label_key!r} is not a list of whole numbers")
    if len(numbers) != len(rows):
        raise TaskError(f"{file}: {len(rows)} images, but {len(numbers)} labels")
    return rows.reshape(-1, 3, size, size), numbers.astype(np.int64)


def read_names(file: Path, key: str) -> tuple[str, ...]:
    """Return the class names that a pickled dict holds; none where no file is.

    Raises:
        TaskError: The file is damaged or of another form.
    """
    if not file.is_file():
        return ()
    names = _value(read_pickle(file), key, file)
    if not isinstance(names, list):
        raise TaskError(f"{file}: {key!r} is not a list of names")
    return tuple(n.decode("latin1") if isinstance(n, bytes) else str(n) for n in names)


def _value(batch: dict[str, Any], key: str, file: Path) -> Any:
    if key not in batch:
        raise TaskError(f"{file}: no key {key!r}, only {sorted(batch)}")
    return batch[key]
