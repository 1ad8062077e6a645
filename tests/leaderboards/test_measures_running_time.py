"""Running times against hand-computed tables, closed forms and random search's law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_curves import curves_from, generator
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leaderboards import RunSettings, compare
from leaderboards.measures import (
    curves_of,
    expected_running_time,
    hitting_times,
    restart_ecdf,
    target_ecdf,
)
from leaderboards.measures.target_ecdf import simulated_restarts
from nasbench.errors import NasbenchError
from nasbench.search import Budget


def curves_of_runs(runs, ended=None):
    """Curves of one strategy and one benchmark from rows of regrets at 1, 2, ..."""
    curves = curves_from(np.asarray(runs)[None, :, None], ["s"])
    if ended is None:
        return curves
    return replace(curves, ended=np.asarray(ended, np.float64)[None, :, None])


NAN = np.nan
RUNS = [
    [NAN, 0.5, 0.3, 0.3],  # 0.3 at 3
    [0.4, 0.4, 0.4, 0.4],  # never; 4 spent
    [0.1, 0.2, 0.2, 0.0],  # at 1, although the next incumbent is no better
    [NAN, NAN, NAN, NAN],  # never; ended at 2
]


def test_hitting_times_and_their_expectation_by_hand():
    hits = hitting_times(curves_of_runs(RUNS, [4, 4, 4, 2]), [0.3, 0.0, 0.4])
    assert hits.reached[0, :, 0].tolist() == [
        [True, False, True],
        [False, False, True],
        [True, True, True],
        [False, False, False],
    ]
    assert hits.spent[0, :, 0].tolist() == [[3, 4, 3], [4, 4, 1], [1, 4, 1], [2, 2, 2]]
    outcome = expected_running_time(hits, generator(), 2000)
    assert outcome.value[0, 0].tolist() == [10 / 2, 14 / 1, 7 / 3]
    # The only run that reached the optimum is drawn in 1 - (3/4)^4 of the replicates.
    assert np.isinf(outcome.high[0, 0, 1])
    assert outcome.low[0, 0, 1] < 14


def test_a_target_that_no_run_reaches_takes_for_ever():
    hits = hitting_times(curves_of_runs([[0.5, 0.4]]), [0.1])
    outcome = expected_running_time(hits, generator(), 20)
    assert np.isinf([outcome.value, outcome.low, outcome.high]).all()
    assert restart_ecdf(hits, [1e9], generator()).tolist() == [[0.0]]


def test_times_between_points_of_the_axis_end_with_the_run():
    curves = curves_of_runs([[0.5, 0.4, 0.1]], [2.5])
    assert hitting_times(curves, [0.1]).spent.item() == 2.5


@given(
    hnp.arrays(np.float64, (5, 6), elements=st.integers(0, 6).map(float)),
    st.lists(st.integers(0, 6).map(float), min_size=2, max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_easier_targets_are_never_reached_later(runs, targets):
    hits = hitting_times(curves_of_runs(runs), sorted(targets))
    assert (np.diff(hits.reached.astype(int), axis=-1) >= 0).all()
    assert (np.diff(hits.spent, axis=-1) <= 0).all()
    values = expected_running_time(hits, generator(), 5).value
    finite = np.where(np.isinf(values), 1e9, values)
    assert (np.diff(finite, axis=-1) <= 0).all()


def test_restarts_take_the_expected_running_time():
    rng = generator(1)
    runs = np.minimum.accumulate(rng.random((30, 12)), axis=1)
    runs[:25] += 0.1  # few succeed
    hits = hitting_times(curves_of_runs(runs, rng.integers(6, 13, size=30)), [0.05])
    assert 0 < hits.reached.sum() < 10
    chains = simulated_restarts(hits, generator(2), 4000)[0, 0, 0]
    expected = expected_running_time(hits, generator(3), 5).value.item()
    assert abs(chains.mean() - expected) < 4 * chains.std() / np.sqrt(4000)


def test_restarts_of_equal_runs_follow_the_geometric_law():
    runs = np.full((10, 5), 0.5)
    runs[:3, 4] = 0.0  # three of ten succeed at 5, the others end at 5
    hits = hitting_times(curves_of_runs(runs), [0.0])
    times = np.arange(5, 80, 5)
    law = 1 - 0.7 ** (times / 5)
    shares = restart_ecdf(hits, times, generator(4), 5000)[0]
    assert (np.abs(shares - law) < 4 * np.sqrt(law * (1 - law) / 5000)).all()
    # Without restarts the curve stays at three tenths.
    np.testing.assert_allclose(target_ecdf(hits, [4.9, 5, 1000])[0], [0, 0.3, 0.3])


def test_the_ecdf_counts_triples_by_hand():
    hits = hitting_times(curves_of_runs(RUNS, [4, 4, 4, 2]), [0.3, 0.0, 0.4])
    shares = target_ecdf(hits, [0.5, 1, 2, 3, 4])
    np.testing.assert_allclose(shares[0] * 12, [0, 3, 3, 5, 6])


def test_the_interval_of_a_running_time_is_that_of_a_plain_loop():
    rng = generator(5)
    runs = np.minimum.accumulate(rng.random((25, 20)), axis=1)
    hits = hitting_times(curves_of_runs(runs), [0.05])
    spent, reached = hits.spent[0, :, 0, 0], hits.reached[0, :, 0, 0]
    loop = []
    for _ in range(6000):
        drawn = rng.integers(25, size=25)
        loop.append(spent[drawn].sum() / reached[drawn].sum())
    outcome = expected_running_time(hits, generator(6), 6000)
    low, high = np.quantile(loop, [0.025, 0.975])
    assert outcome.low.item() == pytest.approx(low, rel=0.05)
    assert outcome.high.item() == pytest.approx(high, rel=0.05)


def test_random_search_takes_as_long_as_its_law_says(landscape, uniform_search):
    # Drawing with replacement hits the best m of N with chance m / N each time: the
    # expected time is N / m, whatever the budget at which failed runs are cut.
    board = compare(
        {"random": uniform_search}, [landscape], RunSettings(Budget(10)), 500
    )
    curves = curves_of(board, "validation regret")
    best = np.sort(list(landscape.accuracies.values()))[::-1]
    for m in (1, 3, 10):
        target = best[0] - best[m - 1] + 1e-9
        hits = hitting_times(curves, [target])
        # A 95 % interval misses once in twenty; this one once in a thousand.
        outcome = expected_running_time(hits, generator(7), confidence=0.999)
        law = len(best) / m
        assert outcome.low.item() < law < outcome.high.item()
        # The standard error of a geometric mean time from this many successes.
        successes = 500 * (1 - (1 - m / len(best)) ** 10)
        assert abs(outcome.value.item() - law) < 4 * law / np.sqrt(successes)


def test_the_order_of_seeds_does_not_matter():
    runs = np.minimum.accumulate(generator(8).random((9, 8)), axis=1)
    order = generator(9).permutation(9)
    first, second = (
        hitting_times(curves_of_runs(rows), [0.1, 0.3]) for rows in (runs, runs[order])
    )
    np.testing.assert_allclose(
        expected_running_time(first, generator(), 5).value,
        expected_running_time(second, generator(), 5).value,
    )
    np.testing.assert_array_equal(
        target_ecdf(first, np.arange(9)), target_ecdf(second, np.arange(9))
    )


@pytest.mark.parametrize("targets", [[], [-0.1], [[0.1]], [NAN]])
def test_targets_that_are_none_are_refused(targets):
    with pytest.raises(NasbenchError, match="a list of regrets of 0 or more"):
        hitting_times(curves_of_runs(RUNS), targets)
