"""Tasks made of files the user has: what they promise, on small self-made files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from image_files import cifar_bytes, pair, write_idx, write_pickle

from nasbench.tasks import Split, Task, TaskError, load_task, loading, prepared_tasks
from nasbench.tasks.averaging import area_average
from nasbench.tasks.cifar10_averaged import CIFAR10, averaged
from nasbench.tasks.image_set import ImageSet
from nasbench.tasks.prepared import PreparedTask

TRAIN, TEST = 20, 6
"""Originals of each class in the small files."""

SMALL = replace(CIFAR10, train=(TRAIN,) * 10, test=(TEST,) * 10)


def small(size: int = 8, train: int = 160, valid: int = 40) -> PreparedTask:
    """Return the CIFAR task, made of 200 + 60 originals."""
    return replace(averaged(size), originals=SMALL, train=train, valid=valid)


def originals(size: int, seed: int = 0) -> tuple[Split, Split]:
    train = pair(10 * TRAIN, (3, size, size), 10, seed)
    test = pair(10 * TEST, (3, size, size), 10, seed + 1)
    return Split(*train), Split(*test)


def found(size: int, seed: int = 0) -> ImageSet:
    train, test = originals(size, seed)
    return ImageSet(10, train, test=test)


def write_npz(folder: Path, size: int, order_seed: int | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    arrays = {}
    for name, split in zip(("train", "test"), originals(size), strict=True):
        order = np.arange(len(split.labels))
        if order_seed is not None:
            order = np.random.default_rng(order_seed).permutation(order)
        arrays[f"x_{name}"] = split.images[order].transpose(0, 2, 3, 1)
        arrays[f"y_{name}"] = split.labels[order]
    np.savez(folder / "set.npz", **arrays)
    return folder


def write_binary(folder: Path, size: int) -> Path:
    folder.mkdir(exist_ok=True)
    train, test = originals(size)
    for i in range(5):
        part = slice(i * len(train.labels) // 5, (i + 1) * len(train.labels) // 5)
        data = cifar_bytes(train.images[part], train.labels[part])
        (folder / f"data_batch_{i + 1}.bin").write_bytes(data)
    (folder / "test_batch.bin").write_bytes(cifar_bytes(test.images, test.labels))
    return folder


def write_pictures(folder: Path, size: int) -> Path:
    from PIL import Image

    for name, split in zip(("train", "test"), originals(size), strict=True):
        for i, (image, label) in enumerate(
            zip(split.images, split.labels.tolist(), strict=True)
        ):
            inside = folder / name / CIFAR10.class_names[label]
            inside.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.transpose(1, 2, 0)).save(inside / f"{i}.png")
    return folder


@pytest.fixture
def small_cifar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let cifar10x8 be made of the small files."""
    monkeypatch.setitem(loading.PREPARED, "cifar10x8", small())


def splits(task: Task) -> tuple[Split, Split, Split]:
    return task.train, task.valid, task.test


def rows(split: Split) -> set[tuple[int, bytes]]:
    images = map(np.ndarray.tobytes, split.images)
    return set(zip(split.labels.tolist(), images, strict=True))


def test_every_original_stands_in_one_split_and_the_test_images_stay_so() -> None:
    train, test = originals(16)
    task = small(16).prepare(found(16), "files")  # at 16 images stay as they are
    parts = [rows(split) for split in splits(task)]
    assert [len(part) for part in parts] == [160, 40, 60]
    assert parts[0] | parts[1] == rows(train)
    assert parts[2] == rows(test)


@pytest.mark.parametrize("train, valid", [(160, 40), (100, 40), (90, 70), (10, 10)])
def test_splits_are_stratified_and_what_is_not_used_is_left_out(
    train: int, valid: int
) -> None:
    task = small(16, train, valid).prepare(found(16), "files")
    assert not rows(task.train) & rows(task.valid)
    for split, total in ((task.train, train), (task.valid, valid)):
        assert len(rows(split)) == total
        assert (np.bincount(split.labels) == total // 10).all()


def test_images_are_the_averages_of_originals_with_the_same_label() -> None:
    train, test = originals(32)
    task = small(8).prepare(found(32), "files")
    small_train = rows(Split(area_average(train.images, 8), train.labels))
    small_test = rows(Split(area_average(test.images, 8), test.labels))
    assert rows(task.train) | rows(task.valid) == small_train
    assert rows(task.test) == small_test


def test_images_are_in_random_order() -> None:
    task = small().prepare(found(16), "files")
    for split in splits(task):
        first = split.labels[: len(split.labels) // 2]
        assert len(np.unique(first)) > 7  # 5, if they were ordered by class
        assert (np.diff(split.labels) < 0).any()


@pytest.mark.usefixtures("small_cifar")
def test_the_same_originals_make_the_same_task_however_they_are_stored(
    tmp_path: Path,
) -> None:
    folders = [
        write_npz(tmp_path / "npz", 32),
        write_npz(tmp_path / "shuffled", 32, order_seed=4),
        write_binary(tmp_path / "binary", 32),
        write_pictures(tmp_path / "pictures", 32),
    ]
    tasks = [load_task("cifar10x8", data=folder) for folder in folders]
    assert len({task.fingerprint for task in tasks}) == 1
    # Equal in all that a table states, or a build could not go on elsewhere.
    assert len({(task.name, task.source, task.class_names) for task in tasks}) == 1
    assert tasks[0].fingerprint == small().prepare(found(32), "").fingerprint


def test_one_other_pixel_is_another_task() -> None:
    images = found(16)
    changed = images.train.images.copy()
    changed[0, 0, :2, :2] ^= 128
    other = replace(images, train=Split(changed, images.train.labels))
    task = small()
    assert task.prepare(images, "").fingerprint != task.prepare(other, "").fingerprint


def test_making_it_leaves_the_global_state_alone() -> None:
    before = np.random.get_state()[1].copy()
    small().prepare(found(16), "")
    assert np.array_equal(before, np.random.get_state()[1])


def test_only_the_known_copy_is_called_so() -> None:
    images, task = found(16), small()
    unknown = task.prepare(images, "")
    assert "JPEG" not in unknown.source
    assert "as given, 16x16, averaged to 8x8" in unknown.source
    assert "no formal licence" in unknown.source
    known = replace(
        task, edition=replace(averaged(8).edition, fingerprint=unknown.fingerprint)
    )
    same = known.prepare(images, "")
    assert same.source.startswith("CIFAR-10 (JPEG copy) 16x16")
    assert "no formal licence" in same.source
    assert (same.name, same.fingerprint) == (unknown.name, unknown.fingerprint)


def without_test(images: ImageSet) -> ImageSet:
    return replace(images, test=None)


def with_valid(images: ImageSet) -> ImageSet:
    return replace(images, valid=images.test)


def grey(images: ImageSet) -> ImageSet:
    assert images.test is not None
    one, two = (Split(s.images[:, :1], s.labels) for s in (images.train, images.test))
    return replace(images, train=one, test=two)


def larger(_: ImageSet) -> ImageSet:
    return found(20)


def one_more_class(images: ImageSet) -> ImageSet:
    return replace(images, classes=11)


def other_names(images: ImageSet) -> ImageSet:
    return replace(images, class_names=tuple("abcdefghij"))


def uneven(images: ImageSet) -> ImageSet:
    """Return them with one label changed: so Fashion-MNIST differs from MNIST."""
    labels = images.train.labels.copy()
    labels[0] = (labels[0] + 1) % 10
    return replace(images, train=Split(images.train.images, labels))


def half_of_the_test(images: ImageSet) -> ImageSet:
    assert images.test is not None
    order = np.argsort(images.test.labels, kind="stable")[::2]
    return replace(images, test=images.test.chosen(order))


@pytest.mark.parametrize(
    "change, word",
    [
        (without_test, "no test images"),
        (with_valid, "validation images"),
        (grey, "grey images of 16x16"),
        (larger, "RGB images of 20x20"),
        (one_more_class, "11 classes"),
        (other_names, "a, b, c"),
        (uneven, "19 training images of the class "),
        (half_of_the_test, "3 test images of the class airplane, not 6"),
    ],
)
def test_other_images_are_refused_with_what_was_expected(
    change: Callable[[ImageSet], ImageSet], word: str
) -> None:
    with pytest.raises(TaskError) as caught:
        small().prepare(change(found(16)), "some/folder")
    message = str(caught.value)
    assert message.startswith("some/folder: holds")
    assert word in message
    assert "cifar10x8 is made of CIFAR-10" in message
    assert "16x16 or 32x32 RGB images of 10 classes, 200 for training (20 of" in message


def test_numbered_classes_are_as_good_as_names() -> None:
    numbered = replace(found(16), class_names=tuple("0123456789"))
    task = small().prepare(numbered, "")
    assert task.class_names == CIFAR10.class_names


@pytest.mark.usefixtures("small_cifar")
def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    folder = write_binary(tmp_path, 32)
    file = folder / "data_batch_3.bin"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(TaskError, match=r"data_batch_3\.bin"):
        load_task("cifar10x8", data=folder)


@pytest.mark.usefixtures("small_cifar")
def test_files_are_checked_against_the_list_beside_them(tmp_path: Path) -> None:
    folder = write_npz(tmp_path, 16)
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  set.npz\n")
    with pytest.raises(TaskError, match=r"set\.npz: damaged"):
        load_task("cifar10x8", data=folder)


def test_cifar100_in_place_of_cifar10_is_refused(tmp_path: Path) -> None:
    for seed, name in enumerate(("train", "test")):
        images, labels = pair(200, (3, 32, 32), 100, seed)
        batch = {"data": images.reshape(200, -1), "fine_labels": labels.tolist()}
        write_pickle(tmp_path / name, batch)
    with pytest.raises(TaskError, match=r"holds 100 classes.*CIFAR-10"):
        load_task("cifar10x8", data=tmp_path)


def test_grey_files_in_place_of_cifar10_are_refused(tmp_path: Path) -> None:
    write_idx(tmp_path, pair(60, (1, 28, 28), 10), pair(20, (1, 28, 28), 10))
    with pytest.raises(TaskError, match=r"grey images of 28x28.*RGB"):
        load_task("cifar10x8", data=tmp_path)


@pytest.mark.parametrize("name", prepared_tasks())
def test_without_the_files_it_says_what_to_give(name: str) -> None:
    with pytest.raises(TaskError) as caught:
        load_task(name)
    message = str(caught.value)
    assert loading.PREPARED[name].originals.described() in message
    assert "--data FOLDER" in message
    assert f'load_task("{name}", data=FOLDER)' in message
    assert "\n" not in message


@pytest.mark.parametrize("name", prepared_tasks())
def test_a_folder_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=f"nowhere: there is no.*{name} is made of"):
        load_task(name, data=tmp_path / "nowhere")


@pytest.mark.parametrize("name", prepared_tasks())
def test_a_folder_without_images_tells_formats_and_needs(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(TaskError, match=f"train-images-idx3-ubyte.*{name} is made of"):
        load_task(name, data=tmp_path)


@pytest.mark.parametrize("name", ["digits", "some/folder"])
def test_other_tasks_take_no_data(name: str, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=f"{name} takes no data.*cifar10x8"):
        load_task(name, data=tmp_path)


def test_a_misspelt_name_finds_the_prepared_task() -> None:
    with pytest.raises(TaskError, match="did you mean 'cifar10x8'"):
        load_task("cifar10-x8")


@pytest.mark.usefixtures("small_cifar")
def test_images_can_be_resized_further(tmp_path: Path) -> None:
    task = load_task("cifar10x8", image_size=4, data=write_npz(tmp_path, 16))
    assert task.shape == (3, 4, 4)
    assert task.source.endswith("resized to 4x4")


def test_names_sizes_and_fingerprints_are_each_task_s_own() -> None:
    prints = set()
    for name, task in loading.PREPARED.items():
        assert task.name == name
        classes = len(task.originals.class_names)
        assert len(task.originals.train) == len(task.originals.test) == classes
        assert task.train + task.valid <= sum(task.originals.train)
        prints.add(task.edition.fingerprint)
    assert len(prints) == len(loading.PREPARED)
