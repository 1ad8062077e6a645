"""Searches on the table that ships: exact laws, and the optimum given time."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

import nasbench
from leaderboards import RunSettings, simulate
from nasbench.search import Budget
from strategies import (
    RandomSearch,
    RandomSearchWithReplacement,
    find_strategy,
    self_contained_names,
)
from tabular import Table

RUNS = 400


@pytest.fixture(scope="module")
def table() -> Table:
    made = nasbench.make("cell201-mini-digits-v1")
    assert isinstance(made, Table)
    return made


@pytest.fixture(scope="module")
def ascending(table: Table) -> np.ndarray:
    return np.sort(table.accuracies(np.arange(table.space.size)))


def best_of_n(table: Table, factory: type, n: int) -> np.ndarray:
    """Return the best observed validation accuracy of every run."""
    settings = RunSettings(Budget(n))
    return np.array(
        [
            np.nanmax(simulate(factory, table, settings, seed).validation_accuracy)
            for seed in range(RUNS)
        ]
    )


def standard_errors_off(found: np.ndarray, probabilities: np.ndarray, values) -> float:
    mean = probabilities @ values
    sd = np.sqrt(probabilities @ (values - mean) ** 2)
    return abs(found.mean() - mean) / (sd / np.sqrt(len(found)))


@pytest.mark.parametrize("n", [1, 5, 20, 60])
def test_random_search_with_replacement_follows_the_exact_law(
    table: Table, ascending: np.ndarray, n: int
) -> None:
    # P(best of n is the i-th smallest of N) = (i/N)^n - ((i-1)/N)^n
    share = np.arange(len(ascending) + 1) / len(ascending)
    law = np.diff(share**n)
    found = best_of_n(table, RandomSearchWithReplacement, n)
    assert standard_errors_off(found, law, ascending) < 3.5
    # The law also says how often the optimum itself is found.
    optimal = ascending == ascending[-1]
    rate = law[optimal].sum()
    deviation = np.sqrt(rate * (1 - rate) / RUNS)
    assert abs((found == ascending[-1]).mean() - rate) < 3.5 * deviation + 1e-12


@pytest.mark.parametrize("n", [1, 5, 20, 60, 124])
def test_random_search_without_replacement_follows_the_exact_law(
    table: Table, ascending: np.ndarray, n: int
) -> None:
    # P(best of n is the i-th smallest of N) = C(i-1, n-1) / C(N, n)
    size = len(ascending)
    law = np.array([comb(i, n - 1) / comb(size, n) for i in range(size)])
    found = best_of_n(table, RandomSearch, n)
    assert standard_errors_off(found, law, ascending) < 3.5


FAST = [name for name in self_contained_names() if not find_strategy(name).slow]
SEEDS = [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 4))]


@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_strategy_finds_the_optimum_given_time(
    table: Table, name: str, seed: int
) -> None:
    best = table.best_accuracy("validation")
    run = simulate(find_strategy(name), table, RunSettings(Budget(4000)), seed)
    assert np.nanmax(run.validation_accuracy) == best
    assert run.incumbent_validation_accuracy[-1] == best
