"""Drawing without replacement from a space too large to list."""

from __future__ import annotations

import numpy as np

from nasbench.spaces import Architecture, SearchSpace


class LazyShuffle:
    """The integers of ``range(length)`` in random order, one at a time.

    It is the shuffle of Fisher and Yates (Durstenfeld, CACM 1964) on a list that is
    never written down: of the list, only the places whose content has changed are
    kept. A draw costs the same at the beginning and at the end, for any length.

    Attributes:
        remaining: How many integers are still to come.
    """

    def __init__(self, length: int) -> None:
        self.remaining = length
        self._moved: dict[int, int] = {}

    def draw(self, rng: np.random.Generator) -> int:
        """Take out one of the remaining integers; each is equally likely.

        Raises:
            IndexError: Nothing remains.
        """
        if self.remaining == 0:
            raise IndexError("all integers of the range have been drawn")
        place = _below(self.remaining, rng)
        self.remaining -= 1
        drawn = self._moved.pop(place, place)
        last = self._moved.pop(self.remaining, self.remaining)
        if place < self.remaining:
            self._moved[place] = last
        return drawn


def draw_architecture(
    order: LazyShuffle, space: SearchSpace, rng: np.random.Generator
) -> Architecture | None:
    """Draw the next valid architecture of `space`; None when there is none left.

    `order` shuffles the indices of the space, ``LazyShuffle(space.size)``.
    """
    while order.remaining:
        index = order.draw(rng)
        architecture = tuple(
            index // stride % radix
            for stride, radix in zip(space.strides, space.radices, strict=True)
        )
        if space.is_valid(architecture):
            return architecture
    return None


def _below(bound: int, rng: np.random.Generator) -> int:
    """Draw from ``range(bound)``, also where `bound` exceeds 64 bits."""
    if bound <= 2**63:
        return int(rng.integers(bound))
    bits = (bound - 1).bit_length()
    while True:
        drawn = int.from_bytes(rng.bytes((bits + 7) // 8), "little") >> (-bits % 8)
        if drawn < bound:
            return drawn
