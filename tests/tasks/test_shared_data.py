"""The published sets, where they are at hand."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from nasbench.tasks import Task, load_task
from nasbench.tasks.idx import read_array

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"

MD5 = {
    "fashion-mnist": {
        "train-images-idx3": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "t10k-images-idx3": "8181f5470baa50b63fa0f6fddb340f0a",
    },
    "mnist": {
        "train-images-idx3": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1": "27ae3e4e09519cfbb04c329615203637",
    },
}
"""Published MD5 sums of the uncompressed files."""


def shared(name: str) -> Path:
    if not (SHARED / name).is_dir():
        pytest.skip(f"no folder shared/data/{name} beside the repository")
    return SHARED / name


@pytest.mark.parametrize("name", MD5)
def test_idx_arrays_have_the_published_checksums(name: str) -> None:
    folder = shared(name)
    for stem, expected in MD5[name].items():
        axes = int(stem[-1])
        array = read_array(folder / f"{stem}-ubyte.gz", axes)
        header = bytes([0, 0, 8, axes]) + np.array(array.shape, ">u4").tobytes()
        found = hashlib.md5(header + array.tobytes(), usedforsecurity=False)
        assert found.hexdigest() == expected, stem


def balanced(task: Task, counts: tuple[int, int, int]) -> bool:
    sizes = tuple(len(s.labels) for s in (task.train, task.valid, task.test))
    return sizes == counts and task.classes == 10


@pytest.mark.parametrize("name", MD5)
def test_the_mnist_family_is_split_50_10_10(name: str) -> None:
    task = load_task(shared(name))
    assert balanced(task, (50_000, 10_000, 10_000))
    assert task.shape == (1, 28, 28)
    original = read_array(shared(name) / "t10k-images-idx3-ubyte.gz", 3)
    rows = sorted(image.tobytes() for image in original)
    assert sorted(image.tobytes() for image in task.test.images) == rows


def test_cifar10_16_is_read_from_its_folder() -> None:
    folder = shared("cifar10-16")
    task = load_task(folder)
    assert balanced(task, (41_667, 8_333, 10_000))
    assert task.class_names[:2] == ("airplane", "automobile")
    with np.load(folder / "cifar10-16.npz") as data:
        images = data["x_test"].transpose(0, 3, 1, 2)
        expected = sorted(
            zip(map(np.ndarray.tobytes, images), data["y_test"], strict=True)
        )
    found = zip(
        map(np.ndarray.tobytes, task.test.images), task.test.labels, strict=True
    )
    assert sorted(found) == expected
