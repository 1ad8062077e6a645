"""Simulated annealing: detailed balance, its two limits, its schedule."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.search import Budget
from nasbench.spaces import make_space
from nasbench.testing import ToyBenchmark, ToySpace, context_of, play
from strategies.local.simulated_annealing import SimulatedAnnealing

THREE_EDGES = ToySpace((2, 3, 2))


def at(temperature):
    return partial(
        SimulatedAnnealing,
        initial_temperature=temperature,
        final_temperature=temperature,
    )


def long_context(space, context):
    return replace(context(space), budget=Budget(10**9))


def visits(strategy, benchmark, steps):
    """Return how often each architecture was the current one."""
    counts = Counter()
    for _ in range(steps):
        play(strategy, benchmark, 1)
        counts[strategy.current] += 1
    return np.array([counts[a] for a in benchmark.space]) / steps


@pytest.mark.parametrize("temperature", [0.1, 0.4, 1e9])
def test_the_walk_visits_in_proportion_to_the_boltzmann_factor(
    context, array_benchmark, temperature
):
    scores = np.random.default_rng(0).random(THREE_EDGES.size)
    strategy = at(temperature)(long_context(THREE_EDGES, context))
    found = visits(strategy, array_benchmark(THREE_EDGES, scores), 40_000)
    law = np.exp(scores / temperature)
    assert np.abs(found - law / law.sum()).max() < 0.02


def test_a_cold_walk_never_goes_down(context):
    toy = ToyBenchmark(make_space("cell201"), noise=0, epochs=1)
    strategy = at(1e-12)(long_context(toy.space, context))
    before = -math.inf
    for _ in range(500):
        play(strategy, toy, 1)
        assert strategy.current_score >= before
        before = strategy.current_score
    around = toy.space.neighbours(strategy.current)
    assert before > max(toy.evaluate(one).validation_accuracy for one in around)


def test_a_cold_walk_crosses_a_plateau(context, array_benchmark):
    flat = array_benchmark(THREE_EDGES, np.full(THREE_EDGES.size, 0.5))
    strategy = at(1e-12)(long_context(THREE_EDGES, context))
    assert (visits(strategy, flat, 2000) > 0.04).all()


@pytest.mark.parametrize("unit, amount", [("evaluations", 100), ("epochs", 400)])
def test_the_temperature_falls_geometrically_over_the_budget(unit, amount):
    toy = ToyBenchmark(make_space("cell201-mini"))
    context = replace(context_of(toy), budget=Budget(amount, unit))
    strategy = SimulatedAnnealing(context)
    for told in range(100):
        assert strategy.temperature == pytest.approx(0.03 * (1 / 60) ** (told / 100))
        play(strategy, toy, 1)
    # The next search, hot again and somewhere else.
    assert strategy.temperature == pytest.approx(0.03)
    assert strategy.current is None


def test_the_schedule_counts_seconds():
    toy = ToyBenchmark(make_space("cell201-mini"))
    context = replace(context_of(toy), budget=Budget(100, "seconds"))
    strategy = SimulatedAnnealing(context)
    spent = sum(outcome.cost_seconds for _, outcome in play(strategy, toy, 10))
    assert strategy.temperature == pytest.approx(0.03 * (1 / 60) ** (spent / 100))


def test_a_step_down_is_taken_with_its_probability(context, evaluation):
    taken = 0
    for seed in range(3000):
        strategy = at(0.02)(context(THREE_EDGES, seed))
        strategy.tell(strategy.ask(), evaluation(0.50))
        neighbour = strategy.ask()
        strategy.tell(neighbour, evaluation(0.48))
        taken += strategy.current == neighbour.architecture
    expected = 3000 * math.exp(-1)
    assert abs(taken - expected) < 4 * np.sqrt(expected)


def test_failures_are_left_and_never_entered(context, evaluation):
    strategy = at(1e9)(context(THREE_EDGES))
    strategy.tell(strategy.ask(), evaluation(None))
    second = strategy.ask()
    strategy.tell(second, evaluation(0.1))
    assert strategy.current == second.architecture
    for _ in range(20):
        strategy.tell(strategy.ask(), evaluation(None))
        assert strategy.current == second.architecture


@pytest.mark.parametrize(
    "hot, cold", [(0.03, 0.04), (0.03, 0), (math.inf, 1), (math.nan, 0.1), (-1, -2)]
)
def test_wrong_temperatures_are_refused(context, hot, cold):
    with pytest.raises(NasbenchError, match=f"not from {hot} to {cold}|temperature of"):
        SimulatedAnnealing(
            context(THREE_EDGES), initial_temperature=hot, final_temperature=cold
        )
