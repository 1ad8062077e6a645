"""The classes of a space as a list to choose from, shared by all runs of a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import mul

import numpy as np
from numpy.typing import NDArray

from nasbench.search import SearchContext
from nasbench.spaces import Architecture, Architectures, SearchSpace

LARGEST = 2**14
"""Classes up to which a whole space is scored at every step."""

MOST_COMBINATIONS = 2**17
"""Combinations up to which classes are looked for at all; finding them takes time."""


@dataclass(frozen=True, eq=False)
class Enumeration:
    """One architecture of every class of a space.

    Attributes:
        architectures: ``(classes, decisions) uint8``, the first member of each.
        class_of: ``(size,) int32``, the class of every index; -1: not valid.
        strides: The weight of every decision in an index.
    """

    architectures: Architectures
    class_of: NDArray[np.int32]
    strides: tuple[int, ...]

    def __len__(self) -> int:
        """Return the number of classes."""
        return len(self.architectures)

    def position(self, architecture: Architecture) -> int:
        """Return the class of an architecture."""
        return int(self.class_of[sum(map(mul, architecture, self.strides))])

    def architecture(self, position: int) -> Architecture:
        """Return the first member of a class."""
        return tuple(self.architectures[position].tolist())

    def permitted(self, context: SearchContext) -> NDArray[np.bool_]:
        """Return ``(classes,)``: whether the limits on free columns allow a class."""
        if not context.constraints:
            return np.ones(len(self), np.bool_)
        allowed = (context.permits(self.architecture(i)) for i in range(len(self)))
        return np.fromiter(allowed, np.bool_, len(self))


@lru_cache(maxsize=8)
def enumeration_of(space: SearchSpace) -> Enumeration | None:
    """Return the classes of a space; None where they are too many to score them all.

    The arrays are read-only: runs on equal spaces share them.
    """
    if space.size > MOST_COMBINATIONS or len(space.classes) > LARGEST:
        return None
    classes = space.classes
    architectures = space.architectures_at(classes.representatives.tolist())
    architectures.flags.writeable = False
    return Enumeration(architectures, classes.class_of, space.strides)
