"""Who becomes a parent: selection by tournament, by rank and by fitness."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean
from typing import Literal, Protocol, TypeAlias, get_args

import numpy as np

from nasbench.errors import NasbenchError, unknown

Scaling: TypeAlias = Literal["window", "sigma", "none"]


class Selection(Protocol):
    """Picks a parent out of a population; fitter ones more often."""

    def pick(self, scores: Sequence[float], rng: np.random.Generator) -> int:
        """Return a place in `scores`, which stand best first; -inf is a failure."""


@dataclass(frozen=True)
class Tournament:
    """The best of some uniform draws with replacement (Goldberg & Deb 1991).

    Of n, the r-th from below wins with probability (r^k - (r - 1)^k) / n^k.

    Attributes:
        entrants: k, how many are drawn; 1 is `Uniform`.
    """

    entrants: int = 3

    def check(self, population: int) -> None:
        """Check the number of entrants.

        Raises:
            NasbenchError: It is not between 1 and the whole population.
        """
        if not 1 <= self.entrants <= population:
            raise NasbenchError(
                f"a tournament takes 1 to all of the population, not {self.entrants} "
                f"of {population}"
            )

    def pick(self, scores: Sequence[float], rng: np.random.Generator) -> int:
        """Return the place of the winner."""
        # The best stand first: the winner is the entrant with the smallest place.
        smallest = min(rng.random(self.entrants).tolist())
        return int(smallest * len(scores))


@dataclass(frozen=True)
class LinearRank:
    """Probabilities that fall linearly from the best to the worst (Baker, ICGA 1985).

    Attributes:
        pressure: How often the best is picked, relative to the mean; 1 to 2. At 2 the
            worst of all is never picked.
    """

    pressure: float = 2.0

    def __post_init__(self) -> None:
        """Check the pressure.

        Raises:
            NasbenchError: It is outside [1, 2].
        """
        if not 1 <= self.pressure <= 2:
            raise NasbenchError(f"a selection pressure is 1 to 2, not {self.pressure}")

    def weights(self, scores: Sequence[float]) -> list[float]:
        """Return what the probabilities are in proportion to; only ranks count."""
        fall = 2 * (self.pressure - 1) / max(len(scores) - 1, 1)
        return [self.pressure - fall * place for place in range(len(scores))]

    def pick(self, scores: Sequence[float], rng: np.random.Generator) -> int:
        """Return a place drawn by rank."""
        return _spin(self.weights(scores), rng)


@dataclass(frozen=True)
class Roulette:
    """Probabilities in proportion to a scaled fitness (Holland 1975; Goldberg 1989).

    In proportion to the accuracies themselves, which differ by a few points of about
    ninety, selection hardly selects: on NAS-Bench-201 it is as good as random parents.
    Hence the scaling. Failures are never picked unless there are only failures; equal
    scores have equal probabilities.

    Attributes:
        scaling: ``"window"``: score - worst. ``"sigma"``: score - (mean - 2 standard
            deviations), not below zero (Forrest's truncation). ``"none"``: the score
            itself; a negative one counts as zero.
    """

    scaling: Scaling = "window"

    def __post_init__(self) -> None:
        """Check the scaling.

        Raises:
            NasbenchError: There is none of that name.
        """
        if self.scaling not in get_args(Scaling):
            raise NasbenchError(unknown("scaling", self.scaling, get_args(Scaling)))

    def weights(self, scores: Sequence[float]) -> list[float]:
        """Return what the probabilities are in proportion to."""
        succeeded = [score for score in scores if score > -math.inf]
        if not succeeded:
            return [1.0] * len(scores)
        zero = 0.0
        if self.scaling == "window":
            zero = min(succeeded)
        elif self.scaling == "sigma":
            mean = fmean(succeeded)
            variance = fmean([(score - mean) ** 2 for score in succeeded])
            zero = mean - 2 * math.sqrt(variance)
        weights = [max(score - zero, 0.0) for score in scores]
        return weights if any(weights) else [float(s > -math.inf) for s in scores]

    def pick(self, scores: Sequence[float], rng: np.random.Generator) -> int:
        """Return a place drawn by fitness."""
        return _spin(self.weights(scores), rng)


@dataclass(frozen=True)
class Uniform:
    """Every member alike: what the other selections have to beat."""

    def pick(self, scores: Sequence[float], rng: np.random.Generator) -> int:
        """Return a uniform place."""
        return int(rng.integers(len(scores)))


SelectionName: TypeAlias = Literal[
    "tournament", "rank", "roulette", "roulette-sigma", "roulette-raw", "uniform"
]

SELECTIONS: dict[str, Selection] = {
    "tournament": Tournament(),
    "rank": LinearRank(),
    "roulette": Roulette("window"),
    "roulette-sigma": Roulette("sigma"),
    "roulette-raw": Roulette("none"),
    "uniform": Uniform(),
}
"""The selections by name, with their default settings."""


def selection_called(name: str) -> Selection:
    """Return the selection of that name.

    Raises:
        NasbenchError: There is none; the known ones are named.
    """
    if name not in SELECTIONS:
        raise NasbenchError(unknown("selection", name, SELECTIONS))
    return SELECTIONS[name]


def _spin(weights: list[float], rng: np.random.Generator) -> int:
    """Spin the wheel, whose sectors are as wide as the weights."""
    edges = list(accumulate(weights))
    place = bisect_right(edges, rng.random() * edges[-1])
    return min(place, len(edges) - 1)
