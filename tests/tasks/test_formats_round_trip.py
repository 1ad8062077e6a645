"""What is written in a format is read back, pixel for pixel."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from image_files import (
    Pair,
    cifar_bytes,
    pair,
    python2_batch,
    write_idx,
    write_pickle,
)
from numpy.typing import NDArray

from nasbench.tasks import Split, Task, load_task


def multiset(*splits: Split | Pair) -> Counter[tuple[bytes, int]]:
    """Return images with their labels, whatever their order."""
    found: Counter[tuple[bytes, int]] = Counter()
    for split in splits:
        images, labels = (
            (split.images, split.labels) if isinstance(split, Split) else split
        )
        found.update((i.tobytes(), int(k)) for i, k in zip(images, labels, strict=True))
    return found


def assert_holds(task: Task, train: Pair, test: Pair) -> None:
    assert multiset(task.train, task.valid) == multiset(train)
    assert multiset(task.test) == multiset(test)
    assert task.shape == train[0].shape[1:]
    assert len(task.valid.labels) == round(len(train[1]) / 6)
    assert "validation" in task.source
    assert "\n" not in task.source


@pytest.mark.parametrize("mark", ["-", "."])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_comes_back(tmp_path: Path, mark: str, suffix: str) -> None:
    train, test = pair(60, (1, 5, 7), 3), pair(20, (1, 5, 7), 3, seed=1)
    write_idx(tmp_path / "tiny", train, test, mark, suffix)
    task = load_task(tmp_path / "tiny")
    assert_holds(task, train, test)
    assert (task.name, task.classes) == ("tiny", 3)
    assert task.source.startswith("IDX")


def batches(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> list[Pair]:
    return list(zip(np.split(images, 5), np.split(labels, 5), strict=True))


def test_cifar_10_binary_comes_back(tmp_path: Path) -> None:
    train, test = pair(50, (3, 32, 32), 10), pair(20, (3, 32, 32), 10, seed=1)
    for i, batch in enumerate(batches(*train), 1):
        (tmp_path / f"data_batch_{i}.bin").write_bytes(cifar_bytes(*batch))
    (tmp_path / "test_batch.bin").write_bytes(cifar_bytes(*test))
    names = [f"class{i}" for i in range(10)]
    (tmp_path / "batches.meta.txt").write_text("\n".join(names) + "\n\n")
    task = load_task(tmp_path)
    # Eight of each class would be left of 50 / 10 classes, whichever are carved.
    assert multiset(task.train, task.valid) == multiset(train)
    assert multiset(task.test) == multiset(test)
    assert task.class_names == tuple(names)


def test_cifar_100_binary_takes_the_fine_label(tmp_path: Path) -> None:
    train, test = pair(300, (3, 32, 32), 100), pair(100, (3, 32, 32), 100, seed=1)
    for name, (images, fine) in {"train": train, "test": test}.items():
        file = tmp_path / f"{name}.bin"
        file.write_bytes(cifar_bytes(images, fine // 5, fine))
    task = load_task(tmp_path)
    assert_holds(task, train, test)
    assert task.classes == 100


@pytest.mark.parametrize("protocol", range(6))
def test_cifar_10_pickles_of_every_protocol_come_back(
    tmp_path: Path, protocol: int
) -> None:
    train, test = pair(120, (3, 32, 32), 10), pair(20, (3, 32, 32), 10, seed=1)
    files = {f"data_batch_{i}": batch for i, batch in enumerate(batches(*train), 1)}
    for name, (images, labels) in {**files, "test_batch": test}.items():
        rows = images.reshape(len(images), -1)
        batch = {b"data": rows, b"labels": labels.tolist(), b"filenames": [b"a.png"]}
        write_pickle(tmp_path / name, batch, protocol)
    names = [f"n{i}".encode() for i in range(10)]
    write_pickle(tmp_path / "batches.meta", {b"label_names": names}, protocol)
    task = load_task(tmp_path)
    assert_holds(task, train, test)
    assert task.class_names == tuple(name.decode() for name in names)


def test_pickles_of_python_2_come_back(tmp_path: Path) -> None:
    train, test = pair(120, (3, 32, 32), 10), pair(20, (3, 32, 32), 10, seed=1)
    for i, batch in enumerate(batches(*train), 1):
        (tmp_path / f"data_batch_{i}").write_bytes(python2_batch(*batch))
    (tmp_path / "test_batch").write_bytes(python2_batch(*test))
    assert_holds(load_task(tmp_path), train, test)


def test_cifar_100_pickles_take_the_fine_label(tmp_path: Path) -> None:
    train, test = pair(300, (3, 32, 32), 100), pair(100, (3, 32, 32), 100, seed=1)
    for name, (images, fine) in {"train": train, "test": test}.items():
        batch = {
            "data": np.asfortranarray(images.reshape(len(images), -1)),
            "fine_labels": fine.tolist(),
            "coarse_labels": (fine // 5).tolist(),
        }
        write_pickle(tmp_path / name, batch)
    names = [f"n{i}" for i in range(100)]
    write_pickle(tmp_path / "meta", {"fine_label_names": names})
    task = load_task(tmp_path)
    assert_holds(task, train, test)
    assert task.class_names == tuple(names)


@pytest.mark.parametrize("kind", ["list", "array", "list of numpy scalars"])
def test_imagenet16_keeps_labels_up_to_120_and_counts_from_0(
    tmp_path: Path, kind: str
) -> None:
    train, test = pair(1200, (3, 16, 16), 150), pair(150, (3, 16, 16), 150, seed=1)
    quarters = zip(np.split(train[0], 10), np.split(train[1], 10), strict=True)
    files = {f"train_data_batch_{i}": part for i, part in enumerate(quarters, 1)}
    for name, (images, labels) in {**files, "val_data": test}.items():
        given = {
            "list": (labels + 1).tolist(),
            "array": labels + 1,
            "list of numpy scalars": list(labels + 1),
        }[kind]
        mean = images.reshape(len(images), -1).mean(0)
        rows = images.reshape(len(images), -1)
        write_pickle(tmp_path / name, {"data": rows, "labels": given, "mean": mean})

    def kept(whole: Pair) -> Pair:
        return whole[0][whole[1] < 120], whole[1][whole[1] < 120]

    task = load_task(tmp_path)
    assert_holds(task, kept(train), kept(test))
    assert task.classes == 120


def plain(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return images


def channels_last(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return images.transpose(0, 2, 3, 1)


def as_floats(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return (images / 255).astype(np.float32)


@pytest.mark.parametrize("layout", [plain, channels_last, as_floats])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("in_folder", [False, True])
def test_npz_comes_back(
    tmp_path: Path, layout: object, channels: int, in_folder: bool
) -> None:
    assert callable(layout)
    shape = (channels, 6, 8)
    train, test = pair(60, shape, 3), pair(20, shape, 3, seed=1)
    np.savez_compressed(
        tmp_path / "set.npz",
        x_train=layout(train[0]),
        y_train=train[1].astype(np.uint8)[:, None],
        x_test=layout(test[0]),
        y_test=test[1],
        class_names=np.array(["a", "b", "c"]),
    )
    task = load_task(tmp_path if in_folder else tmp_path / "set.npz")
    assert_holds(task, train, test)
    assert task.class_names == ("a", "b", "c")
    assert task.name == (tmp_path.name if in_folder else "set")


def test_npz_of_grey_images_may_lack_the_channel_axis(tmp_path: Path) -> None:
    train, test = pair(60, (1, 6, 8), 3), pair(20, (1, 6, 8), 3, seed=1)
    x, t = train[0][:, 0], test[0][:, 0]
    file = tmp_path / "set.npz"
    np.savez(file, x_train=x, y_train=train[1], x_test=t, y_test=test[1])
    assert_holds(load_task(file), train, test)


def test_a_validation_split_that_is_given_is_kept(tmp_path: Path) -> None:
    train, valid, test = (pair(30, (1, 6, 6), 3, seed=i) for i in range(3))
    arrays = {}
    for name, (x, y) in {"train": train, "valid": valid, "test": test}.items():
        arrays |= {f"x_{name}": x, f"y_{name}": y}
    np.savez(tmp_path / "set.npz", allow_pickle=False, **arrays)
    task = load_task(tmp_path / "set.npz")
    assert multiset(task.train) == multiset(train)
    assert multiset(task.valid) == multiset(valid)
    assert multiset(task.test) == multiset(test)
    assert task.source.endswith("splits as given")


@pytest.mark.parametrize("keys", [("x", "y"), ("images", "labels")])
def test_a_set_without_splits_is_split_60_20_20(
    tmp_path: Path, keys: tuple[str, str]
) -> None:
    whole = pair(500, (1, 6, 6), 5)
    arrays = dict(zip(keys, whole, strict=True))
    np.savez(tmp_path / "set.npz", allow_pickle=False, **arrays)
    task = load_task(tmp_path / "set.npz")
    assert multiset(task.train, task.valid, task.test) == multiset(whole)
    for split, count in ((task.train, 60), (task.valid, 20), (task.test, 20)):
        assert np.bincount(split.labels).tolist() == [count] * 5
