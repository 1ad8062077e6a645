"""The path encoding of White et al. (BANANAS, AAAI 2021), exactly, on cells."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.spaces import Architectures, SearchSpace, TopologyCell
from surrogates.encodings.encoding import Encoding, Features

WIDEST = 50_000
"""More columns than that fit no model; the path encoding grows exponentially."""


class Path(Encoding):
    """Mark every sequence of operations that lies on a way from input to output.

    A way is a chain of edges from the cell's first node to its last one, and its
    sequence is that of the operations on the edges, ``none`` and ``skip_connect``
    included. Columns are all sequences: shorter ones before longer ones, and of one
    length in the order of a number whose first digit is the first operation. Two ways
    with one sequence mark one column once: it is a set, as in the paper. ``cell201``
    has 5 + 25 + 125 = 155 columns, and 4 ways.

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
        """Say why not: only cells with operations on their edges have such paths."""
        if not isinstance(space, TopologyCell):
            return "only topology cells have paths of operations on edges"
        columns = self._columns(space)
        if columns > WIDEST:
            return f"its {columns:,} columns are too many; truncate it, as in path-1000"
        return None

    def encode(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return ``(n, sequences or width) float32`` of zeros and ones.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
            NasbenchError: The space is no topology cell.
        """
        self.require(space)
        if not isinstance(space, TopologyCell):  # for the type checker
            raise NasbenchError(f"{space.name} is no topology cell")
        space.indices(architectures)  # checks shape and range
        batch = np.asarray(architectures, np.int64)
        columns = self._columns(space)
        marks = np.zeros((len(batch), columns), np.float32)
        radix = len(space.operations)
        for way in paths_of(space):
            number = np.zeros(len(batch), np.int64)
            for edge in way:
                number = number * radix + batch[:, edge]
            column = number + sum(radix**length for length in range(1, len(way)))
            kept = np.flatnonzero(column < columns)
            marks[kept, column[kept]] = 1
        return marks

    def _columns(self, space: TopologyCell) -> int:
        """Return the number of columns, at most the number of sequences."""
        radix = len(space.operations)
        total = sum(int(radix**length) for length in range(1, space.nodes))
        return total if self._width is None else min(self._width, total)


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
