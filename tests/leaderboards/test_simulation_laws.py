"""Random search through the runner obeys the law of order statistics."""

from __future__ import annotations

import numpy as np
import pytest

from leaderboards import RunSettings, simulate
from nasbench.search import Budget, Proposal


class WithoutReplacement:
    """Proposes a random permutation of the space."""

    def __init__(self, context):
        self.context = context
        order = np.random.default_rng(context.seed).permutation(context.space.size)
        self.order = iter(order.tolist())

    def ask(self):
        architecture = self.context.space.architecture_at(next(self.order))
        return Proposal(architecture, self.context.epochs)

    def tell(self, proposal, evaluation):
        pass


RUNS = 600
BUDGET = 12


def mean_and_spread_of_best(values, cumulative):
    """Mean and standard deviation of a maximum, from P(max <= v_i)."""
    probabilities = np.diff(cumulative, prepend=0, axis=0)
    mean = values @ probabilities
    return mean, np.sqrt(np.maximum(values**2 @ probabilities - mean**2, 0))


def incumbents(factory, landscape, settings):
    runs = [simulate(factory, landscape, settings, seed) for seed in range(RUNS)]
    return np.array([run.incumbent_validation_accuracy for run in runs])


def test_best_of_n_draws_with_replacement(landscape, uniform_search):
    values = np.sort(list(landscape.accuracies.values()))
    share = np.arange(1, len(values) + 1) / len(values)
    drawn = np.arange(1, BUDGET + 1)
    mean, spread = mean_and_spread_of_best(values, share[:, None] ** drawn)
    best = incumbents(uniform_search, landscape, RunSettings(Budget(BUDGET)))
    assert best.shape == (RUNS, BUDGET)
    assert (abs(best.mean(axis=0) - mean) < 4 * spread / np.sqrt(RUNS)).all()


@pytest.mark.parametrize("free", [False, True])
def test_best_of_n_draws_without_replacement(landscape, uniform_search, free):
    # Drawing with free repeats is drawing without replacement.
    values = np.sort(list(landscape.accuracies.values()))
    size = len(values)
    cumulative = np.ones((size, BUDGET))
    for n in range(BUDGET):
        left = np.arange(1, size + 1) - n
        before = cumulative[:, n - 1] if n else 1
        cumulative[:, n] = before * np.maximum(left, 0) / (size - n)
    mean, spread = mean_and_spread_of_best(values, cumulative)
    factory = uniform_search if free else WithoutReplacement
    settings = RunSettings(Budget(BUDGET), repeats="free" if free else "charged")
    best = incumbents(factory, landscape, settings)
    assert (abs(best.mean(axis=0) - mean) < 4 * spread / np.sqrt(RUNS)).all()


def test_a_full_budget_without_replacement_finds_the_optimum(landscape):
    settings = RunSettings(Budget(landscape.space.size))
    for seed in range(5):
        run = simulate(WithoutReplacement, landscape, settings, seed)
        best = run.incumbent_validation_accuracy[-1]
        assert best == landscape.best_accuracy("validation")
