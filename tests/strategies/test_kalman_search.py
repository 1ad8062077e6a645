"""The heuristic Kalman algorithm: its update in its limits, and what it draws from."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import kstest

from nasbench.errors import NasbenchError
from nasbench.testing import ToyBenchmark, context_of, play
from strategies.metaphors.kalman_search import Belief, KalmanSearch, update


def belief(mean, deviation, length=6):
    return Belief(np.full(length, float(mean)), np.full(length, float(deviation)))


def draws(seed=0, shape=(5, 6)):
    return np.random.default_rng(seed).normal(0.5, 0.3, shape)


def test_a_gain_and_a_step_of_one_are_the_cross_entropy_update():
    best = draws()
    # A belief that knows nothing: what is measured is all there is.
    vague = belief(0, 1e6)
    found = update(vague, best, slowdown=1.0)
    assert found.mean == pytest.approx(best.mean(axis=0), rel=1e-6)
    # The step towards the spread of the best is slowdown s^2 / (s^2 + max variance).
    spread = best.std(axis=0)
    step = spread.mean() ** 2 / (spread.mean() ** 2 + spread.max() ** 2)
    expected = 1e6 + step * (spread - 1e6)
    assert found.deviation == pytest.approx(expected, rel=1e-6)


def test_a_scalar_belief_is_corrected_as_by_a_kalman_filter():
    prior, best = belief(0.2, 0.5, 1), draws(shape=(5, 1))
    measured, noise = best.mean(), best.var()
    precision = 1 / 0.25 + 1 / noise
    found = update(prior, best, slowdown=0.7)
    assert found.mean[0] == pytest.approx((0.2 / 0.25 + measured / noise) / precision)
    posterior = 1 / precision
    step = 0.7 * noise / (noise + posterior)
    expected = 0.5 + step * (np.sqrt(posterior) - 0.5)
    assert found.deviation[0] == pytest.approx(expected)


def test_the_variance_falls_with_every_measurement():
    now, best = belief(0, 1), draws()
    for _ in range(50):
        after = update(now, best, slowdown=0.7)
        assert (after.deviation < now.deviation).all()
        assert (after.deviation > 0).all()
        nearer = np.abs(after.mean - best.mean(axis=0))
        assert (nearer <= np.abs(now.mean - best.mean(axis=0)) + 1e-12).all()
        now = after
    assert now.mean == pytest.approx(best.mean(axis=0), abs=0.05)


def test_a_sharp_belief_hardly_listens_to_a_noisy_measurement():
    found = update(belief(0, 1e-6), draws(), slowdown=0.7)
    assert found.mean == pytest.approx(np.zeros(6), abs=1e-9)


def test_equal_draws_and_a_belief_without_spread_are_survived():
    equal = np.full((5, 6), 0.3)
    found = update(belief(0, 1), equal, slowdown=0.7)
    assert found.mean == pytest.approx(np.full(6, 0.3))
    assert found.deviation == pytest.approx(np.ones(6))  # no spread, no step
    assert np.isfinite(update(belief(0, 0), equal, slowdown=0.7).mean).all()


def test_draws_are_normal_with_the_belief(cell201):
    toy = ToyBenchmark(cell201)
    strategy = KalmanSearch(context_of(toy), draws=1000)
    strategy.belief = belief(2.0, 0.5, 30)
    vectors = []
    for _ in range(200):
        strategy.ask()
    for waiting in strategy.waiting.values():
        vectors += waiting
    assert kstest((np.concatenate(vectors) - 2) / 0.5, "norm").pvalue > 1e-3


def test_the_best_of_a_generation_measure(cell201):
    toy = ToyBenchmark(cell201)
    strategy = KalmanSearch(context_of(toy), draws=12, best=4)
    asked = [strategy.ask() for _ in range(12)]
    pairs = []
    for proposal in asked:
        (vector,) = strategy.waiting[proposal.architecture]
        outcome = toy.evaluate(proposal.architecture)
        pairs.append((outcome.validation_accuracy, vector))
        strategy.tell(proposal, outcome)
    pairs.sort(key=lambda one: one[0], reverse=True)
    best = np.array([vector for _, vector in pairs[:4]])
    expected = update(belief(0, 1, 30), best, 0.7)
    assert strategy.belief.mean == pytest.approx(expected.mean)
    assert strategy.belief.deviation == pytest.approx(expected.deviation)
    assert not strategy.waiting


def test_failures_do_not_measure(cell201, evaluation):
    toy = ToyBenchmark(cell201)
    strategy = KalmanSearch(context_of(toy), draws=10, best=5)
    for number in range(10):
        strategy.tell(strategy.ask(), evaluation(0.5 if number == 3 else None))
    assert (strategy.belief.mean == 0).all()  # one success has no variance


def test_a_generation_without_anything_new_begins_again(cell201):
    toy = ToyBenchmark(cell201)
    strategy = KalmanSearch(context_of(toy), draws=5, best=2)
    strategy.belief = Belief(np.arange(30.0), np.zeros(30))
    found = [proposal.architecture for proposal, _ in play(strategy, toy, 10)]
    assert found == [(4,) * 6] * 10
    assert (strategy.belief.mean == 0).all()
    assert (strategy.belief.deviation == 1).all()


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"best": 1}, "is 1; expected a whole number from 2"),
        ({"best": 21}, "not 21 of 20"),
        ({"slowdown": 0.0}, "is 0.0; expected a number above 0 and at most 1"),
        ({"slowdown": 1.5}, "is 1.5; expected a number above 0 and at most 1"),
    ],
)
def test_wrong_settings_are_refused(context, cell201, settings, message):
    with pytest.raises(NasbenchError, match=message):
        partial(KalmanSearch, **settings)(context(cell201))
