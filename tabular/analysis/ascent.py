"""Where steepest ascent ends, from every architecture of a space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ascent:
    """The ends of the ascents from all nodes of a neighbourhood graph.

    Attributes:
        end_of: ``(size,)``, the node where the ascent from every node ends; of a
            plateau, its smallest.
        ends_here: ``(size,) bool``, whether a node is such an end, or on its plateau.
    """

    end_of: Integers
    ends_here: NDArray[np.bool_]


def strict_ascent(values: Floats, neighbours: Integers) -> Ascent:
    """Follow steepest ascent without neutral steps from every node.

    It goes to the best neighbour that is better, of equal ones to that with the
    smallest index, and stops where there is none: also on a plateau that has one
    further on.

    Args:
        values: ``(size,)``; NaN for nodes that are not there.
        neighbours: ``(size, degree)``, ascending; -1 where there is none.
    """
    nodes = np.arange(len(values))
    target, reached = _best_steps(values, neighbours)
    end_of = _ends(np.where(reached > values, target, nodes))
    return Ascent(end_of, end_of == nodes)


def plateau_ascent(values: Floats, neighbours: Integers) -> Ascent:
    """Follow steepest ascent with neutral steps where nothing leads up.

    A step between neighbours of equal value, such as two architectures of one class,
    is neutral; a plateau is all that neutral steps join (a neutral network; Reidys &
    Stadler, SIAM Review 2002). An ascent that is stuck walks its plateau and takes
    the best step up from any of its nodes, of equal ones that to the smallest index.
    So it ends in a local optimum: a plateau that no step leads up from.

    Args:
        values: ``(size,)``; NaN for nodes that are not there.
        neighbours: ``(size, degree)``, ascending; -1 where there is none.
    """
    plateau_of = _plateaus(values, neighbours)
    target, reached = _best_steps(values, neighbours)
    # The first of every plateau in this order has its best step.
    order = np.lexsort((target, -reached, plateau_of))
    _, first = np.unique(plateau_of[order], return_index=True)
    leaving = order[first][plateau_of]
    _, smallest = np.unique(plateau_of, return_index=True)
    stuck = np.where(reached[leaving] > values, target[leaving], smallest[plateau_of])
    end_of = _ends(np.where(reached > values, target, stuck))
    return Ascent(end_of, plateau_of[end_of] == plateau_of)


def _plateaus(values: Floats, neighbours: Integers) -> Integers:
    """Number the plateaus; a node that is not there is one of its own."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = np.nonzero(_seen(values, neighbours) == values[:, None])
    shape = (len(values), len(values))
    ones = np.ones(len(rows), np.int8)
    equal = coo_array((ones, (rows, neighbours[rows, columns])), shape=shape)
    return np.asarray(connected_components(equal, directed=False)[1], np.int64)


def _best_steps(values: Floats, neighbours: Integers) -> tuple[Integers, Floats]:
    """Return every node's best neighbour and its value."""
    seen = _seen(values, neighbours)
    best = seen.argmax(axis=1)[:, None]
    return (
        np.take_along_axis(neighbours, best, axis=1)[:, 0],
        np.take_along_axis(seen, best, axis=1)[:, 0],
    )


def _seen(values: Floats, neighbours: Integers) -> Floats:
    """Return the neighbours' values; minus infinity where there is none."""
    known = np.append(np.where(np.isnan(values), -np.inf, values), -np.inf)
    return np.asarray(known[neighbours])


def _ends(step: Integers) -> Integers:
    """Follow steps to their end, twice as many at a time."""
    while not np.array_equal(further := step[step], step):
        step = further
    return step
