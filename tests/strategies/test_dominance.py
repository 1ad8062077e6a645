"""Dominance, fronts and crowding against brute force and two libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from strategies.objectives.dominance import (
    crowding_by_front,
    crowding_distances,
    dominance,
    front_numbers,
)

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 3))
COARSE = arrays(np.float64, SHAPES, elements=st.integers(0, 4).map(float))


def peeled(scores, dominates):
    """Number the fronts as they are defined, one outcome at a time."""
    left, numbers, number = set(range(len(scores))), {}, 0
    while left:
        front = {j for j in left if not any(dominates(i, j) for i in left)}
        numbers |= dict.fromkeys(front, number)
        left -= front
        number += 1
    return [numbers[i] for i in range(len(scores))]


@given(COARSE)
def test_fronts_are_what_is_left_undominated_when_better_ones_are_taken_away(scores):
    def dominates(i, j):
        pairs = list(zip(scores[i], scores[j], strict=True))
        return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)

    assert front_numbers(scores).tolist() == peeled(scores, dominates)


@given(COARSE, st.data())
def test_outcomes_that_break_limits_come_after_all_that_keep_them(scores, data):
    broken = data.draw(
        st.lists(
            st.sampled_from([0.0, 0.0, 0.5, 1.0]),
            min_size=len(scores),
            max_size=len(scores),
        )
    )
    numbers = front_numbers(scores, broken)
    kept = np.array(broken) == 0
    if kept.any():
        assert numbers[kept].tolist() == front_numbers(scores[kept]).tolist()
    last = numbers[kept].max(initial=-1)
    for excess in sorted(set(broken) - {0.0}):
        last += 1
        assert set(numbers[np.array(broken) == excess].tolist()) == {last}


@given(COARSE)
def test_dominance_is_a_strict_partial_order(scores):
    better = dominance(scores)
    assert not better.diagonal().any()
    assert not (better & better.T).any()
    assert not ((better.astype(int) @ better > 0) & ~better).any()


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_fronts_agree_with_pymoo_and_moocore(objectives):
    sorting = pytest.importorskip("pymoo.util.nds.non_dominated_sorting")
    moocore = pytest.importorskip("moocore")
    rng = np.random.default_rng(objectives)
    for size in (1, 2, 40):
        scores = rng.integers(0, 9, (size, objectives)).astype(float)
        numbers = front_numbers(scores)
        fronts = sorting.NonDominatedSorting().do(-scores)
        for number, front in enumerate(fronts):
            assert set(np.flatnonzero(numbers == number)) == set(front.tolist())
        if objectives > 1:  # moocore takes two objectives or more
            assert numbers.tolist() == moocore.pareto_rank(-scores).tolist()


def test_crowding_of_a_front_worked_out_by_hand():
    # By the first objective: 0, 1, 3, 4 of range 4; by the second: 8, 6, 4, 0 of 8.
    front = np.array([[3, 4], [0, 8], [4, 0], [1, 6]], float)
    inner = {0: (4 - 1) / 4 + 6 / 8, 3: (3 - 0) / 4 + 4 / 8}
    expected = [inner[0], np.inf, np.inf, inner[3]]
    assert crowding_distances(front).tolist() == expected


@pytest.mark.parametrize("objectives", [2, 3])
def test_crowding_agrees_with_pymoo(objectives):
    metrics = pytest.importorskip("pymoo.operators.survival.rank_and_crowding.metrics")
    scores = np.random.default_rng(3).random((30, objectives))
    theirs = metrics.calc_crowding_distance(-scores)
    # pymoo takes the mean over the objectives, the paper the sum.
    assert np.allclose(crowding_distances(scores), theirs * objectives)


@given(COARSE, st.floats(0.1, 10), st.floats(-5, 5))
def test_crowding_has_no_unit(scores, factor, shift):
    crowding = crowding_distances(scores)
    assert np.allclose(crowding, crowding_distances(factor * scores + shift))


def test_equal_outcomes_do_not_crowd_by_division_through_nothing():
    assert crowding_distances(np.ones((4, 2))).tolist() == [0, 0, 0, 0]


def test_failed_trainings_have_no_distance():
    assert crowding_distances(np.full((3, 2), -np.inf)).tolist() == [0, 0, 0]


def test_crowding_is_never_taken_over_mixed_fronts():
    scores = np.random.default_rng(0).random((40, 2))
    numbers = front_numbers(scores)
    crowding = crowding_by_front(scores, numbers)
    for number in set(numbers.tolist()):
        front = numbers == number
        assert crowding[front].tolist() == crowding_distances(scores[front]).tolist()
