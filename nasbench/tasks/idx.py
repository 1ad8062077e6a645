"""IDX files, the format of MNIST and its family (LeCun, Cortes and Burges, 1998)."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nasbench.tasks.image_set import ImageSet, file_bytes, labelled
from nasbench.tasks.task import Split, TaskError

STEMS = {"train": "train", "test": "t10k"}
UNSIGNED_BYTE = 8
"""The code of uint8 in the third byte of the file."""

AXES = {"images": 3, "labels": 1}


def recognises(path: Path) -> bool:
    """Say whether `path` is a folder with at least one of the files."""
    return any(
        spelling.is_file()
        for stem in STEMS.values()
        for kind in AXES
        for spelling in _spellings(path, stem, kind)
    )


def read(path: Path) -> ImageSet:
    """Read the four files, raw or ``.gz``.

    Raises:
        TaskError: One is missing or damaged, or they do not fit together.
    """
    arrays = {name: _arrays(path, stem) for name, stem in STEMS.items()}
    classes = int(arrays["train"][1].max(initial=0)) + 1
    splits: dict[str, Split] = {
        name: labelled(images[:, None], labels, classes, where)
        for name, (images, labels, where) in arrays.items()
    }
    return ImageSet(classes, splits["train"], test=splits["test"])


def _arrays(
    folder: Path, stem: str
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], str]:
    """Return images, labels, and the two file names for errors."""
    image_file, label_file = (_find(folder, stem, kind) for kind in AXES)
    images = read_array(image_file, AXES["images"])
    labels = read_array(label_file, AXES["labels"])
    return images, labels, f"{image_file} and {label_file.name}"


def _spellings(folder: Path, stem: str, kind: str) -> list[Path]:
    return [
        folder / f"{stem}-{kind}{mark}idx{AXES[kind]}-ubyte{suffix}"
        for suffix in ("", ".gz")
        for mark in "-."
    ]


def _find(folder: Path, stem: str, kind: str) -> Path:
    spellings = _spellings(folder, stem, kind)
    for file in spellings:
        if file.is_file():
            return file
    raise TaskError(f"{spellings[0]}: missing, also with .gz; IDX needs all four files")


def read_array(file: Path, axes: int) -> NDArray[np.uint8]:
    """Return the uint8 array of one IDX file.

    Args:
        file: Raw, or gzip if it ends in ``.gz``.
        axes: How many axes it must have.

    Raises:
        TaskError: The file is missing, damaged or of another type.
    """
    data = file_bytes(file)
    if file.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error, struct.error) as error:
            raise TaskError(
                f"{file}: damaged gzip file: {error}; download it again"
            ) from error
    start = 4 + 4 * axes
    magic = bytes([0, 0, UNSIGNED_BYTE, axes])
    if data[:4] != magic:
        raise TaskError(
            f"{file}: starts with 0x{data[:4].hex()}, expected 0x{magic.hex()} "
            f"(IDX, uint8, {axes} axes)"
        )
    if len(data) < start:
        raise TaskError(f"{file}: truncated after {len(data)} bytes")
    shape = struct.unpack(f">{axes}I", data[4:start])
    expected = start + math.prod(shape)
    if len(data) != expected:
        state = "truncated" if len(data) < expected else "too long"
        raise TaskError(
            f"{file}: {state}: {len(data)} bytes, expected {expected} for the shape "
            f"{shape} that it states"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
