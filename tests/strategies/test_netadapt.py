"""NetAdapt: it shrinks, step by step, to a budget and not past it."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest

from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Constraint, Objective
from nasbench.testing import StrategyContract, ToyBenchmark, ToySpace, context_of, play
from strategies.objectives.netadapt import NetAdapt


class TestNetAdapt(StrategyContract):
    @pytest.fixture(
        params=[NetAdapt, partial(NetAdapt, reduction=0.2, decay=0.9)],
        ids=["default", "coarse"],
    )
    def factory(self, request):
        return request.param


@pytest.fixture
def toy():
    return ToyBenchmark(ToySpace((4, 5, 3, 4)), noise=0.0)


def flops(benchmark, architecture):
    return benchmark.cost_model(architecture).flops


def searched(benchmark, evaluations=400, constraints=(), **settings):
    strategy = NetAdapt(context_of(benchmark, constraints=constraints), **settings)
    return strategy, play(strategy, benchmark, evaluations)


def test_the_way_begins_at_the_largest_network_and_ends_at_the_smallest(toy):
    strategy, _ = searched(toy)
    costs = {flops(toy, one) for one in toy.space}
    for way in strategy.ways:
        assert flops(toy, way[0]) == max(costs)
        assert flops(toy, way[-1]) == min(costs)


def test_every_step_changes_one_decision_and_saves_what_is_asked(toy):
    strategy, _ = searched(toy, reduction=0.05, decay=1.0)
    largest = max(flops(toy, one) for one in toy.space)
    first = strategy.ways[0]
    for larger, smaller in pairwise(first):
        assert sum(a != b for a, b in zip(larger, smaller, strict=True)) == 1
        saved = flops(toy, larger) - flops(toy, smaller)
        nearby = toy.space.neighbours(larger)
        most = max(flops(toy, larger) - flops(toy, one) for one in nearby)
        assert saved >= min(0.05 * largest, most)


def test_a_step_is_the_most_accurate_of_the_largest_that_each_decision_can_do(toy):
    strategy, _ = searched(toy, reduction=0.05, decay=1.0)
    amount = 0.05 * max(flops(toy, one) for one in toy.space)
    for larger, smaller in pairwise(strategy.ways[0]):
        target = flops(toy, larger) - amount
        answers = []
        for decision in range(toy.space.decisions):
            options = [
                one
                for one in toy.space.neighbours(larger)
                if one[decision] != larger[decision] and flops(toy, one) <= target
            ]
            if options:
                answers.append(max(options, key=lambda one: flops(toy, one)))
        if answers:
            best = max(answers, key=lambda one: toy.mean_accuracy(one, "validation"))
            assert smaller == best


@pytest.mark.parametrize("limit", [250, 280, 330])
def test_a_way_ends_with_the_first_network_that_keeps_the_budget(toy, limit):
    strategy, _ = searched(toy, constraints=(Constraint("flops", limit),))
    for way in strategy.ways:
        *before, last = (flops(toy, one) for one in way)
        assert all(cost > limit for cost in before)
        # Costs of the toy are all multiples of 20, each reached by one decision.
        assert last == limit // 20 * 20


def test_short_trainings_choose_and_the_family_is_trained_to_the_end(toy):
    strategy, told = searched(toy, evaluations=30, short_epochs=1)
    short = {p.architecture for p, _ in told if p.epochs == 1}
    full = {p.architecture for p, _ in told if p.epochs == toy.epochs}
    assert not strategy.finished
    assert full < short
    assert len(full) < len(short) / 1.5
    assert full <= set(strategy.family)


def test_everything_is_found_when_everything_may_be_evaluated(toy):
    _, told = searched(toy, evaluations=1000)
    assert {p.architecture for p, _ in told} == set(toy.space)
    assert len(told) == toy.space.size


def test_the_budget_names_the_resource(toy):
    limits = (Constraint("cost_seconds", 9), Constraint("parameters", 130))
    assert NetAdapt(context_of(toy, constraints=limits)).resource == "parameters"
    parameters = Objective("parameters", maximise=False)
    both = (VALIDATION_ACCURACY, parameters)
    assert NetAdapt(context_of(toy, objectives=both)).resource == "parameters"
    assert NetAdapt(context_of(toy)).resource == "flops"


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"resource": "flop"}, "unknown resource 'flop'; did you mean 'flops'"),
        ({"reduction": 0}, "is 0; expected a number above 0 and below 1"),
        ({"decay": 1.1}, "is 1.1; expected a number above 0 and at most 1"),
        ({"short_epochs": 9}, "short trainings take 1 to 4 epochs, not 9"),
    ],
)
def test_wrong_settings_are_named(toy, settings, message):
    with pytest.raises(NasbenchError, match=message):
        NetAdapt(context_of(toy), **settings)
