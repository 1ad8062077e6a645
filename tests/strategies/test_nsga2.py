"""NSGA-II against pymoo's survival, a known front, and laws of the algorithm."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Constraint, Objective, SearchExhausted
from nasbench.testing import StrategyContract, ToyBenchmark, ToySpace, context_of, play
from strategies.objectives.dominance import Outcome, crowding_by_front, front_numbers
from strategies.objectives.nsga2 import NSGA2, survivors

FLOPS = Objective("flops", maximise=False)
BOTH = (VALIDATION_ACCURACY, FLOPS)


class TestNSGA2(StrategyContract):
    @pytest.fixture(
        params=[
            NSGA2,
            partial(NSGA2, population_size=2),
            partial(NSGA2, population_size=5, crossover_rate=0.0, mutation_rate=1.0),
        ],
        ids=["default", "smallest population", "mutation only"],
    )
    def factory(self, request):
        return request.param


def outcomes_of(scores, violations):
    return [
        Outcome((i,), tuple(row), excess)
        for i, (row, excess) in enumerate(
            zip(scores.tolist(), violations.tolist(), strict=True)
        )
    ]


@pytest.mark.parametrize("objectives", [2, 3])
def test_survivors_agree_with_pymoo(objectives):
    pytest.importorskip("pymoo")
    from pymoo.core.population import Population
    from pymoo.core.problem import Problem
    from pymoo.operators.survival.rank_and_crowding.classes import RankAndCrowding

    rng = np.random.default_rng(objectives)
    for _ in range(20):
        scores = rng.random((24, objectives))
        population = Population.new("X", np.arange(24)[:, None], "F", -scores)
        problem = Problem(n_var=1, n_obj=objectives)
        kept = RankAndCrowding().do(problem, population, n_survive=12)
        ours = survivors(outcomes_of(scores, np.zeros(24)), 12, rng)
        numbers = front_numbers(scores)
        # The ends of a front tie, so compare what they were chosen by.
        rank = [*zip(numbers, -crowding_by_front(scores, numbers), strict=True)]
        theirs = sorted(rank[i] for i in kept.get("X")[:, 0])
        assert [rank[one.architecture[0]] for one in ours] == theirs


def test_survivors_prefer_kept_limits_then_small_violations():
    scores = np.array([[9, 9], [0, 0], [5, 5], [1, 1]], float)
    violations = np.array([2.0, 0.0, 1.0, np.inf])
    ours = survivors(outcomes_of(scores, violations), 4, np.random.default_rng(0))
    assert [one.architecture[0] for one in ours] == [1, 2, 0, 3]


def test_the_whole_front_is_found_when_everything_may_be_evaluated():
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    told = play(NSGA2(context_of(benchmark, objectives=BOTH)), benchmark, 1000)
    assert len({proposal.architecture for proposal, _ in told}) == len(told) == 72


def front(benchmark, evaluations):
    scores = np.array([[o.score(e) for o in BOTH] for e in evaluations])
    return {tuple(row) for row in scores[front_numbers(scores) == 0].tolist()}


def found_share(factory, benchmark, true, seeds=10, evaluations=120):
    shares = []
    for seed in range(seeds):
        context = context_of(benchmark, seed, BOTH)
        told = play(factory(context), benchmark, evaluations)
        shares.append(len(true & front(benchmark, [e for _, e in told])) / len(true))
    return float(np.mean(shares))


def test_it_finds_more_of_the_front_than_random_search():
    from strategies import RandomSearch

    benchmark = ToyBenchmark(ToySpace((4, 4, 4, 4, 4)), noise=0.0)
    true = front(benchmark, [benchmark.evaluate(one) for one in benchmark.space])
    ours = found_share(partial(NSGA2, population_size=20), benchmark, true)
    assert ours > 2 * found_share(RandomSearch, benchmark, true)


def test_a_change_of_units_changes_no_trajectory():
    class Scaled(ToyBenchmark):
        def evaluate(self, architecture, *, epochs=None, seed=None):
            from dataclasses import replace

            told = super().evaluate(architecture, epochs=epochs, seed=seed)
            accuracy = (
                None
                if told.validation_accuracy is None
                else (0.25 + 0.5 * told.validation_accuracy)
            )
            return replace(told, validation_accuracy=accuracy, flops=8 * told.flops)

    space = ToySpace((3, 4, 2, 3))
    paths = []
    for benchmark in (ToyBenchmark(space), Scaled(space)):
        told = play(NSGA2(context_of(benchmark, objectives=BOTH)), benchmark)
        paths.append([proposal.architecture for proposal, _ in told])
    assert paths[0] == paths[1]


def test_nothing_is_spent_on_what_breaks_a_free_limit():
    benchmark = ToyBenchmark(ToySpace((4, 4, 4)))
    limit = Constraint("flops", 280)
    context = context_of(benchmark, objectives=BOTH, constraints=(limit,))
    told = play(NSGA2(context, population_size=4), benchmark, 100)
    kept = [one for one in benchmark.space if benchmark.cost_model(one).flops <= 280]
    assert {p.architecture for p, _ in told} == set(kept)
    strategy = NSGA2(context)
    for _ in kept:
        strategy.ask()
    with pytest.raises(SearchExhausted, match="keeps the limits"):
        strategy.ask()


def test_a_limit_that_shows_only_after_training_draws_the_search_to_one_side():
    benchmark = ToyBenchmark(ToySpace((4, 4, 4, 4, 4)), noise=0.0)
    limit = Constraint("validation_accuracy", 0.6, at_least=True)

    def kept(*constraints):
        context = context_of(benchmark, 1, BOTH, constraints)
        told = play(NSGA2(context), benchmark, 200)[100:]
        return sum(not limit.violation(evaluation) for _, evaluation in told)

    assert kept(limit) > kept() + 10


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"population_size": 1}, "is 1; expected a whole number from 2"),
        ({"crossover_rate": 1.5}, "crossover_rate of NSGA2 is 1.5"),
        ({"mutation_rate": -0.1}, "mutation_rate of NSGA2 is -0.1"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    context = context_of(ToyBenchmark(ToySpace((3, 4))))
    with pytest.raises(NasbenchError, match=message):
        NSGA2(context, **settings)
