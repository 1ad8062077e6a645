"""Ranks and tests across benchmarks, against Demsar's tables, scipy and autorank."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from drawn_curves import curves_at_the_end, curves_from, generator
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leaderboards.measures import (
    critical_difference_diagram,
    friedman_test,
    mean_ranks,
    nemenyi_distance,
    ranks_by_benchmark,
)
from leaderboards.measures.critical_difference import stretches
from leaderboards.measures.holm import holm
from leaderboards.measures.ranks import rank_columns
from nasbench.errors import NasbenchError


def curves_of_scores(scores, names=()):
    """Curves of one time whose seeds' means are the ``(k, b)`` scores."""
    scores = np.asarray(scores, np.float64)
    offsets = np.array([-0.01, 0.0, 0.01])
    regrets = np.round(scores[:, None] + offsets[:, None], 6) + 0.01
    return curves_at_the_end(regrets, names)


# Demsar (JMLR 2006), table 2: AUC of C4.5, C4.5+m, C4.5+cf and C4.5+m+cf on 14 data
# sets. The two 0.975 of the voting data are ranked 2 and 3 there, before rounding.
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9752, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
).T


def test_demsars_ranks_and_statistics():
    ranks = rank_columns(1 - DEMSAR)
    np.testing.assert_allclose(
        ranks.mean(axis=1), [3.143, 2.0, 2.893, 1.964], atol=5e-4
    )
    outcome = friedman_test(ranks)
    # He does not correct for ties: 9.28 and 3.69.
    k, b = ranks.shape
    lost = b * k * (k + 1) * (2 * k + 1) / 6 - (ranks**2).sum()
    plain = outcome.chi_square.statistic * (1 - 12 * lost / (b * k * (k**2 - 1)))
    assert plain == pytest.approx(9.28, abs=0.005)
    assert (b - 1) * plain / (b * (k - 1) - plain) == pytest.approx(3.69, abs=0.005)
    assert outcome.iman_davenport.rejects(0.05)
    assert nemenyi_distance(4, 14) == pytest.approx(1.25, abs=0.005)
    assert nemenyi_distance(4, 14, 0.1) == pytest.approx(1.12, abs=0.005)


def test_demsars_table_of_critical_values():
    table = {
        0.05: [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164],
        0.10: [1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920],
    }
    for level, values in table.items():
        for k, value in enumerate(values, start=2):
            distance = nemenyi_distance(k, 1, level)
            assert distance / np.sqrt(k * (k + 1) / 6) == pytest.approx(value, abs=2e-3)


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(3, 6), st.integers(5, 9)),
        elements=st.integers(0, 4).map(float),
    )
)
@settings(max_examples=60, deadline=None)
def test_friedmans_statistic_is_scipys_whatever_ties(scores):
    outcome = friedman_test(rank_columns(scores)).chi_square
    if outcome.reason:
        assert (rank_columns(scores) == rank_columns(scores)[0]).all()
        return
    theirs = scipy.stats.friedmanchisquare(*scores)
    assert outcome.statistic == pytest.approx(theirs.statistic, abs=1e-9)
    assert outcome.p_value == pytest.approx(theirs.pvalue, abs=1e-9)


def test_friedmans_tests_keep_their_level():
    rng = generator(1)
    rejected = [
        friedman_test(rank_columns(rng.random((5, 12)))).iman_davenport.rejects(0.05)
        for _ in range(600)
    ]
    assert abs(np.mean(rejected) - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / 600)


def test_agreement_of_all_benchmarks_is_certain():
    ranks = np.tile([[1.0], [2.0], [3.0]], (1, 6))
    outcome = friedman_test(ranks).iman_davenport
    assert (outcome.statistic, outcome.p_value) == (np.inf, 0.0)


@pytest.mark.parametrize("benchmarks", [1, 2, 3, 4])
def test_few_benchmarks_get_a_reason_and_no_p_value(benchmarks):
    scores = generator(2).random((6, benchmarks))
    shown = critical_difference_diagram(curves_of_scores(scores))
    assert np.isnan(shown.friedman.iman_davenport.p_value)
    assert not shown.friedman.iman_davenport.rejects(0.99)
    assert f"{benchmarks} of the 5 benchmarks" in shown.reason
    assert "no power" in shown.reason
    assert shown.groups == ()
    assert (np.diff(shown.mean_ranks) >= 0).all()


def test_two_strategies_and_ties_get_a_reason():
    assert "3 strategies or more, not 2" in (
        friedman_test(rank_columns(generator().random((2, 9)))).chi_square.reason
    )
    tied = friedman_test(rank_columns(np.ones((3, 9)))).chi_square
    assert tied.reason == "all strategies tie on every benchmark"


# autorank 1.3.0 (nonparametric, ascending), scikit-posthocs 0.17.1, statsmodels 0.15.0,
# scipy 1.17.1 on these regrets of six strategies on twelve benchmarks.
GOLDEN = np.array(
    [
        [1.67, 1.34, 1.15, 1.75, 1.11, 2.38, 1.81, 1.63, 0.46, 0.24, 0.51, 1.88],
        [1.77, 0.41, 2.05, 0.91, 0.91, 3.4, 1.68, 1.93, 1.94, 0.4, 2.01, 6.39],
        [1.04, 4.8, 5.15, 5.1, 1.78, 2.16, 1.06, 2.71, 6.89, 1.59, 0.36, 2.93],
        [5.45, 2.47, 9.02, 2.61, 3.03, 1.2, 2.31, 5.32, 5.37, 6.85, 5.08, 4.31],
        [0.37, 1.58, 13.79, 2.07, 5.01, 2.97, 5.11, 3.29, 1.35, 1.65, 4.05, 2.13],
        [0.76, 8.72, 12.06, 11.39, 11.55, 1.46, 17.23, 5.35, 2.79, 4.24, 3.35, 2.01],
    ]
)


def test_the_diagram_is_autoranks():
    shown = critical_difference_diagram(curves_of_scores(GOLDEN, "abcdef"))
    assert shown.strategies == ("a", "b", "c", "e", "d", "f")
    np.testing.assert_allclose(
        shown.mean_ranks, [2, 2.833333, 3.333333, 3.833333, 4.5, 4.5], atol=1e-6
    )
    assert shown.friedman.chi_square.p_value == pytest.approx(0.00538857397850793)
    assert shown.distance == pytest.approx(2.176470503965933, rel=1e-4)
    # Nemenyi's p-values there: 0.0136 for (a, d) and (a, f), all others above 0.15.
    assert shown.groups == (("a", "b", "c", "e"), ("b", "c", "e", "d", "f"))
    assert shown.reason == ""


def test_wilcoxon_with_holm_is_scikit_posthocs():
    curves = curves_of_scores(GOLDEN, "abcdef")
    # The smallest adjusted value there is 0.051270, for (a, d).
    strict = critical_difference_diagram(curves, "wilcoxon-holm", level=0.0512)
    assert strict.groups == (("a", "b", "c", "e", "d", "f"),)
    loose = critical_difference_diagram(curves, "wilcoxon-holm", level=0.0513)
    assert loose.groups == (("a", "b", "c", "e"), ("b", "c", "e", "d", "f"))
    assert np.isnan(loose.distance)


def test_signed_ranks_of_many_strategies_need_many_benchmarks():
    # Strategies that are in the same order everywhere, and yet nothing can be shown.
    scores = np.arange(6.0)[:, None] + np.zeros((6, 8))
    shown = critical_difference_diagram(curves_of_scores(scores), "wilcoxon-holm")
    assert "p >= 0.00781, and the smallest of 15 has to reach 0.00333" in shown.reason
    assert shown.groups == ()


def test_nothing_is_told_apart_where_friedman_does_not_reject():
    scores = np.stack([np.roll([1.0, 2.0, 3.0, 4.0], i) for i in range(8)], axis=1)
    shown = critical_difference_diagram(curves_of_scores(scores))
    assert shown.groups == (("s0", "s1", "s2", "s3"),)
    assert "does not reject" in shown.reason


@given(
    st.integers(1, 7).flatmap(
        lambda k: hnp.arrays(np.bool_, (k, k), elements=st.booleans())
    )
)
def test_stretches_are_the_maximal_ones(raw):
    different = np.triu(raw, 1) | np.triu(raw, 1).T
    size = len(different)
    alike = [
        tuple(range(i, j))
        for i, j in itertools.combinations(range(size + 1), 2)
        if j - i > 1 and not different[i:j, i:j].any()
    ]
    maximal = [a for a in alike if not any(set(a) < set(other) for other in alike)]
    assert list(stretches(different)) == sorted(maximal)


@given(st.lists(st.floats(1, 9), min_size=2, max_size=8), st.floats(0, 4))
def test_every_pair_that_nemenyi_does_not_separate_shares_a_bar(means, distance):
    ordered = np.sort(means)
    gaps = np.abs(np.subtract.outer(ordered, ordered))
    found = stretches(gaps > distance)
    for i, j in itertools.combinations(range(len(means)), 2):
        assert any(i in f and j in f for f in found) == (gaps[i, j] <= distance)


def test_holm_is_statsmodels():
    given_values = [0.001, 0.2, 0.012, 0.04, 0.04, 0.9, 0.011]
    theirs = [0.007, 0.4, 0.066, 0.16, 0.16, 0.9, 0.066]
    np.testing.assert_allclose(holm(given_values), theirs)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.floats(0.01, 0.99))
def test_holm_rejects_what_the_step_down_rule_rejects(values, level):
    rejected, order = set(), np.argsort(values, kind="stable")
    for step, i in enumerate(order):
        if values[i] * (len(values) - step) > level:
            break
        rejected.add(int(i))
    assert {i for i, p in enumerate(holm(values)) if p <= level} == rejected


def test_holm_does_not_count_what_was_not_tested():
    adjusted = holm([np.nan, 0.01, 0.02])
    np.testing.assert_allclose(adjusted, [np.nan, 0.02, 0.02])


def noisy(seed=3, k=4, n=12, b=3):
    regrets = generator(seed).exponential(size=(k, n, b, 2))
    regrets *= np.linspace(1, 2, k)[:, None, None, None]
    return curves_from(regrets, "abcdefgh"[:k])


def test_mean_ranks_are_bounded_like_a_plain_loop():
    curves = noisy()
    outcome = mean_ranks(curves, generator(4), replicates=1500)
    scores, rng = curves.at(), generator(5)
    loop = []
    for _ in range(1500):
        ranks = [
            scipy.stats.rankdata(scores[:, rng.integers(12, size=12), i].mean(axis=1))
            for i in range(3)
        ]
        loop.append(np.mean(ranks, axis=0))
    low, high = np.quantile(loop, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(outcome.low, low, atol=0.34)
    np.testing.assert_allclose(outcome.high, high, atol=0.34)
    np.testing.assert_allclose(outcome.value, ranks_by_benchmark(curves).mean(axis=1))


def test_ranks_do_not_depend_on_the_order_of_seeds_or_the_size_of_regrets():
    curves = noisy(6)
    order = generator(7).permutation(12)
    shuffled = replace(curves, regrets=curves.regrets[:, order] * 7)
    for time in (1, 2):
        np.testing.assert_array_equal(
            ranks_by_benchmark(curves, time), ranks_by_benchmark(shuffled, time)
        )


def test_equal_strategies_tie_in_every_replicate():
    curves = noisy(8, k=3)
    curves.regrets[2] = curves.regrets[0]
    outcome = mean_ranks(curves, generator(9), replicates=500)
    for bound in (outcome.value, outcome.low, outcome.high):
        assert bound[0] == bound[2]


def test_a_strategy_without_an_incumbent_ranks_last():
    curves = noisy(10)
    curves.regrets[0, 3, 1] = np.nan
    assert ranks_by_benchmark(curves)[0, 1] == 4


def test_wrong_levels_are_refused():
    with pytest.raises(NasbenchError, match=r"not 1, 5 and 0.05"):
        nemenyi_distance(1, 5)
    with pytest.raises(NasbenchError, match="unknown post-hoc test 'tukey'"):
        critical_difference_diagram(noisy(), "tukey")
