"""Enumerating, local and evolutionary strategies under the laws of all strategies."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.stats import chisquare

from nasbench.search import Constraint, SearchExhausted
from nasbench.spaces import ArchitectureError, make_space
from nasbench.testing import (
    ConstrainedToySpace,
    StrategyContract,
    ToyBenchmark,
    ToySpace,
    context_of,
    play,
)
from strategies import GeneticAlgorithm, LocalSearch
from strategies.enumerating.grid_search import GridSearch
from strategies.enumerating.random_search import (
    RandomSearch,
    RandomSearchWithReplacement,
)
from strategies.evolution.evolution_strategy import EvolutionStrategy
from strategies.evolution.fuzzy_genetic import FuzzyGenetic
from strategies.evolution.selection import LinearRank, Roulette, Uniform
from strategies.local.coordinate_search import CoordinateSearch
from strategies.local.simulated_annealing import SimulatedAnnealing
from strategies.metaphors.gravitational_search import GravitationalSearch
from strategies.metaphors.kalman_search import KalmanSearch

MINI = make_space("cell201-mini")

WITHOUT_REPEATS = {
    "random": RandomSearch,
    "grid": GridSearch,
    "grid, coarse to fine": partial(GridSearch, order="coarse-to-fine"),
    "local, sideways": partial(LocalSearch, num_init=1, sideways=True),
    "local, going on": partial(LocalSearch, num_init=1, restart=False),
    "local, steepest going on": partial(
        LocalSearch, steepest=True, restart=False, sideways=True
    ),
    "coordinates": CoordinateSearch,
}
BY_RANK = {
    "genetic, rank": partial(GeneticAlgorithm, selection=LinearRank()),
    "genetic, uniform": partial(GeneticAlgorithm, selection=Uniform()),
    "fuzzy": FuzzyGenetic,
    "strategy, plus": EvolutionStrategy,
    "strategy, comma": partial(EvolutionStrategy, plus=False),
    "strategy, no step": partial(EvolutionStrategy, step=0),
    "Kalman": KalmanSearch,
}
BY_SCORE = {
    "genetic, window": partial(GeneticAlgorithm, selection=Roulette()),
    "genetic, sigma": partial(GeneticAlgorithm, selection=Roulette("sigma")),
    "genetic, raw": partial(GeneticAlgorithm, selection=Roulette("none")),
    "annealing": SimulatedAnnealing,
    "gravity": GravitationalSearch,
}
RANDOM = {"random-replacement": RandomSearchWithReplacement}
ALL = {**WITHOUT_REPEATS, **BY_RANK, **BY_SCORE, **RANDOM}
SMALL_SETTINGS = {
    "one parent, one child": partial(EvolutionStrategy, parents=1, children=1),
    "small population": partial(
        FuzzyGenetic, population_size=3, tournament_sizes=(1, 3)
    ),
    "two agents": partial(GravitationalSearch, agents=2),
    "few draws": partial(KalmanSearch, draws=2, best=2),
    "one point grids": partial(GridSearch, order="coarse-to-fine", grid_points=1),
    "hot": partial(SimulatedAnnealing, initial_temperature=9, final_temperature=9),
}


class TestSearchFamilies(StrategyContract):
    @pytest.fixture(params=[*ALL, *SMALL_SETTINGS])
    def factory(self, request):
        return {**ALL, **SMALL_SETTINGS}[request.param]


class TestLexicographicGrid(StrategyContract):
    @pytest.fixture
    def factory(self):
        return partial(GridSearch, order="lexicographic")


class Rescaled(ToyBenchmark):
    """A toy benchmark whose accuracies go through an increasing function."""

    def __init__(self, space, increasing):
        super().__init__(space, failures=0.1)
        self.increasing = increasing

    def evaluate(self, architecture, *, epochs=None, seed=None):
        outcome = super().evaluate(architecture, epochs=epochs, seed=seed)
        if outcome.validation_accuracy is None:
            return outcome
        changed = self.increasing(outcome.validation_accuracy)
        return replace(outcome, validation_accuracy=changed)


def proposals(factory, benchmark, seed=0, evaluations=120):
    strategy = factory(context_of(benchmark, seed))
    return [proposal for proposal, _ in play(strategy, benchmark, evaluations)]


@pytest.mark.parametrize("name", [*WITHOUT_REPEATS, *BY_RANK])
@pytest.mark.parametrize("increasing", [lambda a: 0.25 * a + 0.5, math.exp])
def test_what_goes_by_rank_sees_only_the_order(name, increasing):
    plain, rescaled = Rescaled(MINI, lambda a: a), Rescaled(MINI, increasing)
    for seed in range(3):
        expected = proposals(ALL[name], plain, seed)
        assert proposals(ALL[name], rescaled, seed) == expected


@pytest.mark.parametrize("name", ["genetic, window", "genetic, sigma", "gravity"])
def test_what_scales_scores_itself_does_not_see_their_unit(name):
    # Powers of two and sums without rounding: equal, not almost equal.
    plain, rescaled = Rescaled(MINI, lambda a: a), Rescaled(MINI, lambda a: 64 * a)
    assert proposals(ALL[name], rescaled) == proposals(ALL[name], plain)
    curved = Rescaled(MINI, lambda a: math.exp(9 * a))
    assert proposals(ALL[name], curved) != proposals(ALL[name], plain)


@pytest.mark.parametrize("name", ["genetic, raw", "annealing"])
def test_what_takes_scores_as_they_are_sees_a_shift_or_a_unit(name):
    plain, changed = (
        Rescaled(MINI, lambda a: a),
        Rescaled(MINI, lambda a: 0.1 * a + 0.1),
    )
    assert proposals(ALL[name], changed) != proposals(ALL[name], plain)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "space", [MINI, ToySpace((2, 5, 1)), ToySpace((7,)), ToySpace((3, 4, 2, 3))]
)
def test_an_unlimited_budget_finds_the_optimum(name, space):
    toy = ToyBenchmark(space, noise=0)
    best = toy.best_accuracy("validation")
    for seed in range(2):
        strategy = ALL[name](context_of(toy, seed))
        for _ in range(40):
            told = play(strategy, toy, 100)
            if best in [outcome.validation_accuracy for _, outcome in told]:
                break
        else:
            pytest.fail(f"seed {seed} misses the optimum in 4,000 evaluations")


@pytest.mark.parametrize("name", WITHOUT_REPEATS)
@pytest.mark.parametrize("space", [MINI, ConstrainedToySpace((3, 2, 4, 3))])
@pytest.mark.parametrize("failures", [0.0, 0.5, 1.0])
def test_every_architecture_is_proposed_once(name, space, failures):
    toy = ToyBenchmark(space, failures=failures)
    found = [one.architecture for one in proposals(ALL[name], toy, 0, 1000)]
    assert sorted(found) == list(space)


@pytest.mark.parametrize("name", WITHOUT_REPEATS)
@pytest.mark.parametrize("workers", [3, 30])
def test_parallel_workers_never_get_the_same_architecture(name, workers):
    toy = ToyBenchmark(MINI, failures=0.2)
    strategy = ALL[name](context_of(toy))
    order = np.random.default_rng(0)
    running, asked = [], []
    while True:
        try:
            while len(running) < workers:
                running.append(strategy.ask())
                asked.append(running[-1].architecture)
        except SearchExhausted:
            if not running:
                break
        done = running.pop(order.integers(len(running)))
        strategy.tell(done, toy.evaluate(done.architecture))
    assert sorted(asked) == list(MINI)


def limited(toy, seed, limit):
    constraint = Constraint("parameters", limit)
    return replace(context_of(toy, seed), constraints=(constraint,))


@pytest.mark.parametrize("name", WITHOUT_REPEATS)
@pytest.mark.parametrize("limit", [99, 110, 140, 1000])
def test_a_limit_leaves_what_brute_force_counts(name, limit):
    space = ConstrainedToySpace((3, 2, 4, 3))
    toy = ToyBenchmark(space)
    strategy = ALL[name](limited(toy, 0, limit))
    found = [proposal.architecture for proposal, _ in play(strategy, toy, 1000)]
    assert sorted(found) == [a for a in space if 100 + 10 * sum(a) <= limit]


@pytest.mark.parametrize("name", [*BY_RANK, *BY_SCORE, *RANDOM])
def test_no_training_is_wasted_on_what_is_forbidden(name):
    toy = ToyBenchmark(ConstrainedToySpace((3, 2, 4, 3)))
    strategy = ALL[name](limited(toy, 0, 140))
    for proposal, _ in play(strategy, toy, 200):
        assert sum(proposal.architecture) <= 4


@pytest.mark.parametrize("name", [*BY_RANK, *BY_SCORE, *RANDOM])
def test_a_limit_that_nothing_keeps_does_not_hang(name):
    toy = ToyBenchmark(MINI)
    assert len(play(ALL[name](limited(toy, 0, 1)), toy, 50)) == 50


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("unit", ["epochs", "seconds"])
def test_a_budget_in_another_unit_is_understood(name, unit):
    toy = ToyBenchmark(MINI)
    context = context_of(toy)
    budget = replace(context.budget, unit=unit, amount=200)
    strategy = ALL[name](replace(context, budget=budget))
    assert len(play(strategy, toy, 80)) == 80


@pytest.mark.parametrize("name", ALL)
def test_a_space_too_large_to_list_is_searched(name, context, evaluation):
    space = ToySpace((9,) * 14 + (4,) * 14)  # 6 10^21, as large as that of DARTS
    strategy = ALL[name](context(space))
    seen = set()
    for _ in range(60):
        proposal = strategy.ask()
        assert proposal.architecture in space
        seen.add(proposal.architecture)
        strategy.tell(proposal, evaluation(sum(proposal.architecture) / 200))
    assert len(seen) >= 30


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("text", ["topology:2:none,skip_connect", "topology:2:none"])
def test_the_smallest_spaces_are_searched(name, text, context, evaluation):
    space = make_space(text)
    strategy = ALL[name](context(space))
    try:
        for _ in range(30):
            proposal = strategy.ask()
            strategy.tell(proposal, evaluation(0.5))
    except SearchExhausted:
        assert name in WITHOUT_REPEATS
    except ArchitectureError:  # an only architecture has no mutation
        assert space.size == 1


def best_ranks(array_benchmark, factory, context, evaluations, runs):
    """Return the rank of the best in each run, every run on a table of its own."""
    best = []
    for seed in range(runs):
        order = np.random.default_rng(seed).permutation(np.arange(1, MINI.size + 1))
        table = array_benchmark(MINI, order / MINI.size)
        told = play(factory(context(MINI, 10_000 + seed)), table, evaluations)
        best.append(max(outcome.validation_accuracy for _, outcome in told))
    return np.array(best) * MINI.size


@pytest.mark.parametrize("name", ALL)
def test_no_strategy_beats_chance_on_a_permuted_table(array_benchmark, context, name):
    evaluations, runs, size = 40, 120, MINI.size
    ranks = np.arange(1, size + 1)
    draws = math.comb(size, evaluations)
    law = [math.comb(i - 1, evaluations - 1) / draws for i in ranks]
    mean = law @ ranks
    error = np.sqrt(law @ (ranks - mean) ** 2 / runs)
    best = best_ranks(array_benchmark, ALL[name], context, evaluations, runs)
    assert best.mean() < mean + 3 * error
    if name in WITHOUT_REPEATS:
        assert best.mean() > mean - 3 * error


@pytest.mark.parametrize(
    "name", ["strategy, no step", "annealing", "local, going on", "coordinates"]
)
def test_single_changes_are_spread_evenly_and_never_none(
    context, evaluation, cell201, name
):
    """The first change of many runs; a plateau would let some walks go anywhere."""
    changes, decisions = Counter(), Counter()
    factory = partial(EvolutionStrategy, parents=1, step=0)
    factory = {"strategy, no step": factory}.get(name, ALL[name])
    for seed in range(3000):
        strategy = factory(context(cell201, seed))
        first = strategy.ask()
        strategy.tell(first, evaluation(0.5))
        second = strategy.ask().architecture
        pairs = enumerate(zip(first.architecture, second, strict=True))
        (change,) = [(i, (b - a) % 5) for i, (a, b) in pairs if a != b]
        changes[change] += 1
        decisions[change[0]] += 1
    assert set(changes) == {(i, step) for i in range(6) for step in range(1, 5)}
    assert chisquare(list(changes.values())).pvalue > 1e-3
    # A choice of the node first, then of its edge, would be found out.
    node_first = 3000 * np.array([1 / 3, 1 / 6, 1 / 6, 1 / 9, 1 / 9, 1 / 9])
    assert chisquare([decisions[i] for i in range(6)], node_first).pvalue < 1e-30
