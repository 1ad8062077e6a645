"""Model-based search on NAS-Bench-201 against Optuna's numbers and older ones.

The expected numbers are the mean and the standard deviation over 100 runs of Optuna
5.0.0 (the forest: over 24 runs of another implementation) of the best validation
accuracy (CIFAR-10, one training per cell, in %).
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import scipy.linalg  # noqa: F401 - one_thread limits the libraries that are loaded

from leaderboards.runner.one_thread import one_thread
from strategies.bayesian.bananas import Bananas
from strategies.bayesian.gp_search import (
    GaussianProcessSearch,
    PathKernelSearch,
    WeisfeilerLehmanSearch,
)
from strategies.bayesian.tpe import TPE

OPTUNA = {
    "multivariate": (
        partial(TPE, repeats=True),
        {50: (91.108, 0.257), 100: (91.313, 0.175), 200: (91.409, 0.153)},
    ),
    "independent": (
        partial(TPE, repeats=True, multivariate=False),
        {50: (90.785, None), 100: (91.038, 0.289), 200: (91.185, 0.217)},
    ),
}


@pytest.fixture(autouse=True, scope="module")
def _small_matrices_on_one_thread():
    with one_thread():
        yield


def deviations(curves, expected):
    """Return how many standard errors lie between our means and the expected ones."""
    found = {}
    for evaluations, (mean, deviation) in expected.items():
        ours = curves[:, evaluations - 1]
        variance = ours.var(ddof=1) / len(ours) + (deviation or ours.std()) ** 2 / 100
        found[evaluations] = (ours.mean() - mean) / np.sqrt(variance)
    return found


@pytest.mark.parametrize("name", OPTUNA)
def test_forty_runs_of_tpe_agree_with_optuna(nb201, best_so_far, name):
    factory, expected = OPTUNA[name]
    early = {n: numbers for n, numbers in expected.items() if n <= 100}
    found = deviations(best_so_far(factory, nb201, 100, 40), early)
    assert max(map(abs, found.values())) < 3


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTUNA)
def test_300_runs_of_tpe_agree_with_optuna(nb201, best_so_far, name):
    factory, expected = OPTUNA[name]
    found = deviations(best_so_far(factory, nb201, 200, 300), expected)
    assert max(map(abs, found.values())) < 3


def test_no_function_twice_is_better_than_repeats(nb201, best_so_far):
    once, repeats = (
        best_so_far(partial(TPE, repeats=r), nb201, 100, 40)[:, -1]
        for r in (False, True)
    )
    assert once.mean() > repeats.mean()


@pytest.mark.parametrize(
    "factory", [GaussianProcessSearch, PathKernelSearch, WeisfeilerLehmanSearch]
)
def test_a_gaussian_process_is_at_or_above_optunas_best(nb201, best_so_far, factory):
    runs = 8
    found = best_so_far(factory, nb201, 100, runs)[:, -1]
    mean, deviation = OPTUNA["multivariate"][1][100]
    assert found.mean() > mean - 2 * deviation / np.sqrt(runs)


@pytest.mark.slow
@pytest.mark.parametrize(
    "factory", [GaussianProcessSearch, PathKernelSearch, WeisfeilerLehmanSearch]
)
def test_100_gaussian_processes_are_above_optunas_best(nb201, best_so_far, factory):
    found = best_so_far(factory, nb201, 200, 100)
    for evaluations in (50, 100, 200):
        mean, deviation = OPTUNA["multivariate"][1][evaluations]
        assert found[:, evaluations - 1].mean() > mean + 2 * deviation / np.sqrt(100)


@pytest.mark.slow
def test_a_forest_drawn_from_around_the_best_agrees(nb201, best_so_far):
    factory = partial(Bananas, ensemble="forest")
    found = best_so_far(factory, nb201, 100, 24)[:, -1]
    error = np.sqrt(found.var(ddof=1) / 24 + 0.230**2 / 24)
    assert abs(found.mean() - 91.416) < 3 * error
