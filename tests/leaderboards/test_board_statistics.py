"""Statistics against brute force, scipy and known laws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats
from drawn_curves import generator
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leaderboards.measures import (
    mean_of_runs,
    on_grid,
    probability_of_improvement,
    rank_by_mean,
    stratified_aggregates,
)
from leaderboards.measures.aggregates import AGGREGATES
from leaderboards.measures.ranks import average_ranks
from nasbench.errors import NasbenchError

SMALL_INTEGERS = st.integers(-3, 3).map(float)


STATISTIC = {
    "mean": np.mean,
    "median": np.median,
    "iqm": lambda x, axis: scipy.stats.trim_mean(x, 0.25, axis=axis),
}


def estimates(samples, *given):
    """Return the aggregates over the runs of one benchmark."""
    return stratified_aggregates(np.asarray(samples)[:, None], *given)


def test_a_step_function_jumps_at_the_cost_and_holds_after_the_end():
    values = on_grid([2, 5, 9], [0.3, 0.2, 0.1], [0, 1.9, 2, 4.9, 5, 9, 100])
    np.testing.assert_array_equal(values, [np.nan, np.nan, 0.3, 0.3, 0.2, 0.1, 0.1])


@given(
    steps=st.lists(st.tuples(st.integers(0, 5), SMALL_INTEGERS), max_size=8),
    grid=st.lists(st.integers(-1, 40), max_size=8),
)
def test_a_step_function_is_the_last_value_not_after_the_point(steps, grid):
    spent = list(itertools.accumulate(cost for cost, _ in steps))
    values = [value for _, value in steps]
    expected = [
        ([v for s, v in zip(spent, values, strict=True) if s <= g] or [np.nan])[-1]
        for g in grid
    ]
    np.testing.assert_array_equal(on_grid(spent, values, grid), expected)


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 9), st.integers(1, 3)),
        elements=st.floats(-5, 5),
    )
)
@settings(max_examples=40, deadline=None)
def test_the_aggregates_are_numpys_and_scipys_trimmed_mean(samples):
    known = estimates(samples, generator(), 2)
    for name in AGGREGATES:
        expected = STATISTIC[name](samples, axis=0)
        np.testing.assert_allclose(known[name].value, expected, atol=1e-12)


def test_an_unknown_run_makes_the_aggregates_unknown():
    samples = np.array([[0.1, 1.0], [0.2, np.nan], [0.3, 3.0], [0.4, 4.0], [0.5, 5.0]])
    for one in estimates(samples, generator(), 9).values():
        for figures in (one.value, one.low, one.high):
            assert np.isnan(figures).tolist() == [False, True]
    one = mean_of_runs(samples, generator(), 9)
    for figures in (one.value, one.low, one.high):
        assert np.isnan(figures).tolist() == [False, True]
    # Without any point the distance to a front is infinite, and so is the mean.
    far = mean_of_runs([[1.0, 2.0], [np.inf, 3.0]], generator(), 9)
    assert far.value.tolist() == [np.inf, 2.5]
    assert np.isnan(far.low).tolist() == [True, False]


@pytest.mark.parametrize("name", AGGREGATES)
def test_the_bootstrap_is_exact_where_all_resamples_can_be_counted(name):
    samples = np.array([0.0, 1.0, 3.0, 7.0, 20.0])
    resamples = np.array(list(itertools.product(samples, repeat=5)))
    law = STATISTIC[name](resamples, axis=1)
    exact = np.quantile(law, [0.05, 0.95], method="inverted_cdf")
    outcome = estimates(samples, generator(), 40_000, 0.9)[name]
    assert outcome.value == pytest.approx(STATISTIC[name](samples, axis=0))
    # The law is discrete: the quantiles of 40,000 draws are the exact ones.
    np.testing.assert_allclose([outcome.low, outcome.high], exact)


def test_the_bootstrap_agrees_with_scipys():
    samples = generator(1).normal(size=(30, 4))
    ours = mean_of_runs(samples, generator(2), 20_000)
    theirs = scipy.stats.bootstrap(
        (samples,),
        np.mean,
        n_resamples=20_000,
        method="percentile",
        rng=generator(3),
    ).confidence_interval
    np.testing.assert_allclose(ours.low, theirs.low, atol=0.02)
    np.testing.assert_allclose(ours.high, theirs.high, atol=0.02)


def test_the_intervals_cover_the_truth_as_often_as_they_say():
    # 400 samples of 40 normal runs are 400 columns that are resampled together: each
    # column's interval is a bootstrap of its own sample.
    samples = generator(4).normal(2.0, 3.0, size=(40, 400))
    for confidence in (0.8, 0.95):
        outcome = mean_of_runs(samples, generator(5), 1000, confidence)
        covered = ((outcome.low <= 2) & (outcome.high >= 2)).mean()
        # The percentile bootstrap of 40 runs is narrow by about sqrt(39 / 40).
        spread = np.sqrt(confidence * (1 - confidence) / 400)
        assert abs(covered - (confidence - 0.01)) < 3.5 * spread


def test_replicates_draw_whole_curves():
    curve = generator(6).normal(size=(12, 1))
    samples = np.hstack([curve, curve, -curve])
    outcome = mean_of_runs(samples, generator(7), 500)
    every = (outcome, *estimates(samples, generator(7), 500).values())
    for one in every:
        assert one.low[0] == one.low[1]
        np.testing.assert_allclose(one.low[2], -one.high[0])
    # The mean is one and the same, by itself as among the aggregates.
    np.testing.assert_allclose(every[1].low, outcome.low)


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(1, 6)),
        elements=SMALL_INTEGERS,
    )
)
def test_ranks_are_scipys(scores):
    np.testing.assert_array_equal(
        average_ranks(scores), scipy.stats.rankdata(scores, axis=1)
    )
    np.testing.assert_array_equal(
        average_ranks(scores[None]), scipy.stats.rankdata(scores[None], axis=-1)
    )


def test_what_is_unknown_ranks_last():
    ranks = average_ranks([np.nan, 3.0, 1.0, np.nan, np.inf])
    assert ranks.tolist() == [4, 2, 1, 4, 4]


def test_clearly_different_strategies_have_certain_ranks():
    samples = np.array([[3.0, 3.1, 3.2], [1.0, 1.1, 1.2], [2.0, 2.1, 2.2]])
    outcome = rank_by_mean(samples, generator())
    for ranks in (outcome.value, outcome.low, outcome.high):
        assert ranks.tolist() == [3, 1, 2]


@pytest.mark.parametrize("seed", range(8))
def test_equal_strategies_share_their_ranks_in_any_order_of_runs(seed):
    runs = generator(seed).random(50)
    samples = np.array([runs, generator(9).permutation(runs), runs + 1])
    outcome = rank_by_mean(samples, generator())
    assert outcome.value.tolist() == [1.5, 1.5, 3]
    assert outcome.low.tolist() == [1, 1, 3]
    assert outcome.high.tolist() == [2, 2, 3]


@pytest.mark.parametrize("imperfect", [1, 4, 10, 25])
@pytest.mark.parametrize("seeds", [5, 100])
def test_ranks_of_ties_lie_in_their_intervals_and_follow_the_binomial_law(
    imperfect, seeds
):
    """Ten strategies are perfect in every run, the others in all but one.

    A replicate leaves the one bad run of a strategy out with probability
    ``(1 - 1/n)**n``; it then ties with the perfect ones. With t of the others tied,
    the perfect ones have rank ``(10 + t + 1) / 2``; t is binomial.
    """
    perfect = 10
    samples = np.zeros((perfect + imperfect, seeds))
    samples[perfect:, 0] = 0.1 + np.arange(imperfect)
    outcome = rank_by_mean(samples, generator(), 4000)
    assert outcome.value[:perfect].tolist() == [5.5] * perfect
    assert outcome.value[perfect:].tolist() == list(range(11, 11 + imperfect))
    tied = scipy.stats.binom(imperfect, (1 - 1 / seeds) ** seeds)
    low, high = tied.ppf([0.025, 0.975])
    # The figure itself, 5.5, may lie below all that occurs in 97.5 % of replicates.
    assert (outcome.low[:perfect] == 5.5).all()
    step = 0.5 if imperfect > 4 else 0  # of a discrete law, by chance
    np.testing.assert_allclose(outcome.high[:perfect], 5.5 + high / 2, atol=step)
    if imperfect == 25 and seeds == 100:
        assert low > 3


@settings(deadline=None)
@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 7), st.integers(1, 5)),
        elements=st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.7, np.nan]),
    ),
    st.sampled_from([0.1, 0.5, 0.95]),
)
def test_every_rank_lies_in_its_own_interval(samples, confidence):
    outcome = rank_by_mean(samples, generator(), 30, confidence)
    assert (outcome.low <= outcome.value).all()
    assert (outcome.value <= outcome.high).all()
    assert outcome.value.sum() == pytest.approx(len(samples) * (len(samples) + 1) / 2)


def test_equal_means_of_other_runs_are_ties_whatever_the_order_of_the_sums():
    # The runs of all three sum to 0.7, but for rounding.
    samples = np.array([[0.1, 0.1, 0.5], [0.1, 0.2, 0.4], [0.5, 0.1, 0.1]])
    assert len(set(samples.mean(axis=1).tolist())) > 1
    outcome = rank_by_mean(samples, generator(), 50)
    assert outcome.value.tolist() == [2, 2, 2]
    scaled = rank_by_mean(samples * 1e-9, generator(), 50)
    np.testing.assert_array_equal(scaled.low, outcome.low)


def test_rank_intervals_are_those_of_a_plain_loop():
    samples = generator(10).exponential(size=(4, 15)) * [[1], [1.2], [1.3], [2.5]]
    outcome = rank_by_mean(samples, generator(11), 4000)
    rng = generator(12)
    loop = [
        scipy.stats.rankdata([rng.choice(runs, len(runs)).mean() for runs in samples])
        for _ in range(4000)
    ]
    low, high = np.quantile(loop, [0.025, 0.975], axis=0, method="inverted_cdf")
    np.testing.assert_array_equal(outcome.low, low)
    np.testing.assert_array_equal(outcome.high, high)


@given(
    st.lists(SMALL_INTEGERS, min_size=1, max_size=8),
    st.lists(SMALL_INTEGERS, min_size=1, max_size=8),
)
def test_the_probability_of_improvement_is_mann_whitneys(first, second):
    # U counts the pairs in which `second` is larger.
    u = scipy.stats.mannwhitneyu(second, first).statistic
    outcome = probability_of_improvement(first, second, generator(), 50)
    assert outcome.value == pytest.approx(u / (len(first) * len(second)))
    assert 0 <= outcome.low <= outcome.high <= 1


def test_the_probability_of_improvement_is_bounded_like_a_plain_loop():
    first, second = generator(13).normal(size=20), generator(14).normal(0.7, size=25)
    outcome = probability_of_improvement(first, second, generator(15), 5000)
    rng = generator(16)
    loop = []
    for _ in range(5000):
        a, b = rng.choice(first, 20), rng.choice(second, 25)
        loop.append((a[:, None] < b).mean())
    low, high = np.quantile(loop, [0.025, 0.975])
    assert outcome.low == pytest.approx(low, abs=0.01)
    assert outcome.high == pytest.approx(high, abs=0.01)


def test_an_unknown_run_loses_and_two_of_them_tie():
    outcome = probability_of_improvement([np.nan, 1.0], [np.nan, 2.0], generator(), 9)
    assert outcome.value == pytest.approx((0.5 + 0 + 1 + 1) / 4)


def test_equal_generators_give_equal_intervals():
    samples = generator(17).normal(size=(3, 10))
    for function in (rank_by_mean, lambda s, g: estimates(s, g)["median"]):
        first, second = function(samples, generator(1)), function(samples, generator(1))
        np.testing.assert_array_equal(first.low, second.low)
        np.testing.assert_array_equal(first.high, second.high)


def test_statistics_of_nothing_are_refused():
    with pytest.raises(NasbenchError, match="at least one run"):
        mean_of_runs([], generator())
    with pytest.raises(NasbenchError, match="at least one run"):
        estimates(np.empty((0, 2)), generator())
    with pytest.raises(NasbenchError, match="at least one run"):
        rank_by_mean(np.empty((2, 0)), generator())
    with pytest.raises(NasbenchError, match="at least one run"):
        probability_of_improvement([], [1.0], generator())


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_is_a_probability(confidence):
    with pytest.raises(NasbenchError, match=f"between 0 and 1, not {confidence}"):
        mean_of_runs([1.0], generator(), 10, confidence)
