"""Runs that replay one search: they are one observation, however many they are.

A recorded search that is replayed by a hundred runs says once how good its method is.
Runs of one search are drawn together by a bootstrap, as a cluster (Davison & Hinkley,
"Bootstrap methods and their application", 1997, section 3.8), and tests take each
search once.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Searches: TypeAlias = NDArray[np.int64]
"""Of every run the position of the first run of the same search, on the last axis."""

LEAST_SEARCHES = 5
"""With fewer distinct searches on a side nothing is tested: five on either side are the
fewest with which a rank-sum test can reach 1 %."""


def count_searches(searches: Searches) -> NDArray[np.int64]:
    """Return how many distinct searches stand on the last axis."""
    return np.asarray((searches == np.arange(searches.shape[-1])).sum(axis=-1))


def first_runs(searches: Searches) -> NDArray[np.bool_]:
    """Return which runs are the first of their search."""
    return np.asarray(searches == np.arange(searches.shape[-1]))


def repeat_positions(searches: Searches | None) -> list[int]:
    """Return where on the first axis some run repeats another one's search.

    Args:
        searches: ``(k, n)`` or ``(k, n, b)``, runs on the second axis; None for none.
    """
    if searches is None:
        return []
    repeats = ~first_runs(np.moveaxis(searches, 1, -1))
    return np.flatnonzero(repeats.reshape(len(searches), -1).any(axis=1)).tolist()


def replaying(runs: int, searches: int) -> str:
    """Return in words what runs repeat, as in ``100 runs replay 1 search``."""
    plural = "search" if searches == 1 else "searches"
    return f"{runs} {'run' if runs == 1 else 'runs'} replay {searches} {plural}"
