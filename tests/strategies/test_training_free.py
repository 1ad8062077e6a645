"""Training-free selection: order of scores, rank sums, pools."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import rankdata

from nasbench.search import SearchExhausted
from nasbench.spaces import make_space
from nasbench.testing import StrategyContract, ToyBenchmark, ToySpace, context_of
from strategies.untrained.training_free import TrainingFree, rank_sums

SPACE = ToySpace((3, 4, 2, 3))
BENCHMARK = ToyBenchmark(SPACE)


def scores_by_index(architecture: tuple[int, ...]) -> tuple[float]:
    return (float(SPACE.index(architecture)),)


class TestContract(StrategyContract):
    @pytest.fixture(params=["free costs", "small pools"])
    def factory(self, request):
        if request.param == "free costs":
            return TrainingFree
        return partial(TrainingFree, pool_size=5)


def proposals(strategy: TrainingFree) -> list[tuple[int, ...]]:
    found = []
    try:
        while True:
            found.append(strategy.ask().architecture)
    except SearchExhausted:
        return found


def test_a_pool_of_the_whole_space_is_proposed_from_the_best_down() -> None:
    strategy = TrainingFree(context_of(BENCHMARK), scores_by_index)
    indices = [SPACE.index(each) for each in proposals(strategy)]
    assert indices == sorted(range(SPACE.size), reverse=True)
    assert strategy.scored == SPACE.size


def test_every_pool_is_proposed_before_the_next_is_drawn() -> None:
    strategy = TrainingFree(context_of(BENCHMARK), scores_by_index, pool_size=10)
    indices = [SPACE.index(each) for each in proposals(strategy)]
    assert sorted(indices) == list(range(SPACE.size))
    for start in range(0, SPACE.size, 10):
        pool = indices[start : start + 10]
        assert pool == sorted(pool, reverse=True)


def test_an_architecture_without_a_score_comes_last() -> None:
    def scores(architecture: tuple[int, ...]) -> tuple[float]:
        return (float("nan") if architecture[0] == 2 else 1.0,)

    found = proposals(TrainingFree(context_of(BENCHMARK), scores))
    without = [position for position, a in enumerate(found) if a[0] == 2]
    assert without == list(range(SPACE.size - len(without), SPACE.size))


def test_one_function_is_proposed_once_before_repeats() -> None:
    space = make_space("cell201-mini")
    benchmark = ToyBenchmark(space)
    found = proposals(TrainingFree(context_of(benchmark)))
    first = [space.canonical(each) for each in found[: len(space.classes)]]
    assert len(set(first)) == len(space.classes) == 60
    assert len(set(found)) == space.size


def test_ties_are_broken_at_random() -> None:
    firsts = {
        TrainingFree(context_of(BENCHMARK, seed), lambda _: (0.0,)).ask().architecture
        for seed in range(20)
    }
    assert len(firsts) > 10


def test_rank_sums_are_scipys_and_do_not_see_scales() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 5, (30, 3)).astype(float)
    expected = (rankdata(scores, axis=0) - 1).sum(axis=1)
    np.testing.assert_allclose(rank_sums(scores), expected)
    np.testing.assert_allclose(rank_sums(np.exp(scores) * 1e6), expected)
