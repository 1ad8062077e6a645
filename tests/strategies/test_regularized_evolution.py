"""Regularised evolution: who wins, who changes, who dies."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from nasbench.errors import NasbenchError
from nasbench.search import Proposal
from nasbench.testing import ConstrainedToySpace, ToyBenchmark, play
from strategies import RegularizedEvolution


def test_the_founders_are_random_and_the_first_child_follows_at_once(context, cell201):
    toy = ToyBenchmark(cell201)
    strategy = RegularizedEvolution(
        context(cell201), population_size=8, tournament_size=8
    )
    founders = [proposal.architecture for proposal, _ in play(strategy, toy, 8)]
    rng = np.random.default_rng(0)
    assert founders == [cell201.sample(rng) for _ in range(8)]
    child = strategy.ask().architecture
    assert any(child in cell201.neighbours(founder) for founder in founders)


def test_the_population_is_the_latest_outcomes_whatever_their_scores(context, cell201):
    toy = ToyBenchmark(cell201)
    strategy = RegularizedEvolution(
        context(cell201), population_size=8, tournament_size=3
    )
    told = []
    for _ in range(60):
        told += play(strategy, toy, 1)
        latest = [
            (outcome.validation_accuracy, proposal.architecture)
            for proposal, outcome in told[-8:]
        ]
        assert list(strategy.population) == latest


@pytest.mark.parametrize("entrants", [1, 2, 4, 7])
def test_the_tournament_has_the_exact_law(
    context, options_of_seven, evaluation, entrants
):
    strategy = RegularizedEvolution(
        context(options_of_seven), population_size=7, tournament_size=entrants
    )
    scores = [0.3, 0.9, 0.1, 0.5, 0.7, 0.2, 0.8]
    for option, score in enumerate(scores):
        strategy.ask()
        strategy.tell(Proposal((option,), 1), evaluation(score))
    # The maximum of k draws with replacement out of n has rank r with probability
    # (r^k - (r - 1)^k) / n^k; the child is any other option.
    rank = np.argsort(np.argsort(scores)) + 1.0
    wins = (rank**entrants - (rank - 1) ** entrants) / 7**entrants
    law = (1 - wins) / 6
    drawn = Counter(strategy.ask().architecture[0] for _ in range(7000))
    assert sum(drawn.values()) == 7000
    assert chisquare([drawn[i] for i in range(7)], 7000 * law).pvalue > 1e-3


def test_every_decision_is_mutated_equally_often(context, cell201, evaluation):
    # With a population of one, the parent is whatever was told last.
    strategy = RegularizedEvolution(
        context(cell201), population_size=1, tournament_size=1
    )
    parent = strategy.ask()
    strategy.tell(parent, evaluation(0.5))
    changes = Counter()
    for _ in range(6000):
        child = strategy.ask()
        strategy.tell(child, evaluation(0.5))
        pairs = zip(parent.architecture, child.architecture, strict=True)
        changes[tuple(i for i, (a, b) in enumerate(pairs) if a != b)] += 1
        parent = child
    assert set(changes) == {(i,) for i in range(6)}
    assert chisquare(list(changes.values())).pvalue > 1e-3
    # The node-first choice of some implementations would be found out.
    node_first = 6000 * np.array([1 / 3, 1 / 6, 1 / 6, 1 / 9, 1 / 9, 1 / 9])
    assert chisquare(node_first).pvalue < 1e-100


def test_a_failed_training_wins_only_among_failures(
    context, options_of_seven, evaluation
):
    strategy = RegularizedEvolution(
        context(options_of_seven), population_size=7, tournament_size=7
    )
    for option in range(7):
        strategy.ask()
        strategy.tell(Proposal((option,), 1), evaluation(0.1 if option == 4 else None))
    # The one success loses a tournament of seven with probability (6/7)^7.
    children = [strategy.ask().architecture[0] for _ in range(4000)]
    expected = 4000 * (6 / 7) ** 7 / 7
    assert abs(children.count(4) - expected) < 4 * np.sqrt(expected)


def test_children_of_a_constrained_space_are_valid(context):
    space = ConstrainedToySpace((3, 2, 4, 3))
    strategy = RegularizedEvolution(
        context(space), population_size=5, tournament_size=2
    )
    assert len(play(strategy, ToyBenchmark(space), 300)) == 300


def test_workers_that_ask_before_any_outcome_get_random_architectures(context, cell201):
    strategy = RegularizedEvolution(
        context(cell201), population_size=3, tournament_size=2
    )
    asked = [strategy.ask().architecture for _ in range(12)]
    rng = np.random.default_rng(0)
    assert asked == [cell201.sample(rng) for _ in range(12)]


@pytest.mark.parametrize(
    "population_size, tournament_size", [(0, 1), (5, 6), (5, 0), (-3, -3)]
)
def test_wrong_sizes_are_refused(context, cell201, population_size, tournament_size):
    message = f"not {tournament_size} of {population_size}$"
    if min(population_size, tournament_size) < 1:
        message = "expected a whole number from 1 to 100,000"
    with pytest.raises(NasbenchError, match=message):
        RegularizedEvolution(
            context(cell201),
            population_size=population_size,
            tournament_size=tournament_size,
        )
