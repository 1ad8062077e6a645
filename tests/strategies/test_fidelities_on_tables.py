"""Strategies of many fidelities on real curves, and where nothing can be learned."""

from __future__ import annotations

import csv
import gzip
import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from leaderboards import RunSettings
from leaderboards.runner.simulate import simulate
from nasbench.benchmark import Evaluation, StaticCosts, Status, make
from nasbench.search import Budget
from nasbench.spaces import make_space
from nasbench.testing import ToySpace
from strategies import RandomSearch
from strategies.fidelities.asha import Asha
from strategies.fidelities.bohb import Bohb
from strategies.fidelities.hyperband import Hyperband
from strategies.fidelities.successive_halving import SuccessiveHalving
from strategies.stopping import (
    ExtrapolationStopping,
    InstabilityStopping,
    MedianStopping,
)

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
CELL = make_space("cell201")


@pytest.fixture(scope="module")
def shipped():
    return make("cell201-mini-digits-v1")


class TwoTrainings:
    """NAS-Bench-201's training of 12 epochs and the one of 200 as two fidelities."""

    name = "nb201-two-trainings"
    space = CELL
    epochs = 200
    seeds = ()

    def __init__(self, task):
        path = REFERENCE / "nb201.csv.gz"
        if not path.exists():
            pytest.skip(f"needs the published table shared/reference/{path.name}")
        columns = {12: f"{task}_val12", 200: f"{task}_val200_1seed"}
        self.accuracies = {epochs: np.empty(CELL.size) for epochs in columns}
        with gzip.open(path, "rt") as file:
            for row in csv.DictReader(file):
                index = CELL.index(CELL.parse(row["arch"]))
                for epochs, column in columns.items():
                    self.accuracies[epochs][index] = float(row[column]) / 100

    @staticmethod
    def cost_model(architecture):
        return StaticCosts(1, 2, 1)

    def evaluate(self, architecture, *, epochs=None, seed=None):
        last = epochs or self.epochs
        accuracy = float(self.accuracies[last][CELL.index(architecture)])
        return Evaluation(accuracy, (), last, last, None, Status.COMPLETE, 1, 2)


def final_best(factory, benchmark, settings, seeds):
    """Return ``(seeds,)`` best accuracies of full trainings."""
    best = []
    for seed in range(seeds):
        run = simulate(factory, benchmark, settings, seed)
        best.append(run.validation_accuracy[run.incumbent[-1]])
    return np.array(best)


def lead(ours, theirs):
    """Return by how many standard errors one mean is ahead of the other."""
    error = np.sqrt(ours.var(ddof=1) / len(ours) + theirs.var(ddof=1) / len(theirs))
    return (ours.mean() - theirs.mean()) / error


@pytest.mark.parametrize("fidelity", ["resume", "restart"])
def test_bohb_beats_random_search_on_the_table_that_ships(shipped, fidelity):
    settings = RunSettings(Budget(150, "epochs"), fidelity=fidelity)
    ours, random = (
        final_best(factory, shipped, settings, 80) for factory in (Bohb, RandomSearch)
    )
    assert lead(ours, random) > 2


@pytest.mark.parametrize(
    "factory",
    [
        SuccessiveHalving,
        Hyperband,
        Asha,
        partial(Asha, variant="stopping"),
        MedianStopping,
        InstabilityStopping,
        partial(ExtrapolationStopping, inner="random"),
    ],
)
@pytest.mark.parametrize("unit, amount", [("epochs", 100), ("seconds", 20.0)])
def test_all_of_them_run_on_real_curves(shipped, factory, unit, amount):
    run = simulate(factory, shipped, RunSettings(Budget(amount, unit)), 0)
    assert run.incumbent[-1] >= 0
    assert (run.epochs[run.incumbent[run.incumbent >= 0]] == shipped.epochs).all()


def law_of_the_best(size, n):
    """Return mean and deviation of the largest of n ranks out of size."""
    ranks = np.arange(1, size + 1)
    law = np.array([math.comb(int(i) - 1, n - 1) for i in ranks]) / math.comb(size, n)
    mean = law @ ranks
    return mean, np.sqrt(law @ (ranks - mean) ** 2)


@pytest.mark.parametrize("factory", [Hyperband, Asha, Bohb])
def test_none_beats_chance_where_there_is_nothing_to_learn(
    array_benchmark, context, factory
):
    space, evaluations, runs = ToySpace((5, 5, 5)), 40, 100
    mean, deviation = law_of_the_best(space.size, evaluations)
    best = []
    for seed in range(runs):
        ranks = np.random.default_rng(seed).permutation(space.size) + 1
        table = array_benchmark(space, ranks)
        strategy = factory(replace(context(space, 10_000 + seed)))
        told = []
        for _ in range(evaluations):
            proposal = strategy.ask()
            outcome = table.evaluate(proposal.architecture)
            strategy.tell(proposal, outcome)
            told.append(outcome.validation_accuracy)
        best.append(max(told))
    # None of them repeats an architecture at one fidelity: the law is exact.
    assert abs(np.mean(best) - mean) < 3 * deviation / np.sqrt(runs)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["c10", "c100"])
def test_short_trainings_of_nb201_help_to_choose_the_long_ones(task):
    benchmark = TwoTrainings(task)
    settings = RunSettings(Budget(20_000, "epochs"), fidelity="restart")
    random = final_best(RandomSearch, benchmark, settings, 100)
    rungs = (12, 200)
    for factory in (SuccessiveHalving, Hyperband, Asha, Bohb):
        ours = final_best(partial(factory, rungs=rungs), benchmark, settings, 100)
        assert lead(ours, random) > 2
    if task == "c10":  # the exact law of 100 draws
        assert abs(random.mean() - 0.90752) < 3 * random.std() / 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "evaluations, mean, std", [(50, 91.108, 0.257), (200, 91.409, 0.153)]
)
def test_with_one_fidelity_bohb_is_no_worse_than_optunas_tpe(
    nb201, best_so_far, evaluations, mean, std
):
    found = best_so_far(Bohb, nb201, 200, 100)[:, evaluations - 1]
    error = np.sqrt(found.var(ddof=1) / 100 + std**2 / 100)
    assert found.mean() > mean - 3 * error
