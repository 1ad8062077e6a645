"""Relations that hold for whole searches, whatever the strategy."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from nasbench.search import SearchExhausted
from nasbench.spaces import ArchitectureError, make_space
from nasbench.testing import ToyBenchmark, ToySpace, context_of, play
from nasbench.testing.toy_benchmark import closed_form
from strategies import (
    GeneticAlgorithm,
    LocalSearch,
    RandomSearch,
    RandomSearchWithReplacement,
    Reinforce,
    find_strategy,
)

MINI = make_space("cell201-mini")
RANK_BASED = {
    "random": RandomSearch,
    "local": LocalSearch,
    "steepest": partial(LocalSearch, steepest=True),
    "evolution": find_strategy("evolution"),
    "genetic": GeneticAlgorithm,
}


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


def best_of(told):
    return max(outcome.validation_accuracy for _, outcome in told)


@pytest.mark.parametrize("name", RANK_BASED)
@pytest.mark.parametrize(
    "increasing", [lambda a: 0.25 * a + 0.5, lambda a: 7 * a - 90, math.exp]
)
def test_rank_based_strategies_see_only_the_order(name, increasing):
    plain, rescaled = Rescaled(MINI, lambda a: a), Rescaled(MINI, increasing)
    for seed in range(5):
        one, other = (RANK_BASED[name](context_of(plain, seed)) for _ in range(2))
        expected = [proposal for proposal, _ in play(one, plain, 120)]
        assert [proposal for proposal, _ in play(other, rescaled, 120)] == expected


@pytest.mark.parametrize("name", [one for one in RANK_BASED if one != "random"])
def test_a_decreasing_map_changes_what_is_proposed(name):
    plain, inverted = Rescaled(MINI, lambda a: a), Rescaled(MINI, lambda a: 1 - a)
    one, other = (RANK_BASED[name](context_of(plain)) for _ in range(2))
    expected = [proposal for proposal, _ in play(one, plain, 80)]
    assert [proposal for proposal, _ in play(other, inverted, 80)] != expected


FINDS_EVERYTHING = {
    **RANK_BASED,
    "random-replacement": RandomSearchWithReplacement,
    "reinforce": Reinforce,
}


@pytest.mark.parametrize("name", FINDS_EVERYTHING)
@pytest.mark.parametrize(
    "space", [MINI, ToySpace((2, 5, 1)), ToySpace((7,)), ToySpace((3, 4, 2, 3))]
)
def test_every_strategy_finds_the_optimum_given_time(name, space):
    toy = ToyBenchmark(space, noise=0)
    for seed in range(5):
        strategy = FINDS_EVERYTHING[name](context_of(toy, seed))
        best = best_of(play(strategy, toy, 3000))
        assert best == toy.best_accuracy("validation")


def test_a_fast_policy_settles():
    toy = ToyBenchmark(MINI, noise=0)
    told = play(Reinforce(context_of(toy), learning_rate=0.1), toy, 1000)
    late = Counter(proposal.architecture for proposal, _ in told[-200:])
    assert late.most_common(1)[0][1] > 150


def permuted(array_benchmark, factory, context, evaluations, runs):
    """Return the rank of the best in each run, every run on a table of its own."""
    ranks = np.arange(1, MINI.size + 1)
    best = []
    for seed in range(runs):
        table = array_benchmark(MINI, np.random.default_rng(seed).permutation(ranks))
        strategy = factory(context(MINI, 10_000 + seed))
        best.append(best_of(play(strategy, table, evaluations)))
    return np.array(best)


def best_rank_law(size, n):
    """Return the mean and the deviation of the largest of n ranks out of size."""
    ranks = np.arange(1, size + 1)
    law = [math.comb(i - 1, n - 1) / math.comb(size, n) for i in ranks]
    mean = law @ ranks
    return mean, np.sqrt(law @ (ranks - mean) ** 2)


def test_no_strategy_beats_chance_where_there_is_nothing_to_learn(
    array_benchmark, any_strategy, context
):
    evaluations, runs = 50, 300
    mean, deviation = best_rank_law(MINI.size, evaluations)
    best = permuted(array_benchmark, any_strategy, context, evaluations, runs)
    assert best.mean() < mean + 3 * deviation / np.sqrt(runs)


@pytest.mark.parametrize("name", ["random", "local", "steepest"])
def test_without_repeats_a_strategy_equals_chance_where_there_is_nothing_to_learn(
    array_benchmark, context, name
):
    evaluations, runs = 50, 300
    mean, deviation = best_rank_law(MINI.size, evaluations)
    best = permuted(array_benchmark, RANK_BASED[name], context, evaluations, runs)
    assert abs(best.mean() - mean) < 3 * deviation / np.sqrt(runs)
    assert abs(best.std() - deviation) < 0.35 * deviation


@pytest.mark.parametrize("name", ["local", "evolution", "genetic", "reinforce"])
def test_what_learns_beats_random_search_where_there_is_something_to_learn(name):
    space = make_space("cell201")
    toy = ToyBenchmark(space)
    ours, random = (
        [best_of(play(factory(context_of(toy, seed)), toy, 200)) for seed in range(30)]
        for factory in (find_strategy(name), RandomSearch)
    )
    error = np.sqrt((np.var(ours) + np.var(random)) / 30)
    assert np.mean(ours) - np.mean(random) > 2 * error


@pytest.mark.parametrize(
    "name",
    [
        "topology:2:none,skip_connect,nor_conv_3x3",
        "topology:2:none",
        "topology:8:none,skip_connect,nor_conv_1x1,nor_conv_3x3",
    ],
)
def test_spaces_of_all_sizes_can_be_searched(any_strategy, name, context, evaluation):
    space = make_space(name)
    strategy = any_strategy(context(space))
    proposed = []
    try:
        for _ in range(120):
            proposed.append(strategy.ask())
            architecture = proposed[-1].architecture
            assert architecture in space
            accuracy = float(closed_form(np.array([architecture]))[0])
            strategy.tell(proposed[-1], evaluation(accuracy))
    except SearchExhausted:
        assert len(proposed) == space.size
    except ArchitectureError:  # an only architecture has no mutation
        assert space.size == 1
    assert len({one.architecture for one in proposed}) >= min(space.size, 30)
