"""Static costs of every architecture, cut loose from the table they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import StaticCosts
from nasbench.spaces import Architecture, SearchSpace


@dataclass(frozen=True, eq=False)
class CostColumns:
    """A cost model that looks up; a strategy may hold it, it knows no accuracy.

    Attributes:
        space: The space.
        class_of: ``(size,) int32``, the class of every architecture index.
        costs: The costs of every class.
    """

    space: SearchSpace
    class_of: NDArray[np.int32]
    costs: Sequence[StaticCosts]

    def __call__(self, architecture: Architecture) -> StaticCosts:
        """Return the static costs of `architecture`."""
        return self.costs[self.class_of.item(self.space.index(architecture))]
