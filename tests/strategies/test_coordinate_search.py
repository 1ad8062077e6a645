"""Greedy coordinate-wise search against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench.spaces import make_space
from nasbench.testing import ToyBenchmark, context_of
from strategies.local.coordinate_search import CoordinateSearch

MINI = make_space("cell201-mini")


def accuracy(toy, architecture):
    return toy.evaluate(architecture).validation_accuracy


@pytest.mark.parametrize("seed", range(20))
def test_a_walk_takes_the_best_option_of_one_decision_after_the_other(seed):
    toy = ToyBenchmark(MINI)
    strategy = CoordinateSearch(context_of(toy, seed))
    first = strategy.ask()
    strategy.tell(first, toy.evaluate(first.architecture))
    centre, orders = first.architecture, []
    while strategy.centre is not None:
        assert strategy.centre == centre
        decision = strategy.decisions[0]
        orders.append(decision)
        while strategy.centre == centre and strategy.decisions[0] == decision:
            proposal = strategy.ask()
            pairs = enumerate(zip(centre, proposal.architecture, strict=True))
            assert [i for i, (a, b) in pairs if a != b] == [decision]
            strategy.tell(proposal, toy.evaluate(proposal.architecture))
        line = [(*centre[:decision], o, *centre[decision + 1 :]) for o in range(5)]
        centre = max(line, key=lambda one: accuracy(toy, one))
        if strategy.centre is None:
            break
    around = [accuracy(toy, one) for one in MINI.neighbours(centre)]
    assert accuracy(toy, centre) > max(around)
    assert sorted(orders[:3]) == [0, 1, 2]


def test_a_plateau_ends_a_walk(context, array_benchmark):
    flat = array_benchmark(MINI, np.full(MINI.size, 0.5))
    strategy = CoordinateSearch(context(MINI))
    for number in range(13):
        proposal = strategy.ask()
        strategy.tell(proposal, flat.evaluate(proposal.architecture))
        assert (strategy.centre is None) == (number == 12)


def test_a_better_random_point_of_a_waiting_worker_becomes_the_centre(
    context, evaluation
):
    strategy = CoordinateSearch(context(MINI))
    strategy.tell(strategy.ask(), evaluation(0.5))
    line = [strategy.ask() for _ in range(4)]
    waiting = strategy.ask()
    while waiting.architecture in strategy._line():
        waiting = strategy.ask()
    strategy.tell(waiting, evaluation(0.9))
    assert strategy.centre == waiting.architecture
    for proposal in line:
        strategy.tell(proposal, evaluation(0.1))
    assert strategy.centre == waiting.architecture
