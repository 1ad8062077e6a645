"""Regularised evolution against random search on a sample of NAS-Bench-101.

The protocol: the space is restricted to the 30,001 cells of the sample, 7 % of the
table; nothing is filled in for the others. Both strategies start from the same law,
uniform matrices and operations drawn again until the sample holds the cell. What
counts is the validation accuracy after 108 epochs, one training per cell; repeats are
charged. Evolution uses Google's mutation, drawn until the child is another function:
evolution that accepts the parent again, with other idle vertices, stands nearly still
in so thin a sample.
"""

from __future__ import annotations

import csv
import gzip
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from nasbench.benchmark import Evaluation, StaticCosts, Status
from nasbench.search import Budget, SearchContext
from nasbench.spaces.cell101_listed import ListedCell101
from nasbench.spaces.cell101_sampling import mutate_as_published
from strategies import RandomSearchWithReplacement, RegularizedEvolution

SAMPLE = (
    Path(__file__).resolve().parents[3] / "shared" / "reference" / "nb101_sample.csv.gz"
)


class PublishedMutation(ListedCell101):
    """The same cells, mutated as in Google's comparison until the function changes."""

    def mutate(self, architecture, rng):
        parent = self.canonical(architecture)
        while True:
            child = mutate_as_published(self, architecture, rng)
            if self.canonical(child) != parent:
                return child


@pytest.fixture(scope="module")
def accuracies():
    if not SAMPLE.exists():
        pytest.skip(f"needs the published sample shared/reference/{SAMPLE.name}")
    with gzip.open(SAMPLE, "rt") as file:
        return {
            row["module_hash"]: 100 * float(row["val108"])
            for row in csv.DictReader(file)
        }


def best_so_far(factory, space, accuracies, evaluations, seed):
    costs = StaticCosts(1, 2, 1)
    context = SearchContext(space, 1, Budget(evaluations), lambda _: costs, seed)
    strategy = factory(context)
    curve = []
    for _ in range(evaluations):
        proposal = strategy.ask()
        accuracy = accuracies[space.canonical(proposal.architecture)]
        curve.append(accuracy)
        strategy.tell(
            proposal,
            Evaluation(accuracy / 100, (), 1.0, 1, None, Status.COMPLETE, 1, 2),
        )
    return np.maximum.accumulate(curve)


EVOLUTION = partial(RegularizedEvolution, population_size=50, tournament_size=10)


def runs(factory, space, accuracies, evaluations, seeds):
    return np.array(
        [
            best_so_far(factory, space, accuracies, evaluations, seed)
            for seed in range(seeds)
        ]
    )


def lead_in_errors(accuracies, evaluations, seeds):
    """Return by how many standard errors evolution ends above random search."""
    hashes = list(accuracies)
    evolved, random = (
        runs(factory, kind("sample", hashes), accuracies, evaluations, seeds)[:, -1]
        for factory, kind in (
            (EVOLUTION, PublishedMutation),
            (RandomSearchWithReplacement, ListedCell101),
        )
    )
    error = np.sqrt((evolved.var(ddof=1) + random.var(ddof=1)) / seeds)
    return (evolved.mean() - random.mean()) / error


def test_evolution_beats_random_search_on_the_sample(accuracies):
    assert lead_in_errors(accuracies, 250, 15) > 2


@pytest.mark.slow
def test_evolution_beats_random_search_on_the_sample_clearly(accuracies):
    assert lead_in_errors(accuracies, 500, 100) > 5
