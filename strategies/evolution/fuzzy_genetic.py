"""A genetic algorithm whose mutation and selection a fuzzy controller sets."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from strategies.evolution.fuzzy_controller import fuzzy_control
from strategies.evolution.genetic_algorithm import GeneticAlgorithm
from strategies.evolution.selection import Tournament
from strategies.settings import MOST, Count, Share, Within

WINDOW = 3
"""Generations over which the improvement is measured."""


class FuzzyGenetic(GeneticAlgorithm):
    """After each generation, set mutation rate and tournament by fuzzy rules.

    "Fuzzy search" is no method of its own; this is the control of a genetic
    algorithm's parameters by a fuzzy logic controller (Herrera & Lozano 1996 and
    later), the most faithful meaning. The inputs are the diversity of the population
    (mean Hamming distance over all pairs, relative to that of random architectures)
    and the improvement (in how many of the last three generations the best became
    better, so that only ranks count); rules and centroid stand in `fuzzy_controller`.
    We found no published rules for architectures; the nine are ours, and a board shows
    whether they pay.

    With one mutation rate and one tournament size to choose from, the controller is
    constant and this is `GeneticAlgorithm`, trajectory by trajectory.

    Args:
        context: What to search.
        population_size: Architectures of a generation, elites included.
        mutation_rates: The least and the most; None is a half and three times one
            over the number of decisions.
        tournament_sizes: The least and the most.
        elites: How many of the best go over into the next generation.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        population_size: Count = 20,
        mutation_rates: tuple[Share, Share] | None = None,
        tournament_sizes: tuple[Count, Count] = (2, 5),
        elites: Annotated[int, Within(0, MOST)] = 1,
    ) -> None:
        usual = 1 / context.space.decisions
        rates = mutation_rates or (0.5 * usual, min(3 * usual, 1.0))
        if rates[0] > rates[1]:
            raise NasbenchError(
                f"mutation_rates rise from the least to the most, not {rates}"
            )
        if tournament_sizes[0] > tournament_sizes[1]:
            raise NasbenchError(
                f"tournament_sizes rise from the least to the most, not "
                f"{tournament_sizes}"
            )
        Tournament(tournament_sizes[1]).check(population_size)
        super().__init__(
            context,
            population_size=population_size,
            selection=Tournament(round(sum(tournament_sizes) / 2)),
            mutation_rate=sum(rates) / 2,
            elites=elites,
        )
        self.mutation_rates = rates
        self.tournament_sizes = tournament_sizes
        self.bests: list[float] = []

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Add a child; with the last of its generation, ask the controller."""
        before = self.parents
        super().tell(proposal, evaluation)
        if self.parents is not before:
            self.bests.append(max([self.parents[0][0], *self.bests[-1:]]))
            self._adapt()

    def _adapt(self) -> None:
        control = fuzzy_control(self.diversity(), self.improvement())
        low, high = self.mutation_rates
        self.mutation_rate = low + control.mutation * (high - low)
        least, most = self.tournament_sizes
        self.selection = Tournament(round(least + control.pressure * (most - least)))

    def diversity(self) -> float:
        """Return the mean Hamming distance in the population, in [0, 1].

        1 is the expectation for random architectures, or more.
        """
        options = np.array([architecture for _, architecture in self.parents])
        count = len(options)
        radices = np.array(self.space.radices)
        expected = float((1 - 1 / radices).sum())
        if count < 2 or expected == 0:
            return 0.0
        # Per decision, the share of pairs that differ follows from the counts.
        equal = sum(
            float((np.bincount(column) * (np.bincount(column) - 1)).sum())
            for column in options.T
        ) / (count * (count - 1))
        return float(min((options.shape[1] - equal) / expected, 1.0))

    def improvement(self) -> float:
        """Return the share of the last generations that found a better best."""
        last = self.bests[-WINDOW - 1 :]
        if len(last) < 2:
            return 0.5
        rises = [after > before for before, after in pairwise(last)]
        return sum(rises) / len(rises)
