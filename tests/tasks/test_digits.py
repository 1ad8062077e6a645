"""The embedded task."""

from __future__ import annotations

import time

import numpy as np
import pytest

from nasbench.tasks import Task, embedded_tasks
from nasbench.tasks.digits import (
    FINGERPRINT,
    SEED,
    SHARES,
    SIZES,
    distort,
    split_originals,
)
from nasbench.tasks.digits import digits as make_digits


def test_the_task_is_the_one_that_tables_were_trained_on(digits: Task) -> None:
    assert digits.fingerprint == FINGERPRINT
    sizes = {name: len(getattr(digits, name).labels) for name in SIZES}
    assert sizes == SIZES
    assert digits.shape == (1, 12, 12)


def test_digits_is_an_embedded_task() -> None:
    assert "digits" in embedded_tasks()


def test_making_it_is_quick_and_leaves_the_global_state_alone() -> None:
    before = np.random.get_state()[1].copy()
    start = time.process_time()
    task = make_digits()
    assert time.process_time() - start < 5
    after = np.random.get_state()[1]
    assert np.array_equal(before, after)
    assert task.fingerprint == FINGERPRINT


def true_labels() -> np.ndarray:
    from sklearn.datasets import load_digits

    return load_digits().target.astype(np.int64)


@pytest.mark.parametrize("seed", [SEED, 1, 2])
def test_no_original_stands_in_two_splits(seed: int) -> None:
    labels = true_labels()
    parts = split_originals(labels, np.random.default_rng(seed))
    everything = np.concatenate(list(parts.values()))
    assert sorted(everything) == list(range(1797))
    for name, share in SHARES.items():
        counts = np.bincount(labels[parts[name]])
        assert (np.abs(counts - share * np.bincount(labels)) <= 1).all()


def test_images_are_made_only_of_the_originals_that_are_given() -> None:
    """A bright original among dark ones: no image is bright if it is not given."""
    dark = np.zeros((5, 8, 8))
    labels = np.arange(5)
    rng = np.random.default_rng(0)
    assert not distort(dark, labels, 50, rng).images.any()


def test_an_image_has_the_label_of_its_original() -> None:
    """Originals of one grey each: the brightest pixel tells whose image it is."""
    originals = np.arange(1, 5)[:, None, None] * np.full((1, 8, 8), 4.0)
    for i in range(4):
        split = distort(
            originals[i : i + 1], np.array([i]), 20, np.random.default_rng(i)
        )
        assert (split.labels == i).all()
        assert split.images.max() == np.floor(4 * (i + 1) * 255 / 16 + 0.5)


@pytest.mark.parametrize("name", SIZES)
def test_classes_are_about_equally_frequent(digits: Task, name: str) -> None:
    shares = np.bincount(getattr(digits, name).labels, minlength=10) / SIZES[name]
    assert shares.min() > 0.08
    assert shares.max() < 0.12


def test_raw_pixels_do_not_solve_it(digits: Task) -> None:
    """A network reaches 83 %; what sees only pixels must stay far below."""
    from sklearn.linear_model import RidgeClassifier
    from sklearn.neighbors import KNeighborsClassifier

    def flat(name: str) -> np.ndarray:
        images = digits.normalised(name)
        return images.reshape(len(images), -1)

    for model in (RidgeClassifier(), KNeighborsClassifier(5)):
        model.fit(flat("train"), digits.train.labels)
        accuracy = (model.predict(flat("test")) == digits.test.labels).mean()
        assert 0.15 < accuracy < 0.65, (model, accuracy)
