"""Grid search: its orders against brute force, and how evenly they spread."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasbench.errors import NasbenchError
from nasbench.search import Budget, Constraint
from nasbench.spaces import make_space
from nasbench.testing import (
    ConstrainedToySpace,
    ToyBenchmark,
    ToySpace,
    context_of,
    play,
    toy_benchmark,
)
from strategies.enumerating.grid_search import GridSearch
from strategies.enumerating.low_discrepancy import EvenGrid

ORDERS = ["lexicographic", "low-discrepancy", "coarse-to-fine"]


def enumerate_with(order, toy, seed=0, constraints=(), evaluations=10_000):
    context = replace(context_of(toy, seed), constraints=constraints)
    told = play(GridSearch(context, order=order), toy, evaluations)
    return [proposal.architecture for proposal, _ in told]


@settings(deadline=None, max_examples=30)
@given(
    options=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
)
def test_an_even_grid_holds_every_point_once(options, seed):
    rng = np.random.default_rng(seed)
    grid = EvenGrid([range(n) for n in options], rng)
    points = list(iter(lambda: grid.draw(rng), None))
    assert sorted(points) == list(product(*(range(n) for n in options)))
    assert grid.draw(rng) is None


def largest_imbalance(points, radices, together):
    """Return the largest excess of a combination of options over its fair share."""
    columns = np.array(points)
    worst = 0.0
    for places in combinations(range(len(radices)), together):
        fair = len(points) / np.prod([radices[i] for i in places])
        counts = np.unique(columns[:, places], axis=0, return_counts=True)[1]
        worst = max(worst, counts.max() - fair)
    return worst


@pytest.mark.parametrize("n", [25, 50, 200])
@pytest.mark.parametrize("together", [1, 2])
def test_the_beginning_is_spread_more_evenly_than_chance(n, together):
    radices = (5,) * 6
    even, chance = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        grid = EvenGrid([range(5)] * 6, rng)
        even.append(
            largest_imbalance([grid.draw(rng) for _ in range(n)], radices, together)
        )
        random = rng.integers(5, size=(n, 6))
        chance.append(largest_imbalance(random, radices, together))
    assert np.mean(even) < (0.6 if together == 1 else 0.9) * np.mean(chance)


def test_the_lexicographic_order_is_that_of_the_index():
    space = ConstrainedToySpace((3, 2, 4, 3))
    found = enumerate_with("lexicographic", ToyBenchmark(space))
    assert found == list(space)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("column", ["parameters", "flops"])
@pytest.mark.parametrize("at_least", [False, True])
def test_limits_leave_the_feasible_points_of_brute_force(order, column, at_least):
    space = make_space("cell201-mini")
    toy = ToyBenchmark(space)
    limit = 160 if column == "parameters" else 320
    constraint = Constraint(column, limit, at_least=at_least)
    found = enumerate_with(order, toy, constraints=(constraint,))
    costs = {each: toy_benchmark.toy_costs(each) for each in space}
    feasible = [
        each
        for each in space
        if (getattr(costs[each], column) - limit) * (-1 if at_least else 1) <= 0
    ]
    assert 10 < len(feasible) < space.size - 10
    assert sorted(found) == feasible


@pytest.mark.parametrize("order", ORDERS)
def test_a_limit_on_what_must_be_measured_forbids_nothing_beforehand(order):
    toy = ToyBenchmark(make_space("cell201-mini"))
    constraint = Constraint("cost_seconds", 0.0)
    found = enumerate_with(order, toy, constraints=(constraint,))
    assert sorted(found) == list(toy.space)


def test_coarse_to_fine_begins_at_the_corners_and_closes_in():
    space = ToySpace((9, 9))
    toy = ToyBenchmark(space)
    # One hill, at (5, 2): nine options, so the spacing goes from 8 to 4, 2 and 1.
    for index in range(space.size):
        a, b = space.architecture_at(index)
        toy._validation[index] = 1 - ((a - 5) ** 2 + (b - 2) ** 2) / 100
    context = replace(context_of(toy), budget=Budget(100))
    strategy = GridSearch(context, order="coarse-to-fine", grid_points=9)
    found = [proposal.architecture for proposal, _ in play(strategy, toy, 40)]
    assert set(found[:4]) == {(0, 0), (0, 8), (8, 0), (8, 8)}
    # The best corner is (8, 0), then (4, 0) or (4, 4) of spacing 4, then nearer.
    assert set(found[4:7]) == {(4, 0), (4, 4), (8, 4)}
    assert (5, 2) in found[:30]


def test_points_of_a_coarse_grid_are_limited():
    toy = ToyBenchmark(make_space("cell201"))
    strategy = GridSearch(context_of(toy), order="coarse-to-fine", grid_points=7)
    found = np.array([p.architecture for p, _ in play(strategy, toy, 14)])
    assert np.isin(found[:7], [0, 4]).all()
    assert np.isin(found[7:] % 2, 0).all()
    assert (found[7:] == 2).any()


def test_the_seed_moves_the_even_order_and_not_the_lexicographic_one():
    toy = ToyBenchmark(make_space("cell201-mini"))
    for order, differ in zip(ORDERS, (False, True, True), strict=True):
        runs = {tuple(enumerate_with(order, toy, seed)) for seed in range(4)}
        assert len(runs) == (4 if differ else 1)


def test_the_optimum_is_found_halfway_on_average():
    space = ToySpace((4, 5, 3))
    optimum = (2, 3, 1)
    toy = ToyBenchmark(space)
    found = [
        enumerate_with("low-discrepancy", toy, seed).index(optimum) + 1
        for seed in range(100)
    ]
    error = 60 / np.sqrt(12 * 100)
    assert abs(np.mean(found) - (60 + 1) / 2) < 4 * error


@pytest.mark.parametrize(
    "chosen, message",
    [
        ({"order": "elastic"}, "elastic"),
        ({"grid_points": 0}, "is 0; expected a whole number from 1"),
    ],
)
def test_wrong_settings_are_refused(chosen, message):
    toy = ToyBenchmark(ToySpace((2, 2)))
    with pytest.raises(NasbenchError, match=message):
        partial(GridSearch, **chosen)(context_of(toy))
