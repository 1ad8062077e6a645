"""Small image sets, and the files of every format that hold them."""

from __future__ import annotations

import gzip
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pair = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""``(n, channels, height, width)`` images and ``(n,)`` labels."""


def pair(n: int, shape: tuple[int, ...], classes: int, seed: int = 0) -> Pair:
    """Return noise, every class about equally often, in mixed order."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, *shape), dtype=np.uint8)
    return images, rng.permutation(np.arange(n) % classes).astype(np.int64)


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return head + array.tobytes()


def write_idx(
    folder: Path, train: Pair, test: Pair, mark: str = "-", suffix: str = ".gz"
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for stem, (images, labels) in {"train": train, "t10k": test}.items():
        arrays = {"images": images[:, 0], "labels": labels.astype(np.uint8)}
        for kind, array in arrays.items():
            data = idx_bytes(array)
            file = folder / f"{stem}-{kind}{mark}idx{array.ndim}-ubyte{suffix}"
            file.write_bytes(gzip.compress(data) if suffix else data)


def cifar_bytes(images: NDArray[np.uint8], *labels: NDArray[np.int64]) -> bytes:
    columns = [label.astype(np.uint8)[:, None] for label in labels]
    rows: NDArray[np.uint8] = np.hstack([*columns, images.reshape(len(images), -1)])
    return rows.tobytes()


def write_pickle(file: Path, value: Any, protocol: int = 2) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps(value, protocol=protocol))


def python2_batch(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> bytes:
    """Return a CIFAR batch as Python 2 and numpy 1 pickled it: byte strings inside."""

    def short(text: str) -> bytes:
        return b"U" + bytes([len(text)]) + text.encode()

    def string(data: bytes) -> bytes:
        return b"T" + struct.pack("<i", len(data)) + data

    def integer(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    rows = images.reshape(len(images), -1)
    dtype = (
        b"cnumpy\ndtype\n(" + short("u1") + integer(0) + integer(1) + b"tR("
        b"" + integer(3) + short("|") + b"NNN" + integer(-1) * 2 + integer(0) + b"tb"
    )
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n("
        + integer(0)
        + b"t"
        + short("b")
        + b"tR("
        + integer(1)
        + b"("
        + b"".join(integer(n) for n in rows.shape)
        + b"t"
        + dtype
        + b"\x89"
        + string(rows.tobytes())
        + b"tb"
    )
    listed = b"](" + b"".join(integer(label) for label in labels) + b"e"
    items = short("data") + array + short("labels") + listed
    return b"\x80\x02}(" + items + b"u."
