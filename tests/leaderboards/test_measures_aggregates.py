"""Aggregates and their stratified bootstrap, against scipy, rliable and plain loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats
from drawn_curves import TIED, curves_at_the_end, curves_from, generator, rliable_scores
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leaderboards.measures import (
    benchmark_aggregates,
    over_seeds,
    pooled_aggregates,
)
from leaderboards.measures.aggregates import AGGREGATES, window
from leaderboards.measures.window_bootstrap import pooled_strata
from nasbench.errors import NasbenchError

STATISTIC = {
    "mean": np.mean,
    "median": np.median,
    "iqm": lambda x, axis: scipy.stats.trim_mean(x, 0.25, axis=axis),
}


@pytest.fixture
def curves():
    values = generator(1).exponential(size=(3, 9, 2, 5)) * [[1.0], [3.0]]
    return curves_from(values)


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 2), st.integers(1, 6), st.integers(1, 3), st.just(2)),
        elements=TIED,
    )
)
@settings(max_examples=40, deadline=None)
def test_values_are_scipys_whatever_ties(regrets):
    curves = curves_from(regrets)
    k, n, b, t = regrets.shape
    pooled = pooled_aggregates(curves, generator(), 20)
    single = benchmark_aggregates(curves, generator(), 20)
    flat = regrets.transpose(0, 3, 1, 2).reshape(k, t, n * b)
    for name, statistic in STATISTIC.items():
        np.testing.assert_allclose(pooled[name].value, statistic(flat, axis=-1))
        np.testing.assert_allclose(single[name].value, statistic(regrets, axis=1))
        np.testing.assert_allclose(over_seeds(curves, name), single[name].value)
        for estimate in (pooled[name], single[name]):
            assert (estimate.low <= estimate.high + 1e-12).all()


@given(
    samples=hnp.arrays(
        np.float64,
        st.tuples(st.integers(2, 9), st.integers(1, 4)),
        elements=st.integers(0, 5).map(float),
    ),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_replicates_given_by_counts_are_those_that_are_sorted(samples, seed):
    size = len(samples)
    counts = generator(seed).multinomial(size, np.full(size, 1 / size), size=7).T
    windows = [window(name, size) for name in AGGREGATES]
    outcome = pooled_strata(samples, counts.astype(np.int16), windows)
    for name, means in zip(AGGREGATES, outcome, strict=True):
        for r in range(7):
            drawn = np.repeat(samples, counts[:, r], axis=0)
            np.testing.assert_allclose(
                means[r], STATISTIC[name](drawn, axis=0), atol=1e-12
            )


def test_pooled_intervals_are_those_of_a_plain_loop(curves):
    outcome = pooled_aggregates(curves, generator(2), 2000)
    rng, (_, n, b, _) = generator(3), curves.regrets.shape
    loop = {name: [] for name in ("mean", "iqm")}  # medians jump between runs
    for _ in range(2000):
        drawn = np.concatenate(
            [curves.regrets[:, rng.integers(n, size=n), i] for i in range(b)], axis=1
        )
        for name, replicates in loop.items():
            replicates.append(STATISTIC[name](drawn, axis=1))
    spread = curves.regrets.std()
    for name, replicates in loop.items():
        low, high = np.quantile(replicates, [0.025, 0.975], axis=0)
        np.testing.assert_allclose(outcome[name].low, low, atol=0.06 * spread)
        np.testing.assert_allclose(outcome[name].high, high, atol=0.06 * spread)


@pytest.mark.parametrize("name", AGGREGATES)
def test_one_benchmarks_bootstrap_is_exact_where_all_resamples_can_be_counted(name):
    samples = np.array([0.0, 1.0, 3.0, 7.0, 20.0])
    every = np.array(list(itertools.product(samples, repeat=5)))
    exact = np.quantile(
        STATISTIC[name](every, axis=1), [0.05, 0.95], method="inverted_cdf"
    )
    curves = curves_from(samples[None, :, None, None])
    for function in (benchmark_aggregates, pooled_aggregates):
        outcome = function(curves, generator(), 40_000, 0.9)[name]
        np.testing.assert_allclose([outcome.low.item(), outcome.high.item()], exact)


def test_one_benchmarks_bootstrap_agrees_with_scipys(curves):
    ours = benchmark_aggregates(curves, generator(4), 8000)["iqm"]
    samples = curves.regrets[0, :, 1, 2]
    theirs = scipy.stats.bootstrap(
        (samples,),
        STATISTIC["iqm"],
        n_resamples=8000,
        method="percentile",
        rng=generator(5),
    ).confidence_interval
    assert ours.low[0, 1, 2] == pytest.approx(theirs.low, abs=0.04 * samples.std())
    assert ours.high[0, 1, 2] == pytest.approx(theirs.high, abs=0.04 * samples.std())


def test_iqm_and_mean_are_rliables():
    # rliable 1.2.0 under pandas 2.3.3, 20,000 replicates, 95 % percentile intervals.
    outcome = pooled_aggregates(
        curves_at_the_end(rliable_scores()), generator(6), 20_000
    )
    golden = {
        "iqm": [[0.725, 0.68625], [0.470625, 0.44125], [1.02625, 0.94001562]],
        "mean": [[0.88, 0.78333333], [0.637, 0.57933333], [1.130675, 0.98866667]],
    }
    for name, (value, low, high) in golden.items():
        np.testing.assert_allclose(outcome[name].value[:, 0], value)
        np.testing.assert_allclose(outcome[name].low[:, 0], low, atol=0.01)
        np.testing.assert_allclose(outcome[name].high[:, 0], high, atol=0.01)


def test_the_intervals_cover_the_truth_as_often_as_they_say():
    # 500 strategies of 40 normal runs; the percentile bootstrap is a little narrow.
    samples = generator(7).normal(50.0, 3.0, size=(500, 20, 2, 1))
    outcome = pooled_aggregates(curves_from(samples), generator(8), 600)["mean"]
    covered = ((outcome.low <= 50) & (outcome.high >= 50)).mean()
    assert abs(covered - 0.94) < 3.5 * np.sqrt(0.95 * 0.05 / 500)


def test_a_run_without_an_incumbent_makes_its_column_unknown_and_no_other(curves):
    regrets = curves.regrets.copy()
    regrets[1, 4, 0, 0] = np.nan
    holed = curves_from(regrets)
    before = pooled_aggregates(curves, generator(9), 50)
    after = pooled_aggregates(holed, generator(9), 50)
    single = benchmark_aggregates(holed, generator(9), 50)
    for name in AGGREGATES:
        for bound in ("value", "low", "high"):
            gone = np.isnan(getattr(after[name], bound))
            assert np.argwhere(gone).tolist() == [[1, 0]]
            kept, whole = getattr(after[name], bound), getattr(before[name], bound)
            np.testing.assert_allclose(kept[~gone], whole[~gone])
            lost = np.isnan(getattr(single[name], bound))
            assert np.argwhere(lost).tolist() == [[1, 0, 0]]


def test_the_order_of_seeds_does_not_move_values(curves):
    order = generator(10).permutation(9)
    first = pooled_aggregates(curves, generator(), 5)
    second = pooled_aggregates(curves_from(curves.regrets[:, order]), generator(), 5)
    for name in AGGREGATES:
        np.testing.assert_allclose(first[name].value, second[name].value)


def test_less_regret_everywhere_is_less_in_every_figure(curves):
    shifted = curves_from(curves.regrets + 0.5)
    for function in (pooled_aggregates, benchmark_aggregates):
        first = function(curves, generator(11), 200)
        second = function(shifted, generator(11), 200)
        for name in AGGREGATES:
            for bound in ("value", "low", "high"):
                gap = getattr(second[name], bound) - getattr(first[name], bound)
                np.testing.assert_allclose(gap, 0.5)


def test_all_at_the_optimum_is_exactly_zero():
    for estimate in pooled_aggregates(
        curves_from(np.zeros((2, 7, 3, 2))), generator(), 99
    ).values():
        for bound in (estimate.value, estimate.low, estimate.high):
            assert (bound == 0).all()


def test_one_run_has_an_interval_of_no_width(curves):
    alone = curves_from(curves.regrets[:, :1, :1])
    for estimate in pooled_aggregates(alone, generator(), 10).values():
        np.testing.assert_array_equal(estimate.low, estimate.value)
        np.testing.assert_array_equal(estimate.high, estimate.value)


def test_wrong_settings_are_refused(curves):
    with pytest.raises(NasbenchError, match="between 0 and 1, not 95"):
        pooled_aggregates(curves, generator(), 10, 95)
    with pytest.raises(NasbenchError, match="1 replicate at least, not 0"):
        benchmark_aggregates(curves, generator(), 0)
    with pytest.raises(NasbenchError, match="unknown aggregate 'medium'"):
        over_seeds(curves, "medium")


def test_the_global_generator_is_left_alone(curves):
    before = np.random.get_state()[1].tolist()
    pooled_aggregates(curves, generator(), 10)
    assert np.random.get_state()[1].tolist() == before
