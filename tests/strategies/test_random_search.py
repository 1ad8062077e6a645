"""Random search obeys the exact laws of order statistics."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chisquare

from nasbench.search import SearchExhausted
from nasbench.spaces import make_space
from nasbench.testing import ConstrainedToySpace, ToySpace
from strategies import RandomSearch, RandomSearchWithReplacement

RUNS = 600


@pytest.fixture(scope="module")
def mini(array_benchmark):
    """125 distinct accuracies, far from evenly spaced."""
    space = make_space("cell201-mini")
    return array_benchmark(space, np.random.default_rng(5).beta(5, 1, space.size))


def law_with_replacement(n, size):
    rank = np.arange(1, size + 1)
    return (rank / size) ** n - ((rank - 1) / size) ** n


def law_without_replacement(n, size):
    total = math.comb(size, n)
    return np.array([math.comb(i - 1, n - 1) / total for i in range(1, size + 1)])


@pytest.mark.parametrize(
    "factory, law",
    [
        (RandomSearchWithReplacement, law_with_replacement),
        (RandomSearch, law_without_replacement),
    ],
)
def test_the_best_of_n_follows_the_exact_law(mini, best_so_far, factory, law):
    curves = best_so_far(factory, mini, 100, RUNS)
    ascending = np.sort(mini.accuracies)
    for n in (1, 2, 5, 10, 30, 100):
        probability = law(n, len(ascending))
        assert probability.sum() == pytest.approx(1)
        expected = probability @ ascending
        deviation = np.sqrt(probability @ (ascending - expected) ** 2)
        error = curves[:, n - 1].mean() - expected
        assert abs(error) < 3 * deviation / np.sqrt(RUNS)


@pytest.mark.parametrize(
    "factory, law",
    [
        (RandomSearchWithReplacement, law_with_replacement),
        (RandomSearch, law_without_replacement),
    ],
)
def test_the_best_of_ten_has_the_whole_distribution(mini, best_so_far, factory, law):
    best = best_so_far(factory, mini, 10, RUNS)[:, -1]
    # Ten groups of ranks, the best one alone, each expecting a dozen and more.
    edges = np.array([0, 90, 98, 104, 109, 113, 117, 120, 122, 124, 125])
    ranks = np.searchsorted(np.sort(mini.accuracies), best)
    observed = np.histogram(ranks, edges - 0.5)[0]
    expected = np.add.reduceat(law(10, 125), edges[:-1]) * RUNS
    assert expected.min() > 12
    assert chisquare(observed, expected).pvalue > 1e-3


def test_the_two_laws_can_be_told_apart(mini):
    ascending = np.sort(mini.accuracies)
    apart = (
        law_without_replacement(100, 125) - law_with_replacement(100, 125)
    ) @ ascending
    assert apart > 0.001


@pytest.mark.parametrize(
    "space", [ToySpace((2, 5, 1)), ConstrainedToySpace((3, 2, 4, 3)), ToySpace((1,))]
)
def test_the_whole_space_is_proposed_once_and_then_the_search_ends(space, context):
    strategy = RandomSearch(context(space))
    proposed = [strategy.ask().architecture for _ in space]
    assert sorted(proposed) == list(space)
    with pytest.raises(SearchExhausted, match=r"all of toy.* has been proposed"):
        strategy.ask()


def test_nothing_is_proposed_twice_in_a_space_too_large_to_list(context):
    space = ToySpace((256,) * 30)
    strategy = RandomSearch(context(space))
    proposed = [strategy.ask().architecture for _ in range(500)]
    assert len(set(proposed)) == 500
    assert all(architecture in space for architecture in proposed)
    options = np.array(proposed)
    assert abs(options.mean() - 127.5) < 3 * 73.9 / np.sqrt(options.size)
