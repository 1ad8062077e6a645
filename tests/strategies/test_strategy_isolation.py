"""A strategy cannot get at what it was not given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nasbench.testing import ToyBenchmark, ToySpace, context_of, play, reachable


@pytest.fixture
def toy():
    return ToyBenchmark(ToySpace((3, 4, 2, 3)), failures=0.1)


def secrets(toy):
    return [toy, toy._test, toy._validation]


def leaks(root, toy):
    found = reachable(root)
    return [secret for secret in secrets(toy) if any(one is secret for one in found)]


def test_neither_the_benchmark_nor_an_accuracy_array_is_in_reach(any_strategy, toy):
    context = context_of(toy)
    strategy = any_strategy(context)
    told = play(strategy, toy)
    for root in (context, strategy, strategy.state(), told):
        assert leaks(root, toy) == []
        arrays = [one for one in reachable(root) if isinstance(one, np.ndarray)]
        assert not any(np.shares_memory(one, toy._test) for one in arrays)


def test_a_test_accuracy_is_no_number_in_reach(any_strategy, toy):
    strategy = any_strategy(context_of(toy))
    told = play(strategy, toy)
    numbers = {one for one in reachable((strategy, told)) if isinstance(one, float)}
    tested = {toy.mean_accuracy(architecture, "test") for architecture in toy.space}
    validated = {outcome.validation_accuracy for _, outcome in told}
    assert validated - {None} <= numbers
    assert not tested & numbers


def test_a_cost_model_that_holds_the_benchmark_is_found(any_strategy, toy):
    leaky = replace(
        context_of(toy), costs=lambda architecture: toy.evaluate(architecture)
    )
    assert leaks(any_strategy(leaky), toy) == secrets(toy)
