"""Searches on the imported numbers of NAS-Bench-201, CIFAR-10 and CIFAR-100."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from published_searches import (
    NATS_REFERENCE,
    NATS_STRATEGIES,
    REFERENCE,
    STRATEGIES,
    best_so_far,
    deviations,
    nats_search,
    open_published,
)
from scipy.stats import mannwhitneyu, ttest_ind

from nasbench.testing import context_of, play
from strategies import LocalSearch
from strategies.enumerating.grid_search import GridSearch
from strategies.enumerating.random_search import RandomSearch
from strategies.evolution.evolution_strategy import EvolutionStrategy
from strategies.evolution.fuzzy_genetic import FuzzyGenetic
from strategies.local.coordinate_search import CoordinateSearch
from strategies.metaphors.gravitational_search import GravitationalSearch
from strategies.metaphors.kalman_search import KalmanSearch

TASKS = list(REFERENCE)


@pytest.fixture(scope="module")
def published(shared_reference):
    """Open a table by its mapping, once."""
    opened = {}

    def open_once(mapping):
        if mapping not in opened:
            opened[mapping] = open_published(shared_reference, mapping)
        return opened[mapping]

    return open_once


@pytest.fixture(scope="module")
def shared_reference():
    root = Path(__file__).resolve().parents[3]
    path = root / "shared" / "reference" / "nb201.csv.gz"
    if not path.exists():
        pytest.skip(f"needs the published table shared/reference/{path.name}")
    return path


@pytest.mark.parametrize(
    "name", ["simulated annealing", "genetic, roulette on raw accuracy"]
)
def test_fifty_runs_agree_with_the_reference(published, name):
    table = published("nb201-cifar100")
    curves = best_so_far(STRATEGIES[name], table, 100, 50)
    found = deviations(curves, "cifar100", name)
    assert max(map(abs, found.values())) < 3


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", STRATEGIES)
def test_300_runs_agree_with_the_reference(published, task, name):
    curves = best_so_far(STRATEGIES[name], published(f"nb201-{task}"), 500, 300)
    found = deviations(curves, task, name)
    # Sixty comparisons: a few lie beyond two standard errors, none beyond three.
    assert max(map(abs, found.values())) < 3


EXACT = {
    "cifar10": {1: 87.063, 10: 92.578, 50: 93.467, 100: 93.730, 200: 93.880},
    "cifar100": {1: 61.406, 10: 68.932, 50: 70.594, 100: 71.183, 200: 71.626},
}
"""Expected test accuracy of the best by validation among n random ones."""


@pytest.mark.parametrize("task", TASKS)
def test_random_search_under_nats_bench_s_protocol_has_its_exact_law(published, task):
    short, full = published(f"nb201-{task}-12-epochs"), published(f"nb201-{task}")
    space = short.space
    pairs = [
        (
            short.evaluate(each).validation_accuracy,
            100 * full.mean_accuracy(each, "test"),
        )
        for each in space
    ]
    validation, test = np.array(pairs).T
    # Equal validation accuracies share their places.
    _, place, count = np.unique(validation, return_inverse=True, return_counts=True)
    mean_test = np.bincount(place, test) / count
    upper = np.cumsum(count) / space.size
    lower = upper - count / space.size
    for n, expected in EXACT[task].items():
        law = upper**n - lower**n
        assert law @ mean_test == pytest.approx(expected, abs=0.005)


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", NATS_STRATEGIES)
def test_nats_bench_s_protocol_gives_nats_bench_s_numbers(shared_reference, task, name):
    found, evaluations = nats_search(NATS_STRATEGIES[name], shared_reference, task, 500)
    references = NATS_REFERENCE[task]
    _, (mean, deviation) = references.get(name, references["REA"])
    error = np.sqrt((found.var(ddof=1) + deviation**2) / 500)
    assert abs(found.mean() - mean) < 3 * error
    assert 150 < evaluations < 220


WITHOUT_REPEATS = {
    "random": RandomSearch,
    "grid": GridSearch,
    "grid, by index": partial(GridSearch, order="lexicographic"),
    "grid, coarse to fine": partial(GridSearch, order="coarse-to-fine"),
    "local": LocalSearch,
    "local, steepest": partial(LocalSearch, steepest=True),
    "local, going on": partial(LocalSearch, restart=False),
    "local, sideways": partial(LocalSearch, sideways=True),
    "coordinates": CoordinateSearch,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WITHOUT_REPEATS)
def test_the_full_budget_finds_the_optimum_and_everything_else(published, name):
    table = published("nb201-cifar10")
    strategy = WITHOUT_REPEATS[name](context_of(table))
    told = play(strategy, table, table.space.size + 1)
    assert len({proposal.architecture for proposal, _ in told}) == table.space.size
    best = max(outcome.validation_accuracy for _, outcome in told)
    assert best == table.best_accuracy("validation") == pytest.approx(0.9157, abs=5e-5)


OURS = {
    "coordinates": CoordinateSearch,
    "evolution strategy": EvolutionStrategy,
    "evolution strategy, comma": partial(EvolutionStrategy, plus=False),
    "fuzzy genetic": FuzzyGenetic,
    "gravity": GravitationalSearch,
    "Kalman": KalmanSearch,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OURS)
def test_strategies_without_a_published_number_beat_random_search(published, name):
    """At 200 evaluations, where the metaphors have to show that they are methods."""
    pvalues = []
    for task in TASKS:
        table = published(f"nb201-{task}")
        ours, random = (
            best_so_far(factory, table, 200, 200)[:, -1]
            for factory in (OURS[name], RandomSearch)
        )
        pvalues.append(mannwhitneyu(ours, random, alternative="greater").pvalue)
    assert min(pvalues) < 0.05 / len(TASKS)


@pytest.mark.slow
def test_the_fuzzy_controller_is_no_worse_than_constant_settings(published):
    table = published("nb201-cifar100")
    fuzzy, plain = (
        best_so_far(factory, table, 200, 200)[:, -1]
        for factory in (FuzzyGenetic, STRATEGIES["genetic, tournament 3, uniform"])
    )
    assert ttest_ind(fuzzy, plain, alternative="less").pvalue > 0.01
