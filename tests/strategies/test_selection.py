"""Selection: every law in closed form, and the draws that follow it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chisquare

from nasbench.errors import NasbenchError
from strategies.evolution.selection import LinearRank, Roulette, Tournament, Uniform

SCORES = [0.9, 0.8, 0.8, 0.5, 0.1]
FAILED = [0.9, 0.8, 0.5, -math.inf, -math.inf]


def law(selection, scores):
    weights = np.array(selection.weights(scores))
    return weights / weights.sum()


def drawn(selection, scores, times=4000):
    rng = np.random.default_rng(0)
    picks = [selection.pick(scores, rng) for _ in range(times)]
    return np.bincount(picks, minlength=len(scores))


@pytest.mark.parametrize(
    "selection",
    [
        LinearRank(),
        LinearRank(1.3),
        Roulette(),
        Roulette("sigma"),
        Roulette("none"),
    ],
)
@pytest.mark.parametrize("scores", [SCORES, FAILED, [0.5] * 4, [0.7]])
def test_draws_follow_the_weights(selection, scores):
    expected = law(selection, scores) * 4000
    found = drawn(selection, scores)
    assert (found[expected == 0] == 0).all()
    likely = expected > 0
    assert likely.sum() == 1 or chisquare(found[likely], expected[likely])[1] > 1e-3


def test_a_tournament_of_one_and_the_uniform_law_are_the_same_law():
    for selection in (Tournament(1), Uniform()):
        assert chisquare(drawn(selection, SCORES)).pvalue > 1e-3


@pytest.mark.parametrize("pressure", [1.0, 1.5, 2.0])
def test_linear_rank_gives_the_best_its_pressure_and_falls_evenly(pressure):
    found = law(LinearRank(pressure), SCORES)
    assert found[0] == pytest.approx(pressure / 5)
    assert found[-1] == pytest.approx((2 - pressure) / 5)
    assert np.diff(found) == pytest.approx(np.full(4, -2 * (pressure - 1) / 20))


def test_windowing_takes_the_worst_away():
    expected = np.array(SCORES) - 0.1
    assert law(Roulette(), SCORES) == pytest.approx(expected / expected.sum())


def test_sigma_truncation_takes_the_mean_less_two_deviations_away():
    expected = np.array(SCORES) - (np.mean(SCORES) - 2 * np.std(SCORES))
    assert law(Roulette("sigma"), SCORES) == pytest.approx(expected / expected.sum())
    outlier = [0.9] * 20 + [0.1]
    assert law(Roulette("sigma"), outlier)[-1] == 0


@pytest.mark.parametrize("scaling", ["window", "sigma"])
def test_scaled_fitness_has_no_unit_and_no_zero(scaling):
    plain = law(Roulette(scaling), SCORES)
    moved = [7 * score - 90 for score in SCORES]
    assert law(Roulette(scaling), moved) == pytest.approx(plain)


def test_raw_fitness_hardly_selects_between_good_accuracies():
    found = law(Roulette("none"), [0.915, 0.91, 0.90])
    assert found.max() / found.min() < 1.02
    assert law(Roulette(), [0.915, 0.91, 0.90]).max() == pytest.approx(0.6)


@pytest.mark.parametrize("scaling", ["window", "sigma", "none"])
def test_failures_are_never_picked_beside_a_success(scaling):
    found = law(Roulette(scaling), FAILED)
    assert (found[3:] == 0).all()
    assert (found[:2] > 0).all()
    assert law(Roulette(scaling), [-math.inf] * 3) == pytest.approx(np.full(3, 1 / 3))


@pytest.mark.parametrize("scaling", ["window", "sigma", "none"])
def test_equal_scores_are_equally_likely(scaling):
    assert law(Roulette(scaling), [0.5] * 4) == pytest.approx(np.full(4, 0.25))
    assert law(Roulette(scaling), [0.0] * 4) == pytest.approx(np.full(4, 0.25))


def test_wrong_settings_are_refused():
    for pressure in (0.9, 2.1, math.nan):
        with pytest.raises(NasbenchError, match="a selection pressure is 1 to 2"):
            LinearRank(pressure)
    with pytest.raises(NasbenchError, match="windows"):
        Roulette("windows")
