"""Strategies on NAS-Bench-201 against an independent implementation's results.

The expected numbers are the mean and the standard deviation, over 300 runs, of the
best validation accuracy (CIFAR-10, one training per cell, in %) after 50, 100 and 200
evaluations, computed on the same table with other code. Its local search starts from
one random cell, ours by default from the best of ten.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from strategies import (
    GeneticAlgorithm,
    LocalSearch,
    RandomSearchWithReplacement,
    RegularizedEvolution,
    Reinforce,
)

TABLE = {
    "random": (
        RandomSearchWithReplacement,
        {50: (90.526, 0.425), 100: (90.763, 0.302), 200: (90.930, 0.250)},
    ),
    "evolution P10 S3": (
        partial(RegularizedEvolution, population_size=10, tournament_size=3),
        {50: (90.737, 0.469), 100: (91.096, 0.320), 200: (91.310, 0.182)},
    ),
    "evolution P30 S10": (
        RegularizedEvolution,
        {100: (91.220, 0.248), 200: (91.396, 0.179)},
    ),
    "local, first improvement": (
        partial(LocalSearch, num_init=1),
        {50: (91.097, 0.354), 100: (91.329, 0.195), 200: (91.444, 0.130)},
    ),
    "local, steepest": (
        partial(LocalSearch, num_init=1, steepest=True),
        {100: (91.133, 0.366), 200: (91.345, 0.208)},
    ),
    "genetic, uniform crossover": (
        GeneticAlgorithm,
        {100: (91.069, 0.289), 200: (91.340, 0.164)},
    ),
    "genetic, one-point crossover": (
        partial(GeneticAlgorithm, crossover_points=1),
        {100: (91.090, None), 200: (91.347, None)},
    ),
    "REINFORCE, rate 0.01": (
        partial(Reinforce, learning_rate=0.01),
        {100: (90.782, 0.288), 200: (91.008, 0.230)},
    ),
    "REINFORCE, rate 0.1": (
        partial(Reinforce, learning_rate=0.1),
        {100: (90.981, 0.329), 200: (91.196, 0.262)},
    ),
}


def deviations(curves, expected):
    """Return how many standard errors lie between our means and the expected ones."""
    found = {}
    for evaluations, (mean, deviation) in expected.items():
        ours = curves[:, evaluations - 1]
        variance = ours.var(ddof=1) / len(ours) + (deviation or ours.std()) ** 2 / 300
        found[evaluations] = (ours.mean() - mean) / np.sqrt(variance)
    return found


@pytest.mark.parametrize("name", TABLE)
def test_sixty_runs_agree_with_the_other_implementation(nb201, best_so_far, name):
    factory, expected = TABLE[name]
    early = {n: numbers for n, numbers in expected.items() if n <= 100}
    found = deviations(best_so_far(factory, nb201, 100, 60), early)
    assert max(map(abs, found.values())) < 3


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLE)
def test_300_runs_agree_with_the_other_implementation(nb201, best_so_far, name):
    factory, expected = TABLE[name]
    found = deviations(best_so_far(factory, nb201, 200, 300), expected)
    assert max(map(abs, found.values())) < 3


@pytest.mark.parametrize("steepest", [False, True])
def test_ten_random_points_are_no_worse_a_start_than_one(nb201, best_so_far, steepest):
    ten, one = (
        best_so_far(partial(LocalSearch, num_init=n, steepest=steepest), nb201, 100, 60)
        for n in (10, 1)
    )
    difference = ten[:, -1] - one[:, -1]
    assert difference.mean() > -2 * difference.std() / np.sqrt(60)
