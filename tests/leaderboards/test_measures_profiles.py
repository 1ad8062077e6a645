"""Improvement and profiles against Mann-Whitney, rliable and plain counting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from drawn_curves import TIED, curves_at_the_end, generator, rliable_scores
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leaderboards.measures import (
    cost_profile,
    improvement_matrix,
    score_profile,
)
from nasbench.errors import NasbenchError


@given(hnp.arrays(np.float64, (3, 5, 2), elements=TIED))
@settings(max_examples=30, deadline=None)
def test_improvement_is_mann_whitneys_u_averaged_over_benchmarks(scores):
    outcome = improvement_matrix(curves_at_the_end(scores), generator(), replicates=20)
    for i in range(3):
        for j in range(3):
            u = scipy.stats.mannwhitneyu(scores[j], scores[i], axis=0).statistic
            assert outcome.value[i, j] == pytest.approx(np.mean(u) / 25)
    assert (outcome.low <= outcome.high).all()
    assert (outcome.low >= 0).all()
    assert (outcome.high <= 1).all()
    np.testing.assert_allclose(outcome.low + outcome.high.T, 1, atol=1e-6)


def test_improvement_is_rliables():
    # rliable 1.2.0, 5,000 replicates: there, larger scores are better.
    curves = curves_at_the_end(rliable_scores())
    outcome = improvement_matrix(curves, generator(1), replicates=5000)
    assert outcome.value[1, 0] == pytest.approx(0.545)
    assert outcome.low[1, 0] == pytest.approx(0.388, abs=0.015)
    assert outcome.high[1, 0] == pytest.approx(0.697, abs=0.015)


def test_the_score_profile_is_rliables():
    # rliable 1.2.0, 2,000 replicates: there, the share above a level.
    curves = curves_at_the_end(rliable_scores())
    outcome = score_profile(curves, [0.1, 0.3, 0.6, 1.0], generator(2))
    above = [0.83333333, 0.73333333, 0.53333333, 0.36666667]
    np.testing.assert_allclose(1 - outcome.value[0], above)
    low = [0.7, 0.56666667, 0.36666667, 0.23333333]
    high = [0.96666667, 0.86666667, 0.7, 0.5]
    np.testing.assert_allclose(1 - outcome.high[0], low, atol=0.04)
    np.testing.assert_allclose(1 - outcome.low[0], high, atol=0.04)


def test_improvement_depends_on_ranks_alone():
    scores = generator(3).random((4, 8, 2))
    plain = improvement_matrix(curves_at_the_end(scores), generator(4), replicates=50)
    bent = improvement_matrix(
        curves_at_the_end(np.exp(9 * scores)), generator(4), replicates=50
    )
    for bound in ("value", "low", "high"):
        np.testing.assert_array_equal(getattr(plain, bound), getattr(bent, bound))


def test_a_run_without_an_incumbent_never_improves():
    scores = generator(5).random((2, 6, 1))
    scores[0] = np.nan
    curves = curves_at_the_end(scores)
    outcome = improvement_matrix(curves, generator(), replicates=10)
    assert outcome.value.tolist() == [[0.5, 0], [1, 0.5]]
    assert score_profile(curves, [5.0], generator()).value.tolist() == [[0], [1]]


@given(hnp.arrays(np.float64, (2, 4, 2), elements=TIED))
@settings(max_examples=30, deadline=None)
def test_profiles_count_runs_and_rise(scores):
    levels = np.arange(-1.0, 6)
    outcome = score_profile(curves_at_the_end(scores), levels, generator(), 30)
    expected = [(scores <= level).mean(axis=(1, 2)) for level in levels]
    np.testing.assert_allclose(outcome.value, np.transpose(expected))
    for bound in (outcome.value, outcome.low, outcome.high):
        assert (np.diff(bound, axis=1) >= -1e-12).all()
    assert (outcome.low <= outcome.value + 1e-12).all()
    assert (outcome.value <= outcome.high + 1e-12).all()


def test_the_order_of_seeds_does_not_matter():
    curves = curves_at_the_end(generator(6).random((3, 9, 2)))
    order = generator(7).permutation(9)
    shuffled = replace(curves, regrets=curves.regrets[:, order])
    for function in (
        lambda c: improvement_matrix(c, generator(), replicates=5).value,
        lambda c: score_profile(c, [0.2, 0.5], generator(), 5).value,
    ):
        np.testing.assert_allclose(function(curves), function(shuffled))


def test_the_cost_profile_of_dolan_and_more_by_hand():
    inf = np.inf
    costs = [[10, 20, 30, inf, inf], [20, 10, inf, 8, inf]]
    # Problem 5 is solved by nobody; ratios are 1 1/2... of the cheapest.
    shares = cost_profile(costs, [1, 1.9, 2, 100])
    assert shares.tolist() == [[0.4, 0.4, 0.6, 0.6], [0.4, 0.4, 0.6, 0.6]]
    assert cost_profile([[3, 1], [1, 3]], [1, 3]).tolist() == [[0.5, 1], [0.5, 1]]


@given(
    hnp.arrays(np.float64, (3, 4), elements=st.sampled_from([1.0, 2.0, 5.0, np.inf])),
    st.sampled_from([0.5, 3.0, 8.0]),
)
def test_the_cost_profile_rises_and_ignores_the_unit(costs, unit):
    ratios = [1, 2, 2.5, 5, 10]
    shares = cost_profile(costs, ratios)
    assert (np.diff(shares, axis=1) >= 0).all()
    np.testing.assert_array_equal(shares, cost_profile(costs * unit, ratios))
    solved = np.isfinite(costs.min(axis=0)).mean()
    assert shares[:, 0].sum() >= solved
    np.testing.assert_allclose(shares[:, -1], np.isfinite(costs).mean(axis=1))


def test_costs_and_ratios_that_make_no_profile_are_refused():
    with pytest.raises(NasbenchError, match="positive costs"):
        cost_profile([[1, 0]], [1])
    with pytest.raises(NasbenchError, match="positive costs"):
        cost_profile(np.empty((2, 0)), [1])
    with pytest.raises(NasbenchError, match="is 1 or more"):
        cost_profile([[1, 2]], [0.5])


def test_a_level_that_is_no_number_is_refused():
    curves = curves_at_the_end(generator(6).random((2, 6, 1)))
    with pytest.raises(NasbenchError, match="level 1 of 2 is NaN"):
        score_profile(curves, [0.1, np.nan], generator())
