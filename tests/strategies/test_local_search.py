"""Local search climbs to true local optima and never comes back."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.search import SearchExhausted
from nasbench.spaces import make_space
from nasbench.testing import ConstrainedToySpace, ToyBenchmark, ToySpace
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
    with pytest.raises(NasbenchError, match="begins with 1 or more points, not 0"):
        partial(LocalSearch, num_init=0)(context(MINI))
