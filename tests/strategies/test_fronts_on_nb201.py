"""Searches of a front on NAS-Bench-201: shares of the exact front, and chance.

Objectives are validation accuracy (CIFAR-10, one training per cell) and a stand-in for
FLOPs, the number and size of convolutions, which any copy of the table knows.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from nasbench.benchmark import StaticCosts
from nasbench.search import VALIDATION_ACCURACY, Budget, Objective, SearchContext
from strategies import RandomSearch
from strategies.objectives.dominance import front_numbers
from strategies.objectives.moead import MOEAD
from strategies.objectives.multi_objective_evolution import MultiObjectiveEvolution
from strategies.objectives.netadapt import NetAdapt
from strategies.objectives.nsga2 import NSGA2
from strategies.objectives.random_scalarization import RandomScalarization

FLOPS = Objective("flops", maximise=False)
BOTH = (VALIDATION_ACCURACY, FLOPS)
EVALUATIONS = 200
# What an operation of the cell costs beside a 1x1 convolution.
MULTIPLICATIONS = {"nor_conv_3x3": 9, "nor_conv_1x1": 1}

# Mean and standard deviation over 100 runs of the best accuracy, computed with Optuna's
# NSGA-II of 20 members on the same table with one objective.
OPTUNA = {100: (91.015, 0.327), 200: (91.351, 0.185)}


@pytest.fixture(scope="module")
def costs(cell201):
    weights = [MULTIPLICATIONS.get(name, 0) for name in cell201.choices[0]]

    def cost_model(architecture):
        flops = sum(weights[option] for option in architecture)
        return StaticCosts(flops, flops, 1)

    return cost_model


def searched(factory, benchmark, costs, seed, objectives=BOTH):
    """Return the ``(n, objectives)`` scores of a run, and the architectures."""
    context = SearchContext(
        benchmark.space, 1, Budget(EVALUATIONS), costs, seed, objectives
    )
    strategy = factory(context)
    scores, proposed = [], []
    for _ in range(EVALUATIONS):
        proposal = strategy.ask()
        flops = costs(proposal.architecture).flops
        told = replace(benchmark.evaluate(proposal.architecture), flops=flops)
        strategy.tell(proposal, told)
        scores.append([one.score(told) for one in objectives])
        proposed.append(proposal.architecture)
    return np.array(scores), proposed


def gap(scores, accuracies, flops):
    """Return how far a run's best accuracy per FLOPs is from the table's, on average.

    At every number of FLOPs that the space has, the best accuracy of the run with at
    most so many is compared with the best of the table; both are attainment curves.
    """
    levels = np.unique(flops)
    table = np.array([accuracies[flops <= level].max() for level in levels])
    run = [scores[-scores[:, 1] <= level, 0].max(initial=10.0) for level in levels]
    return float(np.mean(table - np.array(run)))


@pytest.fixture(scope="module")
def gaps(nb201, costs):
    flops = np.array([costs(one).flops for one in nb201.space])

    def of(factory, runs, table=nb201):
        return np.array(
            [
                gap(searched(factory, table, costs, seed)[0], table.accuracies, flops)
                for seed in range(runs)
            ]
        )

    return of


SEARCHES = [NSGA2, MultiObjectiveEvolution, MOEAD, RandomScalarization]


@pytest.mark.parametrize("factory", [NSGA2, MultiObjectiveEvolution])
def test_they_come_nearer_to_the_front_than_random_search(gaps, factory):
    ours, random = gaps(factory, 12), gaps(RandomSearch, 12)
    error = np.hypot(ours.std(), random.std()) / np.sqrt(12)
    assert random.mean() - ours.mean() > 2 * error


@pytest.mark.slow
@pytest.mark.parametrize("factory", SEARCHES)
def test_all_come_nearer_to_the_front_than_random_search(gaps, factory):
    ours, random = gaps(factory, 60), gaps(RandomSearch, 60)
    error = np.hypot(ours.std(), random.std()) / np.sqrt(60)
    assert random.mean() - ours.mean() > 2 * error


@pytest.mark.slow
@pytest.mark.parametrize("factory", [*SEARCHES, NetAdapt])
def test_on_a_permuted_table_nothing_is_better_than_chance(
    nb201, array_benchmark, costs, factory
):
    # Accuracies alone are permuted and alone are searched for; every proposal is new
    # but for regularised evolution, which so can only be worse.
    differences = []
    for seed in range(80):
        shuffled = np.random.default_rng(seed).permutation(nb201.accuracies)
        table = array_benchmark(nb201.space, shuffled)
        ours, _ = searched(factory, table, costs, seed, (VALIDATION_ACCURACY,))
        random, _ = searched(RandomSearch, table, costs, seed, (VALIDATION_ACCURACY,))
        differences.append(ours.max() - random.max())
    error = np.std(differences) / np.sqrt(len(differences))
    assert np.mean(differences) < 2 * error


@pytest.mark.slow
def test_with_one_objective_it_agrees_with_optunas(nb201, costs):
    bests = []
    for seed in range(300):
        scores, _ = searched(NSGA2, nb201, costs, seed, (VALIDATION_ACCURACY,))
        bests.append(np.maximum.accumulate(scores[:, 0]))
    curves = np.array(bests)
    for evaluations, (mean, deviation) in OPTUNA.items():
        ours = curves[:, evaluations - 1]
        error = np.sqrt(ours.var() / 300 + deviation**2 / 100)
        # Optuna may train an architecture twice, ours does not.
        assert -2 * error < ours.mean() - mean < 3 * error


def test_no_population_lists_an_architecture_twice(nb201, costs):
    for factory in (NSGA2, partial(NSGA2, population_size=50), MOEAD):
        _, proposed = searched(factory, nb201, costs, 0)
        assert len(set(proposed)) == EVALUATIONS


def test_a_run_knows_its_own_front(nb201, costs):
    scores, _ = searched(NSGA2, nb201, costs, 1)
    front = scores[front_numbers(scores) == 0]
    for accuracy, minus_flops in front:
        rivals = scores[(scores[:, 0] >= accuracy) & (scores[:, 1] >= minus_flops)]
        assert (rivals == (accuracy, minus_flops)).all()
