"""Laws of setting images apart and of their order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import pair, write_idx

from nasbench.tasks import TaskError, load_task
from nasbench.tasks.shuffling import random_order, set_apart


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=12),
    st.sampled_from([1 / 6, 1 / 5, 1 / 4, 1 / 2]),
    st.integers(0, 99),
)
def test_every_class_gives_its_share_up_to_one_and_keeps_an_image(
    counts: list[int], fraction: float, seed: int
) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    stay, apart = set_apart(labels, fraction, np.random.default_rng(seed))
    assert sorted([*stay, *apart]) == list(range(len(labels)))
    given_away = np.bincount(labels[apart], minlength=len(counts))
    assert (np.abs(given_away - fraction * np.array(counts)) <= 1).all()
    assert (given_away < counts).all()


def test_every_order_of_three_is_equally_likely() -> None:
    rng = np.random.default_rng(0)
    orders = [tuple(random_order(3, rng).tolist()) for _ in range(6000)]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 6
    # Chi-square with 5 degrees of freedom: 20.5 is exceeded once in a thousand.
    assert ((counts - 1000) ** 2 / 1000).sum() < 20.5


def test_the_order_is_pinned() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    assert random_order(6, rng).tolist() == PINNED


PINNED = [3, 2, 1, 0, 4, 5]


def test_the_first_images_are_a_random_sample_of_a_sorted_set(tmp_path: Path) -> None:
    images, labels = pair(600, (1, 4, 4), 10)
    in_order = images, np.sort(labels)
    write_idx(tmp_path, in_order, in_order)
    task = load_task(tmp_path).cut(train=200, valid=50, test=200)
    for split in (task.train, task.valid, task.test):
        counts = np.bincount(split.labels, minlength=10)
        assert counts.min() > 0
        assert counts.max() < len(split.labels) / 4


def test_loading_twice_gives_the_same_task(tmp_path: Path) -> None:
    train = pair(60, (1, 4, 4), 3)
    write_idx(tmp_path, train, train)
    state = np.random.get_state()[1]
    first, second = load_task(tmp_path), load_task(str(tmp_path))
    assert first.fingerprint == second.fingerprint
    after = np.random.get_state()[1]
    assert np.array_equal(state, after)


def test_too_few_images_to_carve_are_an_error(tmp_path: Path) -> None:
    few = pair(3, (1, 4, 4), 3)
    write_idx(tmp_path, few, few)
    with pytest.raises(TaskError, match="too few") as caught:
        load_task(tmp_path)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("place", [0, 1, -1])
def test_no_place_of_a_part_favours_a_class(part: int, place: int) -> None:
    """Over many seeds, the first image is of each class as often as its share says."""
    counts = np.array([10, 20, 30, 60])
    labels = np.repeat(np.arange(4), counts)
    seeds = 4000
    seen = np.zeros(4)
    for seed in range(seeds):
        chosen = set_apart(labels, 0.3, np.random.default_rng(seed))[part]
        seen[labels[chosen[place]]] += 1
    expected = seeds * counts / counts.sum()
    # Chi-square with 3 degrees of freedom: 16.3 is exceeded once in a thousand.
    assert ((seen - expected) ** 2 / expected).sum() < 16.3


def test_every_image_is_equally_often_at_every_place_of_what_stays() -> None:
    labels = np.repeat([0, 1], [4, 4])
    seen = np.zeros((8, 6))
    for seed in range(6000):
        stay, _ = set_apart(labels, 0.25, np.random.default_rng(seed))
        seen[stay, np.arange(6)] += 1
    # 750 in every cell, standard deviation 26; five of them for 48 cells.
    assert np.abs(seen - 750).max() < 5 * 26
