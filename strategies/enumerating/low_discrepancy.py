"""The points of a grid, spread evenly over it from the first one on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nasbench.spaces import Architecture
from strategies.drawing.lazy_shuffle import LazyShuffle

_MISSES = 100


class EvenGrid:
    """Every point of a product of options once, in a low-discrepancy order.

    A Halton sequence (Numerische Mathematik 1960), one prime base per decision. Its
    digits are permuted at random, one permutation per base and place, without which
    the larger bases are correlated (Braaten & Weller, J. Comput. Phys. 1979; Owen
    2017). Each coordinate in [0, 1) picks one of the decision's options. Two
    points of the sequence may fall on one point of the grid; the second is passed
    over. After 100 of them in a row the rest of the grid follows in random order.

    Nothing is listed: memory grows with the points that were drawn alone.

    Args:
        options: The options of every decision that belong to the grid.
        rng: Draws the permutations.
    """

    def __init__(
        self, options: Sequence[Sequence[int]], rng: np.random.Generator
    ) -> None:
        self.options = tuple(tuple(one) for one in options)
        self.bases = _first_primes(len(self.options))
        # Digits beyond these places are smaller than any option is wide.
        self.permutations = [
            [rng.permutation(base).tolist() for _ in range(_places(base))]
            for base in self.bases
        ]
        self.size = math.prod(len(one) for one in self.options)
        self.position = 0
        self.drawn: set[Architecture] = set()
        self.rest: LazyShuffle | None = None

    def draw(self, rng: np.random.Generator) -> Architecture | None:
        """Return the next point; None after the last.

        Args:
            rng: Draws the rest of the grid, once the sequence brings hardly any more.
        """
        for _ in range(_MISSES if self.rest is None else 0):
            point = self._halton_point()
            if point not in self.drawn:
                self.drawn.add(point)
                return point
        if self.rest is None:
            self.rest = LazyShuffle(self.size)
        while self.rest.remaining:
            point = self._point_at(self.rest.draw(rng))
            if point not in self.drawn:
                return point
        return None

    def _halton_point(self) -> Architecture:
        self.position += 1
        point = []
        for base, places, options in zip(
            self.bases, self.permutations, self.options, strict=True
        ):
            left, weight, fraction = self.position, 1.0, 0.0
            for permutation in places:
                left, digit = divmod(left, base)
                weight /= base
                fraction += permutation[digit] * weight
            point.append(options[int(fraction * len(options))])
        return tuple(point)

    def _point_at(self, index: int) -> Architecture:
        point = []
        for options in self.options:
            index, option = divmod(index, len(options))
            point.append(options[option])
        return tuple(point)


def _places(base: int) -> int:
    """Return how many digits in `base` tell all options of a decision apart."""
    return math.ceil(16 / math.log2(base))


def _first_primes(count: int) -> list[int]:
    primes: list[int] = []
    candidate = 2
    while len(primes) < count:
        if all(candidate % prime for prime in primes):
            primes.append(candidate)
        candidate += 1
    return primes
