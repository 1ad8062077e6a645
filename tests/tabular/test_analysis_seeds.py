"""Seed noise and seed means against data with known components."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tabular.analysis.kendall import best, kendall, rank_agreement
from tabular.analysis.seed_means import SPLITS_LIMIT, _groups, seed_means
from tabular.analysis.seed_noise import seed_noise
from tabular.analysis.spearman_brown import lengthened_tau, spearman_brown


def simulated(between, within, classes=4000, seeds=3, seed=0):
    """Return expected accuracies and trials with these standard deviations."""
    rng = np.random.default_rng(seed)
    expected = rng.normal(0.7, between, classes)
    return expected, expected[:, None] + rng.normal(0, within, (classes, seeds))


def r2(predicted, seen):
    return 1 - ((seen - predicted) ** 2).sum() / ((seen - seen.mean()) ** 2).sum()


def test_variance_components_are_those_of_the_simulation():
    _, trials = simulated(0.05, 0.02)
    noise = seed_noise(trials)
    assert noise.sd_between_seeds == pytest.approx(0.02, rel=0.03)
    assert noise.sd_between_seeds_best == pytest.approx(0.02, rel=0.05)
    assert noise.sd_between_architectures == pytest.approx(0.05, rel=0.03)
    assert noise.variance_ratio == pytest.approx(6.25, rel=0.06)


def test_classes_with_fewer_seeds_do_not_bend_the_components():
    _, trials = simulated(0.05, 0.02, seeds=4)
    count = np.random.default_rng(1).integers(1, 5, len(trials))
    trials[np.arange(4) >= count[:, None]] = np.nan
    noise = seed_noise(trials)
    assert noise.sd_between_seeds == pytest.approx(0.02, rel=0.03)
    assert noise.sd_between_architectures == pytest.approx(0.05, rel=0.03)


def test_with_equal_numbers_of_seeds_it_is_the_textbook_formula():
    _, trials = simulated(0.05, 0.02, classes=30)
    within = trials.var(axis=1, ddof=1).mean()
    between = trials.mean(axis=1).var(ddof=1) - within / 3
    noise = seed_noise(trials)
    assert noise.sd_between_seeds == pytest.approx(np.sqrt(within))
    assert noise.sd_between_architectures == pytest.approx(np.sqrt(between))


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_nobody_predicts_better_than_the_ceiling(seeds):
    expected, trials = simulated(0.03, 0.02, seeds=3)
    ceiling = seed_noise(trials).r2_ceiling(seeds)
    reached = r2(expected, trials[:, :seeds].mean(axis=1))
    assert reached == pytest.approx(ceiling, abs=0.015)
    assert ceiling == pytest.approx(9 / (9 + 4 / seeds), abs=0.015)


def test_ceilings_of_seed_means_follow_spearman_and_brown():
    noise = seed_noise(simulated(0.03, 0.02)[1])
    for seeds in (2, 3, 10):
        longer = spearman_brown(noise.r2_ceiling(1), seeds)
        assert noise.r2_ceiling(seeds) == pytest.approx(longer)


def test_percent_instead_of_fractions_change_no_ratio():
    _, trials = simulated(0.05, 0.02, classes=50)
    noise, scaled = seed_noise(trials), seed_noise(100 * trials - 7)
    assert scaled.sd_between_seeds == pytest.approx(100 * noise.sd_between_seeds)
    assert scaled.variance_ratio == pytest.approx(noise.variance_ratio)
    assert scaled.r2_ceiling(2) == pytest.approx(noise.r2_ceiling(2))


def test_pure_noise_has_no_signal_and_no_noise_has_no_limit():
    classes = np.linspace(0, 1, 20)
    shuffled = np.stack([classes, classes[::-1]], axis=1)
    noise = seed_noise(shuffled)
    assert (noise.sd_between_architectures, noise.variance_ratio) == (0, 0)
    assert noise.r2_ceiling(5) == 0
    exact = seed_noise(np.stack([classes, classes], axis=1))
    assert exact.sd_between_seeds == 0
    assert exact.variance_ratio == np.inf
    assert exact.r2_ceiling(1) == 1


def test_without_two_seeds_of_a_class_nothing_is_known():
    assert seed_noise(np.ones((5, 1))) is None
    assert seed_noise(np.ones((1, 5))) is None
    assert seed_noise(np.ones((0, 3))) is None
    assert seed_noise(np.array([[0.5, np.nan], [np.nan, 0.5]])) is None


def tau_by_pairs(first, second):
    """Count every pair: tau-b of Kendall (1945)."""
    pairs = list(combinations(range(len(first)), 2))
    sign = [
        (np.sign(first[i] - first[j]), np.sign(second[i] - second[j])) for i, j in pairs
    ]
    untied = [sum(s[side] != 0 for s in sign) for side in (0, 1)]
    if 0 in untied:
        return np.nan
    return sum(a * b for a, b in sign) / np.sqrt(untied[0] * untied[1])


values = arrays(
    float, st.shared(st.integers(0, 12), key="n"), elements=st.integers(0, 5)
)


@given(values, values)
def test_tau_is_a_count_over_all_pairs(first, second):
    expected = tau_by_pairs(first, second)
    assert kendall(first, second) == pytest.approx(expected, nan_ok=True)


@given(values)
def test_the_best_are_the_same_in_any_order_and_hold_their_ties(scores):
    chosen = best(scores)
    assert np.array_equal(best(scores[::-1]), chosen[::-1])
    if len(scores):
        assert chosen.mean() >= 0.3 - 1 / len(scores)
        assert scores[chosen].min() > scores[~chosen].max(initial=-1)


def test_agreement_within_the_best_is_that_of_these_classes_alone():
    first, second = np.random.default_rng(0).random((2, 40))
    top = np.argsort(first)[28:]
    ranks = rank_agreement(first, second, first)
    assert (ranks.classes, ranks.best_classes) == (40, 12)
    assert ranks.tau_best == pytest.approx(tau_by_pairs(first[top], second[top]))


def test_groups_are_all_unordered_pairs_of_disjoint_groups():
    for seeds, size, count in ((3, 1, 3), (4, 2, 3), (5, 2, 15), (6, 3, 10)):
        groups = list(_groups(seeds, size))
        assert len({frozenset(map(tuple, g[:2])) for g in groups}) == count
        for first, second, others in groups:
            assert sorted(first + second + others) == list(range(seeds))
            assert len(first) == len(second) == size
    many = list(_groups(12, 6))
    assert len({tuple(first) for first, _, _ in many}) == SPLITS_LIMIT
    assert many == list(_groups(12, 6))


def test_measured_agreement_is_that_of_normal_variables():
    _, trials = simulated(0.02, 0.02, seeds=6)
    means = {m.seeds: m for m in seed_means(trials, seed_noise(trials))}
    assert [m for m in means if means[m].measured] == [1, 2, 3]
    for seeds in (1, 2, 3, 5, 6, 10):
        correlation = seeds / (seeds + 1)
        tau = 2 / np.pi * np.arcsin(correlation)  # Greiner (1909)
        assert means[seeds].tau == pytest.approx(tau, abs=0.015)
        assert means[seeds].r2_ceiling == pytest.approx(correlation, abs=0.015)


def test_estimates_from_few_seeds_are_what_more_seeds_show():
    _, trials = simulated(0.03, 0.02, seeds=6)
    measured = seed_means(trials, seed_noise(trials))[2]
    pair = seed_means(trials[:, :2], seed_noise(trials[:, :2]))
    estimate = next(mean for mean in pair if mean.seeds == 3)
    assert (measured.seeds, measured.measured, estimate.measured) == (3, True, False)
    assert estimate.tau == pytest.approx(measured.tau, abs=0.015)
    assert lengthened_tau(measured.tau, 1) == pytest.approx(measured.tau)
    assert lengthened_tau(-0.2, 3) == 0
    assert lengthened_tau(1.0, 3) == pytest.approx(1)


def test_seeds_that_choose_the_best_disagree_among_them_and_others_do_not():
    _, trials = simulated(0.0, 0.02, seeds=3)
    one = seed_means(trials, seed_noise(trials))[0]
    assert one.tau == pytest.approx(0, abs=0.03)
    assert one.tau_best < -0.1
    assert one.tau_best_by_others == pytest.approx(0, abs=0.04)
    two = seed_means(trials[:, :2], seed_noise(trials[:, :2]))
    assert np.isnan([mean.tau_best_by_others for mean in two]).all()


def test_agreement_of_single_seeds_is_the_mean_over_pairs():
    _, trials = simulated(0.03, 0.02, classes=25)
    one = seed_means(trials, seed_noise(trials))[0]
    pairs = list(combinations(range(3), 2))
    assert one.tau == pytest.approx(
        np.mean([tau_by_pairs(trials[:, i], trials[:, j]) for i, j in pairs])
    )
    fair = []
    for i, j in pairs:
        top = np.argsort(trials[:, 3 - i - j])[17:]
        fair.append(tau_by_pairs(trials[top, i], trials[top, j]))
    assert one.tau_best_by_others == pytest.approx(np.mean(fair))


def test_the_order_of_the_seeds_is_of_no_effect():
    _, trials = simulated(0.03, 0.02, classes=60, seeds=5)
    noise = seed_noise(trials)
    shuffled = trials[:, [3, 1, 4, 0, 2]]
    for one, other in zip(
        seed_means(trials, noise), seed_means(shuffled, noise), strict=True
    ):
        assert one.tau == pytest.approx(other.tau)
        assert one.tau_best == pytest.approx(other.tau_best)
        assert one.tau_best_by_others == pytest.approx(
            other.tau_best_by_others, nan_ok=True
        )
