"""Which architectures of a finite space are the same function."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    from nasbench.spaces.space import SearchSpace

ENUMERATION_LIMIT = 1_000_000
"""Combinations; more take minutes and gigabytes, and nobody trains them all."""


@dataclass(frozen=True, eq=False)
class EquivalenceClasses:
    """The classes of a space, numbered in the order of their first member.

    Attributes:
        class_of: ``(size,) int32``, the class of every index; -1 where the
            combination is not valid.
        representatives: ``(classes,) int64``, the smallest index of every class.
    """

    class_of: NDArray[np.int32]
    representatives: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of classes."""
        return len(self.representatives)


def find_classes(space: SearchSpace) -> EquivalenceClasses:
    """Enumerate `space` and group its architectures by `canonical`.

    Raises:
        NasbenchError: The space is too large to enumerate.
    """
    if space.size > ENUMERATION_LIMIT:
        raise NasbenchError(
            f"{space.name} has {space.size:,} combinations; classes are enumerated up "
            f"to {ENUMERATION_LIMIT:,}: train a sample, as `nasbench collect` does"
        )
    number_of: dict[Hashable, int] = {}
    representatives: list[int] = []
    class_of = np.full(space.size, -1, np.int32)
    for architecture in space:
        index = sum(o * s for o, s in zip(architecture, space.strides, strict=True))
        number = number_of.setdefault(space.canonical(architecture), len(number_of))
        if number == len(representatives):
            representatives.append(index)
        class_of[index] = number
    class_of.flags.writeable = False
    first = np.array(representatives, np.int64)
    first.flags.writeable = False
    return EquivalenceClasses(class_of, first)
