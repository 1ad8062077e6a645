"""Fronts of real runs as tables, under the runner's own rules."""

from __future__ import annotations

import numpy as np
import pytest

from leaderboards import RunSettings, simulate
from leaderboards.fronts.front_table import front_table, rank_fronts
from leaderboards.fronts.pareto import ExactFront, hypervolume_curve
from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Budget, Constraint, Objective
from nasbench.testing import ToyBenchmark, ToySpace
from strategies import RandomSearch, RegularizedEvolution
from strategies.objectives.nsga2 import NSGA2

BOTH = (VALIDATION_ACCURACY, Objective("flops", maximise=False))
SETTINGS = RunSettings(Budget(80), objectives=BOTH)


@pytest.fixture(scope="module")
def toy():
    return ToyBenchmark(ToySpace((4, 4, 4, 4)), failures=0.05)


@pytest.fixture(scope="module")
def runs(toy):
    return [
        simulate(factory, toy, SETTINGS, seed, name)
        for name, factory in (("random", RandomSearch), ("nsga2", NSGA2))
        for seed in range(8)
    ]


def test_every_row_is_an_evaluation_that_nothing_of_its_run_surpasses(toy, runs):
    table = front_table(runs, toy, SETTINGS)
    for run in runs:
        own = table[(table.strategy == run.strategy) & (table.seed == run.seed)]
        seen = run.objective_values[~np.isnan(run.objective_values).any(axis=1)]
        for row in own.itertuples():
            accuracy, flops = run.objective_values[row.evaluation - 1]
            assert (row.validation_accuracy, row.flops) == (accuracy, flops)
            better = (seen[:, 0] >= accuracy) & (seen[:, 1] <= flops)
            assert (seen[better] == (accuracy, flops)).all()
            architecture = toy.space.parse(row.architecture)
            assert architecture == tuple(run.architectures[row.evaluation - 1])


def test_evolution_of_a_front_beats_random_search():
    benchmark = ToyBenchmark(ToySpace((4, 4, 4, 4, 4)), noise=0.0)
    settings = RunSettings(Budget(150), objectives=BOTH)
    runs = [
        simulate(factory, benchmark, settings, seed, name)
        for name, factory in (("random", RandomSearch), ("nsga2", NSGA2))
        for seed in range(10)
    ]
    ranking = rank_fronts(runs, benchmark, settings, np.random.default_rng(0))
    assert ranking.strategy.tolist() == ["nsga2", "random"]
    assert ranking.hypervolume_low[0] > ranking.hypervolume_high[1]
    assert ranking.igd_plus_high[0] < ranking.igd_plus_low[1]
    assert (ranking.seeds == 10).all()


def test_the_last_of_the_curve_is_what_is_ranked(toy, runs):
    exact = ExactFront.of(toy, BOTH)
    ends = [hypervolume_curve(run, toy, exact)[-1] for run in runs if len(run)]
    ranking = rank_fronts(runs, toy, SETTINGS, np.random.default_rng(0))
    means = dict(zip(ranking.strategy, ranking.hypervolume, strict=True))
    assert means["random"] == pytest.approx(np.mean(ends[:8]))
    assert means["nsga2"] == pytest.approx(np.mean(ends[8:]))


def test_evaluating_everything_finds_all_of_the_front(toy):
    settings = RunSettings(Budget(256), objectives=BOTH)
    run = simulate(RandomSearch, toy, settings, 0)
    ranking = rank_fronts([run], toy, settings, np.random.default_rng(0))
    assert ranking.hypervolume[0] == 1
    assert ranking.igd_plus[0] == 0
    assert ranking.architectures[0] == len(ExactFront.of(toy, BOTH).values)


def test_what_breaks_a_limit_is_neither_incumbent_nor_on_a_front(toy):
    limit = Constraint("validation_accuracy", 0.5, at_least=True)
    settings = RunSettings(Budget(60), objectives=BOTH, constraints=(limit,))
    run = simulate(NSGA2, toy, settings, 0)
    broken = run.violation > 0
    known = ~np.isnan(run.validation_accuracy)
    assert (broken[known] == (run.validation_accuracy[known] < 0.5)).all()
    table = front_table([run], toy, settings)
    assert (table.validation_accuracy >= 0.5).all()
    held = run.incumbent[run.incumbent >= 0]
    assert len(held)
    assert not broken[held].any()


def test_the_incumbent_under_a_free_limit_is_the_best_that_keeps_it(toy):
    limit = Constraint("flops", 260)
    settings = RunSettings(Budget(256), constraints=(limit,))
    run = simulate(RandomSearch, toy, settings, 0)
    kept = [one for one in toy.space if toy.cost_model(one).flops <= 260]
    best = np.nanmax([toy.mean_accuracy(one, "validation") for one in kept])
    assert run.incumbent_validation_accuracy[-1] == best


def test_a_strategy_of_one_objective_refuses_two_in_one_line(toy):
    with pytest.raises(NasbenchError, match="optimises one objective, not"):
        simulate(RegularizedEvolution, toy, SETTINGS, 0)


def test_wrong_questions_are_named(toy, runs):
    with pytest.raises(NasbenchError, match="no run is on toy benchmark"):
        rank_fronts([], toy, SETTINGS, np.random.default_rng(0))
    alone = RunSettings(Budget(10))
    with pytest.raises(NasbenchError, match="two objectives or more"):
        rank_fronts(runs, toy, alone, np.random.default_rng(0))
