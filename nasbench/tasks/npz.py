"""Reads images and labels from numpy's ``.npz`` files.

The arrays are named ``x_train``, ``y_train``, ``x_test``, ``y_test`` and, if there are
validation images, ``x_valid``, ``y_valid``; or ``x`` and ``y``, or ``images`` and
``labels``, where nothing is split yet. MedMNIST's names (``train_images``,
``val_labels``) do as well. ``class_names`` is optional. Nothing is ever unpickled.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import unknown
from nasbench.tasks.image_set import ImageSet, labelled
from nasbench.tasks.task import Split, TaskError

NAMES = {
    "train": (
        ("x_train", "y_train"),
        ("train_images", "train_labels"),
        ("x", "y"),
        ("images", "labels"),
    ),
    "valid": (
        ("x_valid", "y_valid"),
        ("x_val", "y_val"),
        ("valid_images", "valid_labels"),
        ("val_images", "val_labels"),
    ),
    "test": (("x_test", "y_test"), ("test_images", "test_labels")),
}
"""Split -> possible names of its images and labels."""

CLASS_NAMES = "class_names"
MOST_CHANNELS = 4
"""An axis of at most this length is taken for the channels."""


def recognises(path: Path) -> bool:
    """Say whether a path is an ``.npz`` file, or a folder with exactly one."""
    return _file(path) is not None


def read(path: Path) -> ImageSet:
    """Read the arrays of a file.

    Raises:
        TaskError: The file is damaged, or its arrays are not images and labels.
    """
    file = _file(path)
    if file is None:
        raise TaskError(f"{path}: no .npz file, nor a folder with exactly one")
    arrays = _arrays(file)
    found = {
        split: pair
        for split in NAMES
        if (pair := _split_names(file, arrays, split)) is not None
    }
    if "train" not in found:
        raise TaskError(f"{file}: no training images (x_train and y_train)")
    names = tuple(str(name) for name in arrays.get(CLASS_NAMES, np.array(())).ravel())
    classes = len(names) or _classes(arrays[found["train"][1]])
    splits: dict[str, Split] = {}
    for split, (images_name, labels_name) in found.items():
        images = _images(arrays[images_name], f"{file}: {images_name}")
        where = f"{file}: {images_name} and {labels_name}"
        splits[split] = labelled(images, _labels(arrays[labels_name]), classes, where)
    return ImageSet(
        classes, splits["train"], splits.get("valid"), splits.get("test"), names
    )


def _file(path: Path) -> Path | None:
    if path.is_dir():
        inside = sorted(path.glob("[!.]*.npz"))
        return inside[0] if len(inside) == 1 else None
    return path if path.suffix == ".npz" else None


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    """Read the whole archive, so that every checksum of it is checked."""
    arrays = {}
    member = ""
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.namelist():
                # `numpy.load` stops before the end of a member and misses its CRC.
                content = io.BytesIO(archive.read(member))
                arrays[member.removesuffix(".npy")] = np.lib.format.read_array(
                    content, allow_pickle=False
                )
    except _DAMAGE as error:
        inside = f" in {member}" if member else ""
        raise TaskError(f"{file}: damaged .npz file{inside} ({error})") from error
    return arrays


_DAMAGE = (
    OSError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RuntimeError,  # of an encrypted member
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What a damaged archive can raise."""


def _split_names(
    file: Path, arrays: dict[str, NDArray[Any]], split: str
) -> tuple[str, str] | None:
    """Return under which names a split lies in the file; None if it does not.

    Raises:
        TaskError: It lies there twice or by half, or an array has an unknown name.
    """
    known = {name for pairs in NAMES.values() for pair in pairs for name in pair}
    for name in arrays:
        if name not in known | {CLASS_NAMES}:
            raise TaskError(f"{file}: {unknown('array', name, known | {CLASS_NAMES})}")
    found = [pair for pair in NAMES[split] if set(pair) & set(arrays)]
    if len(found) > 1:
        raise TaskError(
            f"{file}: two sets of {split} images, {found[0][0]} and {found[1][0]}"
        )
    for pair in found:
        for name in pair:
            if name not in arrays:
                raise TaskError(f"{file}: array {name} is missing")
        return pair
    return None


def _labels(labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels in one dimension: some sets have a column of them."""
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels


def _classes(labels: NDArray[Any]) -> int:
    whole = labels.dtype.kind in "iu" and labels.size
    return int(labels.max()) + 1 if whole else 1


def _images(images: NDArray[Any], where: str) -> NDArray[np.uint8]:
    """Return any of the layouts as ``(n, channels, height, width) uint8``.

    Raises:
        TaskError: The shape or the values are not those of images.
    """
    pixels = _pixels(images, where)
    if pixels.ndim == 3:
        return pixels[:, None]
    if pixels.ndim == 4:
        first = pixels.shape[1] <= MOST_CHANNELS
        last = pixels.shape[3] <= MOST_CHANNELS
        if first != last:
            return pixels if first else pixels.transpose(0, 3, 1, 2)
    raise TaskError(
        f"{where}: shape {images.shape} is none of (n, height, width), (n, height, "
        f"width, channels), (n, channels, height, width) with 1 to {MOST_CHANNELS} "
        "channels and larger images"
    )


def _pixels(images: NDArray[Any], where: str) -> NDArray[np.uint8]:
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f":
        raise TaskError(
            f"{where}: {images.dtype} values; give uint8, or floats in [0, 1]"
        )
    if not ((images >= 0) & (images <= 1)).all():
        raise TaskError(
            f"{where}: values from {images.min()} to {images.max()}; give floats in "
            "[0, 1], or uint8"
        )
    return np.rint(images * np.float64(255)).astype(np.uint8)
