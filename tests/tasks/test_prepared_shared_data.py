"""The prepared tasks that tables are trained on, where their originals are at hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from nasbench.tasks import Split, Task, TaskError, load_task, loading, prepared_tasks
from nasbench.tasks.npz import read

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"

FOLDERS = {
    "cifar10x8": "cifar10-16",
    "cifar10x12": "cifar10-16",
    "cifar10x16": "cifar10-16",
    "mnist-clutter": "mnist",
}


def shared(folder: str) -> Path:
    if not (SHARED / folder).is_dir():
        pytest.skip(f"no folder shared/data/{folder} beside the repository")
    return SHARED / folder


@cache
def prepared(name: str) -> Task:
    return load_task(name, data=shared(FOLDERS[name]))


@pytest.mark.parametrize("name", prepared_tasks())
def test_the_task_is_the_one_that_tables_are_trained_on(name: str) -> None:
    task, edition = prepared(name), loading.PREPARED[name].edition
    assert task.fingerprint == edition.fingerprint
    assert task.source == edition.source


@pytest.mark.parametrize("name", prepared_tasks())
def test_every_split_has_every_class_s_share(name: str) -> None:
    task, originals = prepared(name), loading.PREPARED[name].originals
    for split, total in ((task.train, 40_000), (task.valid, 10_000)):
        assert len(split.labels) == total
        share = np.array(originals.train) * total / sum(originals.train)
        # Rounded once for what is set apart and once for what is left out.
        assert (np.abs(np.bincount(split.labels) - share) < 2).all()
    assert np.bincount(task.test.labels).tolist() == list(originals.test)


@pytest.mark.parametrize("name", prepared_tasks())
def test_its_first_images_are_a_random_sample(name: str) -> None:
    task = prepared(name).cut(train=1000, valid=1000, test=1000)
    for split in (task.train, task.valid, task.test):
        counts = np.bincount(split.labels, minlength=10)
        # About 100 of each, standard deviation 9.5; MNIST has 1135 and 892 for 1000.
        assert np.abs(counts - 100).max() < 60


@pytest.mark.parametrize("size", [8, 16])
def test_cifar_images_are_plain_averages_of_the_file(size: int) -> None:
    found, task = read(shared("cifar10-16")), prepared(f"cifar10x{size}")
    factor = 16 // size
    assert found.test is not None

    def rows(split: Split) -> list[tuple[int, bytes]]:
        images = map(np.ndarray.tobytes, split.images)
        return sorted(zip(split.labels.tolist(), images, strict=True))

    def averaged(split: Split) -> list[tuple[int, bytes]]:
        blocks = split.images.reshape(-1, 3, size, factor, size, factor)
        means = np.floor(blocks.mean((3, 5)) + 0.5).astype(np.uint8)
        return rows(Split(means, split.labels))

    assert rows(task.test) == averaged(found.test)
    assert sorted(rows(task.train) + rows(task.valid)) == averaged(found.train)


def test_a_table_of_the_copy_says_so() -> None:
    assert prepared("cifar10x8").source.startswith("CIFAR-10 (JPEG copy) 16x16")


def test_fashion_mnist_in_place_of_mnist_is_refused() -> None:
    with pytest.raises(TaskError, match=r"6,000 training images of the class 0, not"):
        load_task("mnist-clutter", data=shared("fashion-mnist"))
