"""The path encoding of White et al. (BANANAS, AAAI 2021), exactly, on cells."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations, pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.spaces import Architectures, SearchSpace, TopologyCell
from nasbench.spaces.cell101 import Cell101
from surrogates.encodings.encoding import Encoding, Features

WIDEST = 50_000
"""More columns than that fit no model; the path encoding grows exponentially."""

PathCell: TypeAlias = TopologyCell | Cell101


class Way(NamedTuple):
    """A way from a cell's input to its output, as positions of decisions.

    Attributes:
        spelled: The decisions whose options are its sequence of operations, in order.
        needed: The decisions that have to be 1, an edge, for the way to be there.
    """

    spelled: tuple[int, ...]
    needed: tuple[int, ...] = ()


class Path(Encoding):
    """Mark every sequence of operations that lies on a way from input to output.

    In a topology cell a way is a chain of edges from the first node to the last one,
    and its sequence is that of the operations on the edges, ``none`` and
    ``skip_connect`` included. ``cell201`` has 5 + 25 + 125 = 155 columns, and 4 ways.

    In the cell of NAS-Bench-101 a way is a chain of vertices whose edges are there,
    and its sequence is that of the operations of the vertices between input and
    output; an edge from input to output is the empty sequence. ``cell101`` has
    1 + 3 + 9 + 27 + 81 + 243 = 364 columns, and at most 32 ways. Vertices off every
    way mark nothing, and no column depends on how vertices are numbered, so members
    of a class are encoded alike. The paper keeps the paths of up to three operations
    there: ``path-40``.

    Columns are all sequences: shorter ones before longer ones, and of one length in
    the order of a number whose first digit is the first operation. Two ways with one
    sequence mark one column once: it is a set, as in the paper.

    Args:
        width: Keep the first so many columns, the shorter paths (the truncated path
            encoding of the same paper); None keeps all.

    Raises:
        NasbenchError: The width is not positive.
    """

    def __init__(self, width: int | None = None) -> None:
        if width is not None and width < 1:
            raise NasbenchError(f"a path encoding has 1 column or more, not {width}")
        self.name = "path" if width is None else f"path-{width}"
        self._width = width

    def is_defined_on(self, space: SearchSpace) -> str | None:
        """Say why not: only cells of named operations have such paths."""
        if not isinstance(space, PathCell):
            return "only topology cells and cell101 have paths of operations"
        columns = self._columns(space)
        if columns > WIDEST:
            return f"its {columns:,} columns are too many; truncate it, as in path-1000"
        return None

    def encode(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return ``(n, sequences or width) float32`` of zeros and ones.

        A combination that is no valid cell has the paths that it has, down to none.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
            NasbenchError: The space has no cells of named operations.
        """
        self.require(space)
        if not isinstance(space, PathCell):  # for the type checker
            raise NasbenchError(f"{space.name} has no paths of operations")
        space.indices(architectures)  # checks shape and range
        batch = np.asarray(architectures, np.int64)
        columns = self._columns(space)
        marks = np.zeros((len(batch), columns), np.float32)
        radix, lengths = len(space.operations), lengths_of(space)
        for way in ways_of(space):
            number = np.zeros(len(batch), np.int64)
            for decision in way.spelled:
                number = number * radix + batch[:, decision]
            shorter = range(lengths.start, len(way.spelled))
            column = number + sum(radix**length for length in shorter)
            there = batch[:, list(way.needed)].all(axis=1)
            kept = np.flatnonzero(there & (column < columns))
            marks[kept, column[kept]] = 1
        return marks

    def _columns(self, space: PathCell) -> int:
        """Return the number of columns, at most the number of sequences."""
        radix = len(space.operations)
        total = sum(int(radix**length) for length in lengths_of(space))
        return total if self._width is None else min(self._width, total)


def lengths_of(space: PathCell) -> range:
    """Return how many operations a path may have."""
    if isinstance(space, Cell101):
        return range(space.vertices - 1)
    return range(1, space.nodes)


def ways_of(space: PathCell) -> tuple[Way, ...]:
    """Return every way that a cell of `space` may have, shorter ones first."""
    if isinstance(space, Cell101):
        return _ways_of_vertices(space.vertices, space.edges)
    return tuple(Way(path) for path in paths_of(space))


@lru_cache
def paths_of(space: TopologyCell) -> tuple[tuple[int, ...], ...]:
    """Return every chain of edges from the first node to the last, as edge numbers.

    >>> from nasbench.spaces import make_space
    >>> paths_of(make_space("cell201"))  # edges (0,1) (0,2) (1,2) (0,3) (1,3) (2,3)
    ((3,), (0, 4), (1, 5), (0, 2, 5))
    """
    to_node: list[list[tuple[int, ...]]] = [[] for _ in range(space.nodes)]
    to_node[0].append(())
    for edge, (source, target) in enumerate(space.edges):
        to_node[target] += [(*path, edge) for path in to_node[source]]
    return tuple(sorted(to_node[-1], key=lambda path: (len(path), path)))


@lru_cache
def _ways_of_vertices(
    vertices: int, edges: tuple[tuple[int, int], ...]
) -> tuple[Way, ...]:
    """Return the ways through every set of vertices between the first and the last."""
    decision_of = {edge: decision for decision, edge in enumerate(edges)}
    return tuple(
        Way(
            spelled=tuple(len(edges) + vertex - 1 for vertex in between),
            needed=tuple(
                decision_of[step] for step in pairwise((0, *between, vertices - 1))
            ),
        )
        for count in range(vertices - 1)
        for between in combinations(range(1, vertices - 1), count)
    )
