"""The fuzzy controller corner by corner, and the genetic algorithm it controls."""

from __future__ import annotations

from functools import partial
from itertools import combinations

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.testing import ToyBenchmark, ToySpace, context_of, play
from strategies import GeneticAlgorithm
from strategies.evolution.fuzzy_controller import (
    PEAKS,
    RULES,
    TERMS,
    fuzzy_control,
    membership,
)
from strategies.evolution.fuzzy_genetic import FuzzyGenetic
from strategies.evolution.selection import Tournament

# Of a triangle that is cut in half by the bound at 0 or 1, the centroid lies a third
# of its width inside; the middle one is symmetrical.
CENTROIDS = {"low": 1 / 6, "mid": 1 / 2, "high": 5 / 6}


def centroid(terms, heights):
    """Integrate the union of cut triangles as finely as you like."""
    x = np.linspace(0, 1, 100_001)
    shapes = [
        np.minimum(np.maximum(0, 1 - 2 * np.abs(x - PEAKS[term])), height)
        for term, height in zip(terms, heights, strict=True)
    ]
    union = np.max(shapes, axis=0)
    return (x * union).sum() / union.sum()


@pytest.mark.parametrize("diversity", TERMS)
@pytest.mark.parametrize("improvement", TERMS)
def test_at_a_corner_one_rule_alone_speaks(diversity, improvement):
    found = fuzzy_control(PEAKS[diversity], PEAKS[improvement])
    mutation, pressure = RULES[diversity, improvement]
    assert found.mutation == pytest.approx(CENTROIDS[mutation], abs=0.005)
    assert found.pressure == pytest.approx(CENTROIDS[pressure], abs=0.005)


def test_there_are_nine_rules_for_nine_corners():
    assert set(RULES) == {(a, b) for a in TERMS for b in TERMS}


def test_between_corners_the_centroid_of_the_union_decides():
    # 0.25 is half low, half mid; 1 is high alone: two rules fire by a half.
    found = fuzzy_control(0.25, 1.0)
    rules = [RULES["low", "high"], RULES["mid", "high"]]
    for value, conclusions in zip(found, zip(*rules, strict=True), strict=True):
        assert value == pytest.approx(centroid(conclusions, [0.5, 0.5]), abs=0.005)
    # 0.4 and 0.1: four rules, each as far as its weaker condition holds.
    found = fuzzy_control(0.4, 0.1)
    first, second = membership(0.4), membership(0.1)
    fired = [(a, b, min(first[a], second[b])) for a, b in RULES]
    for place, value in enumerate(found):
        terms = [RULES[a, b][place] for a, b, _ in fired]
        expected = centroid(terms, [height for *_, height in fired])
        assert value == pytest.approx(expected, abs=0.005)


def test_a_population_that_is_alike_and_stands_still_is_shaken():
    stuck, lively = fuzzy_control(0, 0), fuzzy_control(1, 1)
    assert stuck.mutation > 0.8 > 0.2 > lively.mutation
    assert stuck.pressure < 0.2 < 0.8 < lively.pressure


@pytest.mark.parametrize("value", [0, 0.2, 0.5, 0.77, 1])
def test_memberships_sum_to_one(value):
    assert sum(membership(value).values()) == pytest.approx(1)


@pytest.mark.parametrize("rate, entrants", [(1 / 6, 3), (0.4, 2)])
def test_a_constant_controller_is_the_genetic_algorithm(cell201, rate, entrants):
    toy = ToyBenchmark(cell201, failures=0.1)
    for seed in range(3):
        fuzzy = FuzzyGenetic(
            context_of(toy, seed),
            mutation_rates=(rate, rate),
            tournament_sizes=(entrants, entrants),
        )
        plain = GeneticAlgorithm(
            context_of(toy, seed),
            mutation_rate=rate,
            selection=Tournament(entrants),
        )
        assert play(fuzzy, toy, 200) == play(plain, toy, 200)


def test_the_controller_acts_once_per_generation(cell201):
    toy = ToyBenchmark(cell201)
    strategy = FuzzyGenetic(context_of(toy), population_size=10)
    seen = []
    for told in range(100):
        play(strategy, toy, 1)
        if (told + 1) % 9 == 1 and told >= 9:
            control = fuzzy_control(strategy.diversity(), strategy.improvement())
            low, high = strategy.mutation_rates
            expected = low + control.mutation * (high - low)
            assert strategy.mutation_rate == pytest.approx(expected)
            assert 2 <= strategy.selection.entrants <= 5
        seen.append(strategy.mutation_rate)
    changes = np.flatnonzero(np.diff(seen)) + 1
    assert len(changes) > 3
    assert set(changes % 9) == {0}


def test_diversity_is_the_mean_distance_of_all_pairs(context):
    space = ToySpace((2, 5, 3))
    strategy = FuzzyGenetic(context(space), population_size=6)
    rng = np.random.default_rng(0)
    strategy.parents = [(0.5, space.sample(rng)) for _ in range(6)]
    distances = [
        sum(a != b for a, b in zip(one, other, strict=True))
        for (_, one), (_, other) in combinations(strategy.parents, 2)
    ]
    expected = np.mean(distances) / (1 / 2 + 4 / 5 + 2 / 3)
    assert strategy.diversity() == pytest.approx(min(expected, 1))
    strategy.parents = [(0.5, (1, 2, 0))] * 6
    assert strategy.diversity() == 0


def test_improvement_counts_generations_with_a_better_best(context, cell201):
    strategy = FuzzyGenetic(context(cell201))
    for bests, expected in (
        ([0.5], 0.5),
        ([0.5, 0.6], 1),
        ([0.5, 0.5], 0),
        ([0.1, 0.5, 0.5, 0.5, 0.6], 1 / 3),
    ):
        strategy.bests = bests
        assert strategy.improvement() == pytest.approx(expected)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"population_size": 4}, "not 5 of 4"),
        ({"mutation_rates": (0.5, 0.1)}, r"rise from the least to the most, not \(0.5"),
        ({"mutation_rates": (0.5, 1.1)}, "each a number from 0 to 1"),
        (
            {"tournament_sizes": (3, 2)},
            r"rise from the least to the most, not \(3, 2\)",
        ),
        ({"tournament_sizes": (0, 2)}, r"is \(0, 2\); expected .*each a whole number"),
    ],
)
def test_wrong_settings_are_refused(context, cell201, settings, message):
    with pytest.raises(NasbenchError, match=message):
        partial(FuzzyGenetic, **settings)(context(cell201))
