"""Local search climbs to true local optima and never comes back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest

from nasbench.benchmark import Evaluation, Status
from nasbench.errors import NasbenchError
from nasbench.search import Constraint, SearchExhausted
from nasbench.spaces import make_space
from nasbench.testing import ConstrainedToySpace, ToyBenchmark, ToySpace, context_of
from strategies import LocalSearch

MINI = make_space("cell201-mini")
BOTH = pytest.mark.parametrize("steepest", [False, True])


def walk(strategy, benchmark):
    """Yield what is proposed and the score of the centre after the tell."""
    while True:
        try:
            proposal = strategy.ask()
        except SearchExhausted:
            return
        strategy.tell(proposal, benchmark.evaluate(proposal.architecture))
        yield proposal.architecture, strategy.centre_score


def accuracy(benchmark, architecture):
    return benchmark.evaluate(architecture).validation_accuracy


@BOTH
@pytest.mark.parametrize("seed", range(20))
def test_the_first_walk_ends_at_a_local_optimum(context, steepest, seed):
    toy = ToyBenchmark(MINI)
    strategy = LocalSearch(context(MINI, seed), num_init=1, steepest=steepest)
    best = None
    for architecture, centre in walk(strategy, toy):
        if best is None or accuracy(toy, architecture) > accuracy(toy, best):
            best = architecture
        if centre == -np.inf:  # no centre: the next walk begins
            break
    around = [accuracy(toy, one) for one in MINI.neighbours(best)]
    assert accuracy(toy, best) > max(around)


@pytest.mark.parametrize("seed", range(10))
def test_a_steepest_step_goes_to_the_best_of_all_neighbours(context, seed):
    toy = ToyBenchmark(MINI)
    strategy = LocalSearch(context(MINI, seed), num_init=1, steepest=True)
    centres = []
    for _, centre in walk(strategy, toy):
        if centre == -np.inf:
            break
        if centre not in centres[-1:]:
            centres.append(centre)
    at = {accuracy(toy, one): one for one in MINI}
    for before, after in pairwise(centres):
        assert after == max(accuracy(toy, one) for one in MINI.neighbours(at[before]))


@BOTH
@pytest.mark.parametrize("seed", range(10))
def test_every_walk_stays_around_its_centre_until_the_space_is_used_up(
    context, steepest, seed
):
    toy = ToyBenchmark(MINI)
    strategy = LocalSearch(context(MINI, seed), num_init=1, steepest=steepest)
    visited, centre, best, to_try, walks = set(), None, None, set(), 0
    for architecture, score in walk(strategy, toy):
        assert architecture not in visited
        visited.add(architecture)
        if centre is None:
            walks += 1
            best = architecture
        else:
            assert architecture in to_try
            to_try.remove(architecture)
            best = max(best, architecture, key=lambda one: accuracy(toy, one))
        if best != centre and (not steepest or not to_try):
            centre = best
            to_try = set(MINI.neighbours(centre)) - visited
        if not to_try:
            centre = None
        assert score == (-np.inf if centre is None else accuracy(toy, centre))
    assert len(visited) == MINI.size
    assert walks > 3


class Islands(ToySpace):
    """Only even sums are valid, so no architecture has a neighbour."""

    def is_valid(self, architecture):
        return sum(architecture) % 2 == 0


def test_a_start_without_neighbours_is_left_at_once(context):
    space = Islands((2, 2, 2, 2))
    toy = ToyBenchmark(space)
    strategy = LocalSearch(context(space), num_init=2)
    for number, (_, centre) in enumerate(walk(strategy, toy), start=1):
        assert centre == -np.inf
        # The other of the two points, or the two points of the next walk.
        assert len(strategy.to_ask) == (1 if number % 2 else 2 if number < 8 else 0)
    assert number == 8


def test_a_walk_begins_at_the_best_of_the_random_points(context):
    toy = ToyBenchmark(MINI)
    steps = walk(LocalSearch(context(MINI), num_init=10), toy)
    first = [next(steps) for _ in range(10)]
    assert [centre for _, centre in first[:9]] == [-np.inf] * 9
    assert first[9][1] == max(accuracy(toy, architecture) for architecture, _ in first)


def test_neighbours_are_tried_in_random_order(context):
    flat = ToyBenchmark(ToySpace((7,)), noise=0)
    flat._validation[:] = 0.5
    firsts = set()
    for seed in range(60):
        strategy = LocalSearch(context(flat.space, seed), num_init=1)
        (start, _), (second, _) = (next(walk(strategy, flat)) for _ in range(2))
        firsts.add((second[0] - start[0]) % 7)
    assert firsts == {1, 2, 3, 4, 5, 6}


@BOTH
@pytest.mark.parametrize("num_init", [1, 10, 1000])
@pytest.mark.parametrize(
    "space", [MINI, ToySpace((2, 5, 1)), ConstrainedToySpace((3, 2, 4, 3))]
)
@pytest.mark.parametrize("failures", [0.0, 0.5, 1.0])
def test_every_architecture_is_proposed_once(
    context, space, num_init, steepest, failures
):
    strategy = LocalSearch(context(space), num_init=num_init, steepest=steepest)
    benchmark = ToyBenchmark(space, failures=failures)
    proposed = [architecture for architecture, _ in walk(strategy, benchmark)]
    assert sorted(proposed) == list(space)


@BOTH
def test_a_plateau_ends_a_walk(context, array_benchmark, steepest):
    flat = array_benchmark(MINI, np.full(MINI.size, 0.5))
    strategy = LocalSearch(context(MINI), num_init=1, steepest=steepest)
    steps = walk(strategy, flat)
    start, _ = next(steps)
    around = [next(steps) for _ in range(12)]
    assert {one for one, _ in around} == set(MINI.neighbours(start))
    assert [centre for _, centre in around] == [0.5] * 11 + [-np.inf]
    assert len(list(steps)) == MINI.size - 13


@BOTH
@pytest.mark.parametrize("workers", [2, 5, 30])
def test_parallel_workers_never_get_the_same_architecture(context, steepest, workers):
    toy = ToyBenchmark(MINI, failures=0.2)
    strategy = LocalSearch(context(MINI), steepest=steepest)
    order = np.random.default_rng(0)
    running, proposed = [], []
    while True:
        try:
            while len(running) < workers:
                running.append(strategy.ask())
                proposed.append(running[-1].architecture)
        except SearchExhausted:
            if not running:
                break
        done = running.pop(order.integers(len(running)))
        strategy.tell(done, toy.evaluate(done.architecture))
    assert sorted(proposed) == list(MINI)


def test_no_random_points_are_refused(context):
    with pytest.raises(NasbenchError, match="num_init of LocalSearch is 0"):
        partial(LocalSearch, num_init=0)(context(MINI))


CORRIDOR = [(1,) * i + (0,) * (8 - i) for i in range(9)]


@pytest.fixture
def corridor(array_benchmark):
    """A plateau one cell wide that leads to the summit, in a plain of lower value."""
    space = ToySpace((2,) * 8)
    accuracies = np.full(space.size, 0.1)
    accuracies[[space.index(cell) for cell in CORRIDOR]] = 0.5
    accuracies[space.index(CORRIDOR[-1])] = 0.9
    return array_benchmark(space, accuracies)


def begin_at(strategy, architecture):
    strategy.to_ask, strategy.to_hear = [architecture], {architecture}
    return strategy


@BOTH
@pytest.mark.parametrize("restart", [False, True])
def test_a_walk_sideways_follows_a_plateau_to_its_end(
    context, corridor, steepest, restart
):
    strategy = LocalSearch(
        context(corridor.space),
        num_init=1,
        steepest=steepest,
        sideways=True,
        restart=restart,
    )
    centres = []
    for architecture, _ in walk(begin_at(strategy, CORRIDOR[0]), corridor):
        if strategy.best not in centres[-1:]:
            centres.append(strategy.best)
        if architecture == CORRIDOR[-1]:
            break
    assert centres == CORRIDOR


def test_without_sideways_moves_a_plateau_is_a_local_optimum(context, corridor):
    strategy = LocalSearch(context(corridor.space), num_init=1)
    steps = walk(begin_at(strategy, CORRIDOR[0]), corridor)
    scores = [score for _, score in (next(steps) for _ in range(9))]
    assert scores == [0.5] * 8 + [-np.inf]


@BOTH
@pytest.mark.parametrize("sideways", [False, True])
@pytest.mark.parametrize("restart", [False, True])
def test_the_plateau_of_the_constant_cells_does_not_loop(
    context, array_benchmark, cell201, steepest, sideways, restart
):
    cells = list(cell201)
    dead = [cell201.canonical(c) == cell201.canonical((0,) * 6) for c in cells]
    assert sum(dead) == 341
    # The constant cells are the best here, so that walks end on them.
    accuracies = np.random.default_rng(0).random(cell201.size) / 2
    accuracies[dead] = 0.9
    strategy = LocalSearch(
        context(cell201),
        num_init=1,
        steepest=steepest,
        sideways=sideways,
        restart=restart,
    )
    steps = walk(begin_at(strategy, (0, 1, 1, 0, 0, 0)), table(cell201, accuracies))
    proposed = [next(steps)[0] for _ in range(5000)]
    assert len(set(proposed)) == 5000
    first_walk = set(proposed[:3000])
    found = sum(each in first_walk for each, d in zip(cells, dead, strict=True) if d)
    # All are connected by single changes: a walk sideways visits each of them first.
    assert (found == 341) == (sideways or not restart)


def table(space, accuracies):
    """Answer by dictionary, for thousands of proposals."""
    return Answers({each: accuracies[i] for i, each in enumerate(space)})


class Answers:
    def __init__(self, accuracies):
        self.outcomes = accuracies

    def evaluate(self, architecture):
        accuracy = float(self.outcomes[architecture])
        return Evaluation(accuracy, (), 1.0, 1, None, Status.COMPLETE, 1, 2)


@BOTH
@pytest.mark.parametrize("seed", range(10))
def test_a_walk_that_goes_on_does_so_around_the_best_that_was_no_centre(
    context, steepest, seed
):
    toy = ToyBenchmark(MINI)
    strategy = LocalSearch(
        context(MINI, seed), num_init=1, steepest=steepest, restart=False
    )
    visited, centres = set(), set()
    for architecture, _ in walk(strategy, toy):
        finished = not strategy.to_hear.isdisjoint(visited)
        assert not finished
        visited.add(architecture)
        if strategy.best in centres:
            continue
        left = {one for one in visited - centres if set(MINI.neighbours(one)) - visited}
        better = [
            one for one in left if accuracy(toy, one) > accuracy(toy, strategy.best)
        ]
        assert not better
        centres.add(strategy.best)
    assert len(visited) == MINI.size


@BOTH
def test_forbidden_neighbours_are_never_asked_for(context, steepest):
    toy = ToyBenchmark(MINI)
    limit = Constraint("parameters", 160)
    limited = replace(context_of(toy), constraints=(limit,))
    strategy = LocalSearch(limited, num_init=1, steepest=steepest)
    proposed = [architecture for architecture, _ in walk(strategy, toy)]
    assert sorted(proposed) == [each for each in MINI if sum(each) <= 6]
