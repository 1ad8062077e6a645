"""Strategies with networks of their own beat random search on NAS-Bench-201."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from strategies.predictors.nao import NAO
from strategies.predictors.neural_predictor import NeuralPredictor
from strategies.predictors.npenas import NPENAS
from strategies.predictors.predictor_evolution import PredictorEvolution
from strategies.predictors.progressive import Progressive
from strategies.reinforcement.actor_critic import ActorCritic
from strategies.reinforcement.ppo import PPO
from strategies.reinforcement.rnn_reinforce import RnnReinforce

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
LEARNED = [
    RnnReinforce,
    ActorCritic,
    PPO,
    NeuralPredictor,
    NPENAS,
    PredictorEvolution,
    Progressive,
    NAO,
]


@pytest.fixture(scope="module", params=["c10_val200_1seed", "c100_val200_1seed"])
def published(request, cell201, array_benchmark):
    """Validation accuracies in % of one training each, and their column's name."""
    path = REFERENCE / "nb201.csv.gz"
    if not path.exists():
        pytest.skip(f"needs the published table shared/reference/{path.name}")
    accuracies = np.full(cell201.size, np.nan)
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            index = cell201.index(cell201.parse(row["arch"]))
            accuracies[index] = float(row[request.param])
    return array_benchmark(cell201, accuracies)


def best_of(accuracies, n):
    """Return the exact mean and deviation of the best of `n` independent draws."""
    ordered = np.sort(accuracies)
    shares = (np.arange(len(ordered) + 1) / len(ordered)) ** n
    law = np.diff(shares)
    mean = law @ ordered
    return mean, np.sqrt(law @ (ordered - mean) ** 2)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", LEARNED)
def test_200_evaluations_find_more_than_at_random(published, best_so_far, strategy):
    runs = 30
    found = best_so_far(strategy, published, 200, runs)[:, -1]
    mean, deviation = best_of(published.accuracies, 200)
    error = np.sqrt((found.var(ddof=1) + deviation**2) / runs)
    assert found.mean() - mean > 2.5 * error
