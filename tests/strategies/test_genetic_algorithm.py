"""The genetic algorithm: selection, crossover, mutation, generations."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from nasbench.errors import NasbenchError
from nasbench.search import Proposal
from nasbench.testing import ConstrainedToySpace, ToyBenchmark, ToySpace, play
from strategies import GeneticAlgorithm
from strategies.evolution.selection import LinearRank, Roulette, Tournament


def fill(strategy, evaluation, scores):
    """Tell one generation, option i having the i-th score."""
    for option, score in enumerate(scores):
        strategy.tell(Proposal((option,), 1), evaluation(score))


@pytest.mark.parametrize("entrants", [1, 2, 3, 7])
def test_a_tournament_has_the_exact_law(
    context, options_of_seven, evaluation, entrants
):
    strategy = GeneticAlgorithm(
        context(options_of_seven),
        population_size=7,
        selection=Tournament(entrants),
        mutation_rate=0.0,
    )
    scores = [0.3, 0.9, None, 0.5, 0.7, 0.2, 0.8]
    fill(strategy, evaluation, scores)
    # Without mutation and with one decision, a child is the winner of a tournament.
    # The maximum of k draws with replacement out of n has rank r with probability
    # (r^k - (r - 1)^k) / n^k.
    rank = np.argsort(np.argsort([score or 0 for score in scores])) + 1.0
    law = (rank**entrants - (rank - 1) ** entrants) / 7**entrants
    drawn = np.bincount([strategy.ask().architecture[0] for _ in range(7000)])
    drawn = np.pad(drawn, (0, 7 - len(drawn)))
    likely = law * 7000 > 3
    assert drawn[~likely].sum() < 20
    observed = np.append(drawn[likely], drawn[~likely].sum())
    expected = 7000 * np.append(law[likely], law[~likely].sum())
    kept = expected > 0
    assert chisquare(observed[kept], expected[kept]).pvalue > 1e-3


@pytest.mark.parametrize("selection", [LinearRank(1.7), Roulette(), Roulette("none")])
def test_parents_are_picked_by_the_selection_that_is_given(
    context, options_of_seven, evaluation, selection
):
    strategy = GeneticAlgorithm(
        context(options_of_seven),
        population_size=7,
        selection=selection,
        mutation_rate=0.0,
    )
    scores = [0.3, 0.9, None, 0.5, 0.7, 0.2, 0.8]
    fill(strategy, evaluation, scores)
    best_first = [score for score, _ in strategy.parents]
    law = np.zeros(7)
    law[[option for _, (option,) in strategy.parents]] = selection.weights(best_first)
    drawn = np.bincount([strategy.ask().architecture[0] for _ in range(7000)])
    drawn = np.pad(drawn, (0, 7 - len(drawn)))
    kept = law > 0
    assert drawn[~kept].sum() == 0
    assert chisquare(drawn[kept], 7000 * (law / law.sum())[kept]).pvalue > 1e-3


@pytest.mark.parametrize("elites", [0, 1, 3])
def test_elites_survive_without_being_evaluated_again(context, evaluation, elites):
    space = ToySpace((200,))
    strategy = GeneticAlgorithm(
        context(space),
        population_size=10,
        mutation_rate=1.0,
        elites=elites,
    )
    fill(strategy, evaluation, np.linspace(0.5, 0.95, 10))
    for generation in range(1, 4):
        for asked in range(10 - elites):
            assert len(strategy.children) == asked
            # Every child is worse than every founder.
            strategy.tell(strategy.ask(), evaluation(0.1 / generation))
        assert len(strategy.parents) == 10
        best = strategy.parents[:elites]
        assert [option for _, (option,) in best] == [9, 8, 7][:elites]
        assert [score for score, _ in best] == sorted(
            np.linspace(0.5, 0.95, 10), reverse=True
        )[:elites]


def test_a_generation_is_the_best_elites_and_the_children(context, cell201):
    toy = ToyBenchmark(cell201)
    strategy = GeneticAlgorithm(context(cell201), population_size=8)
    told = [
        (outcome.validation_accuracy, proposal.architecture)
        for proposal, outcome in play(strategy, toy, 8 + 3 * 7)
    ]
    generation = told[:8]
    for number in range(3):
        elite = max(generation)
        generation = [elite, *told[8 + 7 * number :][:7]]
    assert strategy.parents == sorted(generation, reverse=True)
    assert strategy.children == []


@pytest.mark.parametrize("rate", [None, 0.0, 0.3, 1.0])
def test_every_decision_mutates_at_the_rate_and_to_another_option(context, rate):
    space = ToySpace((2, 5, 1, 3))
    strategy = GeneticAlgorithm(
        context(space),
        population_size=1,
        selection=Tournament(1),
        elites=0,
        mutation_rate=rate,
    )
    strategy.parents = [(0.5, (1, 2, 0, 0))]
    children = np.array([strategy.ask().architecture for _ in range(4000)])
    changed = (children != [1, 2, 0, 0]).mean(axis=0)
    expected = 1 / 4 if rate is None else rate
    tolerance = 4 * np.sqrt(expected * (1 - expected) / 4000)
    assert np.abs(changed[[0, 1, 3]] - expected).max() <= tolerance
    assert changed[2] == 0
    if expected > 0:
        others = Counter(children[children[:, 1] != 2, 1].tolist())
        assert set(others) == {0, 1, 3, 4}
        assert chisquare(list(others.values())).pvalue > 1e-3


@pytest.mark.parametrize("points", [None, 1, 2, 5])
def test_children_switch_parents_as_often_as_asked(context, points):
    space = ToySpace((2,) * 6)
    strategy = GeneticAlgorithm(
        context(space),
        population_size=2,
        selection=Tournament(1),
        crossover_points=points,
        mutation_rate=0.0,
    )
    strategy.parents = [(0.9, (1,) * 6), (0.1, (0,) * 6)]
    switches = Counter(
        int(np.abs(np.diff(strategy.ask().architecture)).sum()) for _ in range(2000)
    )
    # Half of the couples are twice the same parent.
    if points is None:
        assert set(switches) == set(range(6))
    else:
        assert set(switches) == {0, points}
        assert abs(switches[0] - 1000) < 4 * np.sqrt(500)


def test_late_outcomes_count_for_the_next_generation(context, evaluation, cell201):
    strategy = GeneticAlgorithm(context(cell201), population_size=5)
    asked = [strategy.ask() for _ in range(8)]
    for number, proposal in enumerate(asked[3:]):
        strategy.tell(proposal, evaluation(number / 10))
    assert {architecture for _, architecture in strategy.parents} == {
        proposal.architecture for proposal in asked[3:]
    }
    for proposal in asked[:3]:
        strategy.tell(proposal, evaluation(0.9))
    assert len(strategy.children) == 3
    strategy.tell(strategy.ask(), evaluation(0.0))
    assert [score for score, _ in strategy.parents] == [0.9, 0.9, 0.9, 0.4, 0.0]


def test_children_of_a_constrained_space_are_valid(context):
    space = ConstrainedToySpace((3, 2, 4, 3))
    strategy = GeneticAlgorithm(context(space), population_size=5, mutation_rate=0.9)
    assert len(play(strategy, ToyBenchmark(space), 300)) == 300


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"population_size": 0}, "is 0; expected a whole number from 1 to 100,000"),
        ({"selection": Tournament(0)}, "not 0 of 20"),
        ({"selection": Tournament(21)}, "not 21 of 20"),
        ({"elites": 20}, "keeps 0 to 19 elites, not 20"),
        ({"elites": -1}, "is -1; expected a whole number from 0"),
        ({"mutation_rate": 1.5}, "is 1.5; expected a number from 0 to 1 or None"),
        ({"mutation_rate": float("nan")}, "is nan; expected a number from 0 to 1"),
        ({"crossover_points": 0}, "is 0; expected a whole number from 1"),
        ({"crossover_points": 6}, "cut at 1 to 5 points, not 6"),
    ],
)
def test_wrong_settings_are_refused(context, cell201, settings, message):
    with pytest.raises(NasbenchError, match=message):
        GeneticAlgorithm(context(cell201), **settings)
