"""Tests over the seeds of one benchmark, against scipy and all permutations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats
from drawn_curves import TIED, curves_at_the_end, generator
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leaderboards.measures import compare_on
from leaderboards.measures import rank_sum as unpaired
from leaderboards.measures.holm import holm
from leaderboards.measures.signed_rank import (
    paired_differences,
    signed_rank,
    smallest_p_value,
)
from nasbench.errors import NasbenchError


def sides(size):
    return hnp.arrays(np.float64, (1, size), elements=TIED)


@given(st.integers(1, 5).flatmap(sides), st.integers(1, 5).flatmap(sides))
@settings(max_examples=60, deadline=None)
def test_small_rank_sums_are_counted_over_all_splits(first, second):
    u, p_value = unpaired.rank_sum(first, second)
    both = np.concatenate([first[0], second[0]])
    n, size = first.shape[1], len(both)

    def statistic(members):
        rest = np.delete(both, members)
        mine = both[list(members)][:, None]
        return ((mine < rest) + (mine == rest) / 2).sum()

    every = [statistic(m) for m in itertools.combinations(range(size), n)]
    centre = n * (size - n) / 2
    observed = statistic(range(n))
    assert u[0] == observed
    extreme = np.abs(np.array(every) - centre) >= abs(observed - centre)
    assert p_value[0] == pytest.approx(extreme.mean())


def test_small_rank_sums_without_ties_are_scipys_exact_ones():
    first, second = generator(1).random((20, 6)), generator(2).random((20, 8)) + 0.2
    u, p_values = unpaired.rank_sum(first, second)
    theirs = scipy.stats.mannwhitneyu(second, first, axis=1, method="exact")
    np.testing.assert_allclose(u, theirs.statistic)
    np.testing.assert_allclose(p_values, theirs.pvalue)


@given(st.integers(9, 30).flatmap(sides), st.integers(9, 30).flatmap(sides))
@settings(max_examples=60, deadline=None)
def test_large_rank_sums_are_scipys_with_ties(first, second):
    u, p_values = unpaired.rank_sum(first, second)
    if (np.concatenate([first[0], second[0]]) == first[0, 0]).all():
        assert p_values[0] == 1  # scipy divides by zero
        return
    theirs = scipy.stats.mannwhitneyu(
        second[0], first[0], method="asymptotic", use_continuity=True
    )
    assert u[0] == theirs.statistic
    assert p_values[0] == pytest.approx(theirs.pvalue)


def test_a_run_without_an_incumbent_loses_against_all():
    u, _ = unpaired.rank_sum([[np.nan, 1.0]], [[2.0, np.nan]])
    assert u[0] == 0.5 + 0 + 2  # nan-nan ties, nan-2 lost, 1 beats both


@given(hnp.arrays(np.float64, st.integers(1, 9), elements=st.integers(-3, 3)))
@settings(max_examples=80, deadline=None)
def test_signed_ranks_are_counted_over_all_signs(differences):
    verdict = signed_rank(differences)
    if not differences.any():
        assert verdict.reason == "all differences are zero"
        assert np.isnan(verdict.p_value)
        return
    zeros = np.flatnonzero(differences == 0)
    used = np.delete(differences, zeros[:1]) if len(zeros) % 2 else differences
    ranks = scipy.stats.rankdata(np.abs(used))[used != 0]
    signs = np.sign(used[used != 0])
    every = np.array(list(itertools.product([-1, 1], repeat=len(ranks)))) @ ranks
    extreme = np.abs(every) >= abs(signs @ ranks)
    assert verdict.p_value == pytest.approx(extreme.mean())


@pytest.mark.parametrize("size", [6, 13, 30, 50])
def test_signed_ranks_without_ties_are_scipys_exact_ones(size):
    differences = generator(size).normal(0.3, size=size)
    theirs = scipy.stats.wilcoxon(differences, method="exact")
    verdict = signed_rank(differences)
    assert verdict.statistic == theirs.statistic
    assert verdict.p_value == pytest.approx(theirs.pvalue)


def test_many_signed_ranks_are_scipys():
    differences = generator(3).integers(-6, 9, size=300).astype(float)
    differences = differences[differences != 0]
    theirs = scipy.stats.wilcoxon(differences, method="asymptotic")
    verdict = signed_rank(differences)
    assert verdict.statistic == theirs.statistic
    assert verdict.p_value == pytest.approx(theirs.pvalue, rel=1e-6)


def test_demsars_wilcoxon_example():
    # Demsar (JMLR 2006), table 2: C4.5 against C4.5+m on 14 data sets; T = 12.
    before = [
        [0.763, 0.599, 0.954, 0.628, 0.882, 0.936, 0.661],
        [0.583, 0.775, 1.000, 0.940, 0.619, 0.972, 0.957],
    ]
    after = [
        [0.768, 0.591, 0.971, 0.661, 0.888, 0.931, 0.668],
        [0.583, 0.838, 1.000, 0.962, 0.666, 0.981, 0.978],
    ]
    differences = np.round(np.ravel(after) - np.ravel(before), 3)
    assert signed_rank(differences).statistic == 12
    assert signed_rank(differences).rejects(0.05)


def test_the_smallest_p_values_are_attained():
    apart = signed_rank(np.arange(1.0, 8)).p_value
    assert apart == pytest.approx(smallest_p_value(7))
    _, p_values = unpaired.rank_sum(np.arange(5.0), np.arange(5.0, 10))
    assert p_values[0] == pytest.approx(unpaired.smallest_p_value(5, 5))


def test_two_runs_without_incumbent_do_not_differ():
    outcome = paired_differences([np.nan, 1.0, np.nan, 3.0], [np.nan, np.nan, 2.0, 1.0])
    assert outcome.tolist() == [0, -np.inf, np.inf, 2]


@pytest.fixture
def scores():
    drawn = generator(4).exponential(size=(4, 20, 2))
    return drawn * np.array([1.0, 1.2, 2.0, 4.0])[:, None, None]


def test_pairs_are_adjusted_together_and_symmetric(scores):
    outcome = compare_on(curves_at_the_end(scores), "b1")
    pairs = list(itertools.combinations(range(4), 2))
    raw = [
        scipy.stats.mannwhitneyu(
            scores[i, :, 1], scores[j, :, 1], method="asymptotic"
        ).pvalue
        for i, j in pairs
    ]
    upper = [outcome.p_values[i, j] for i, j in pairs]
    np.testing.assert_allclose(upper, holm(raw))
    np.testing.assert_array_equal(outcome.p_values, outcome.p_values.T)
    assert np.isnan(np.diag(outcome.p_values)).all()
    np.testing.assert_allclose(outcome.superiority + outcome.superiority.T, 1)
    wins = (scores[0, :, None, 1] < scores[3, None, :, 1]).mean()
    assert outcome.superiority[0, 3] == pytest.approx(wins)
    assert outcome.reason == ""


def test_the_order_of_seeds_matters_to_paired_tests_only(scores):
    mixed = scores.copy()
    mixed[1] = scores[1, generator(5).permutation(20)]
    for test, same in (("unpaired", True), ("paired", False)):
        first = compare_on(curves_at_the_end(scores), "b0", test).p_values
        second = compare_on(curves_at_the_end(mixed), "b0", test).p_values
        assert np.allclose(first, second, equal_nan=True) == same


def test_pairing_sees_what_shared_luck_hides():
    luck = generator(6).exponential(size=30)
    scores = np.stack([luck, luck + 0.05 + 0.01 * generator(7).random(30)])[..., None]
    curves = curves_at_the_end(scores)
    assert compare_on(curves, "b0", "paired").p_values[0, 1] < 1e-6
    assert compare_on(curves, "b0", "unpaired").p_values[0, 1] > 0.1


def test_differences_that_are_equal_but_for_floating_point_tie():
    first = [0.3, 0.2, 0.4, 0.7, 0.5, 0.9, 0.6, 0.8, 0.1, 0.35]
    second = [0.2, 0.1, 0.3, 0.6, 0.6, 0.8, 0.5, 0.9, 0.0, 0.15]
    curves = curves_at_the_end(np.array([first, second])[..., None])
    found = compare_on(curves, "b0", "paired").p_values[0, 1]
    rounded = np.round(np.subtract(first, second), 12)
    known = scipy.stats.wilcoxon(rounded, method=scipy.stats.PermutationMethod())
    assert found == pytest.approx(known.pvalue)
    assert found == pytest.approx(0.0918, abs=1e-4)


def test_too_few_seeds_get_a_reason_and_no_p_value(scores):
    few = curves_at_the_end(scores[:, :3])
    for test, least in (("unpaired", "0.1"), ("paired", "0.25")):
        outcome = compare_on(few, "b0", test)
        assert np.isnan(outcome.p_values).all()
        assert f"with 3 seeds p is {least} at least" in outcome.reason
        assert np.isfinite(outcome.superiority).all()


def test_one_strategy_has_no_pairs(scores):
    outcome = compare_on(curves_at_the_end(scores[:1]), "b0")
    assert outcome.reason == "one strategy has nothing to be compared with"
    assert outcome.superiority.tolist() == [[0.5]]


def test_equal_runs_are_no_difference():
    for test in ("unpaired", "paired"):
        outcome = compare_on(curves_at_the_end(np.zeros((3, 12, 1))), "b0", test)
        assert outcome.p_values[0, 1] == outcome.p_values[1, 2] == 1
        assert (outcome.superiority == 0.5).all()


def test_false_claims_are_as_rare_as_the_level_says():
    # Twelve equal strategies, 66 pairs: any rejection at all is a false one.
    found = 0
    for seed in range(300):
        scores = generator(seed).integers(0, 6, size=(12, 15, 1)).astype(float)
        p_values = compare_on(curves_at_the_end(scores), "b0").p_values
        found += bool((p_values[~np.isnan(p_values)] <= 0.05).any())
    assert found / 300 < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / 300)


def test_unknown_names_are_refused(scores):
    with pytest.raises(NasbenchError, match="unknown test 'pair'; did you mean"):
        compare_on(curves_at_the_end(scores), "b0", "pair")
    with pytest.raises(NasbenchError, match="unknown benchmark of the curves 'c'"):
        compare_on(curves_at_the_end(scores), "c")
    with pytest.raises(NasbenchError, match="at least one run on either side"):
        unpaired.rank_sum(np.empty((1, 0)), [[1.0]])
