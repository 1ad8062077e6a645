"""Laws of splits and tasks."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import pair

from nasbench.tasks import Split, Task, TaskError


def task() -> Task:
    train, valid, test = (Split(*pair(n, (2, 4, 5), 3, seed=n)) for n in (30, 12, 15))
    return Task("tiny", 3, train, valid, test, source="noise")


@pytest.mark.parametrize(
    "images, labels, word",
    [
        (np.zeros((2, 1, 3, 3), np.float32), np.zeros(2, np.int64), "float32"),
        (np.zeros((2, 3, 3), np.uint8), np.zeros(2, np.int64), r"\(2, 3, 3\)"),
        (np.zeros((2, 1, 3, 3), np.uint8), np.zeros(2, np.int32), "int32"),
        (np.zeros((2, 1, 3, 3), np.uint8), np.zeros(3, np.int64), r"\(3,\)"),
        (np.zeros((0, 1, 3, 3), np.uint8), np.zeros(0, np.int64), "no images"),
        (np.zeros((2, 1, 0, 3), np.uint8), np.zeros(2, np.int64), "no images"),
    ],
)
def test_arrays_of_another_kind_are_no_split(
    images: np.ndarray, labels: np.ndarray, word: str
) -> None:
    with pytest.raises(TaskError, match=word):
        Split(images, labels)


def test_a_split_cannot_be_written_to() -> None:
    split = task().train
    with pytest.raises(ValueError, match="read-only"):
        split.images[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        split.labels[0] = 0


def labelled(split: Split, label: int) -> Split:
    labels = split.labels.copy()
    labels[0] = label
    return Split(split.images, labels)


@pytest.mark.parametrize("name", ["train", "valid", "test"])
@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_out_of_range_is_an_error(name: str, label: int) -> None:
    good = task()
    wrong = labelled(getattr(good, name), label)
    with pytest.raises(TaskError, match=f"{name} labels.*{label}"):
        replace(good, **{name: wrong})


@pytest.mark.parametrize("name", ["valid", "test"])
def test_images_of_another_shape_are_an_error(name: str) -> None:
    with pytest.raises(TaskError, match=rf"{name} images.*\(2, 5, 5\)"):
        replace(task(), **{name: Split(*pair(9, (2, 5, 5), 3))})


def test_a_class_without_training_images_is_an_error() -> None:
    with pytest.raises(TaskError, match=r"\[3\]"):
        replace(task(), classes=4)


def test_class_names_are_none_or_one_for_each() -> None:
    assert replace(task(), class_names=("a", "b", "c")).class_names == ("a", "b", "c")
    with pytest.raises(TaskError, match="2 class names"):
        replace(task(), class_names=("a", "b"))


@settings(max_examples=60)
@given(st.sampled_from(["train", "valid", "test"]), st.data())
def test_the_fingerprint_changes_with_any_pixel_and_any_label(
    name: str, data: st.DataObject
) -> None:
    good = task()
    split: Split = getattr(good, name)
    images, labels = split.images.copy(), split.labels.copy()
    if data.draw(st.booleans(), label="pixel"):
        place = data.draw(st.integers(0, images.size - 1))
        change = data.draw(st.integers(1, 255))
        images.reshape(-1)[place] = (int(images.reshape(-1)[place]) + change) % 256
    else:
        place = data.draw(st.integers(0, len(labels) - 1))
        labels[place] = (labels[place] + 1) % 3
    other = replace(good, **{name: Split(images, labels)})
    assert other.fingerprint != good.fingerprint


def test_the_fingerprint_ignores_names_and_memory_layout() -> None:
    good = task()
    images = np.asfortranarray(good.train.images)
    other = replace(
        good,
        name="other",
        source="elsewhere",
        class_names=("a", "b", "c"),
        train=Split(images, good.train.labels.copy()),
    )
    assert other.fingerprint == good.fingerprint


def test_the_fingerprint_tells_splits_and_shapes_apart() -> None:
    good = task()
    swapped = replace(good, valid=good.test, test=good.valid)
    turned = [
        Split(s.images.reshape(-1, 2, 5, 4), s.labels)
        for s in (good.train, good.valid, good.test)
    ]
    reshaped = Task("tiny", 3, *turned, source="noise")
    prints = {good.fingerprint, swapped.fingerprint, reshaped.fingerprint}
    assert len(prints) == 3


def test_normalised_training_images_have_mean_0_and_deviation_1() -> None:
    images = task().normalised("train").astype(np.float64)
    assert images.shape == (30, 2, 4, 5)
    assert np.allclose(images.mean(axis=(0, 2, 3)), 0, atol=1e-6)
    assert np.allclose(images.std(axis=(0, 2, 3)), 1, atol=1e-6)


def test_test_images_are_normalised_by_training_statistics() -> None:
    good = task()
    train = good.train.images.astype(float)
    for channel in range(2):
        expected = good.test.images[:, channel] - train[:, channel].mean()
        expected /= train[:, channel].std()
        assert np.allclose(good.normalised("test")[:, channel], expected, atol=1e-5)


def test_a_constant_channel_becomes_zero() -> None:
    images, labels = pair(6, (2, 3, 3), 3)
    images[:, 1] = 77
    split = Split(images, labels)
    flat = Task("flat", 3, split, split, split, source="noise")
    assert not flat.normalised("valid")[:, 1].any()


def test_cut_keeps_the_first_images_of_every_split() -> None:
    good = task()
    small = good.cut(train=20, valid=5)
    assert np.array_equal(small.train.images, good.train.images[:20])
    assert np.array_equal(small.train.labels, good.train.labels[:20])
    assert np.array_equal(small.valid.images, good.valid.images[:5])
    assert small.test is good.test
    assert good.cut().fingerprint == good.fingerprint
    assert small.fingerprint != good.fingerprint


@pytest.mark.parametrize("count", [0, -1, 31])
def test_cut_gives_only_what_is_there(count: int) -> None:
    with pytest.raises(TaskError, match=f"1 to 30 train images, not {count}"):
        task().cut(train=count)


def test_cut_must_leave_every_class_a_training_image() -> None:
    with pytest.raises(TaskError, match="no training image"):
        task().cut(train=2)


def test_a_pickled_split_is_read_only_again(digits: Task) -> None:
    copy = pickle.loads(pickle.dumps(digits.valid))
    assert np.array_equal(copy.images, digits.valid.images)
    with pytest.raises(ValueError, match="read-only"):
        copy.images[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        copy.labels[0] = 0


def test_normalised_names_the_splits_there_are(digits: Task) -> None:
    with pytest.raises(TaskError, match="did you mean 'train'"):
        digits.normalised("trian")
