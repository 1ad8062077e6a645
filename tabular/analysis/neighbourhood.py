"""The neighbourhood graph of a space: one changed decision is one step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import SearchSpace

NEIGHBOUR_LIMIT = 20_000_000
"""Entries of the largest matrix that is made: 160 MB."""


def neighbour_count(space: SearchSpace) -> int:
    """Return how many combinations differ from one in exactly one decision."""
    return sum(radix - 1 for radix in space.radices)


def neighbour_matrix(
    space: SearchSpace, valid: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Return the neighbours of every combination by index, ascending in each row.

    Args:
        space: The space.
        valid: ``(size,)``, which combinations are architectures; None for all.

    Returns:
        ``(size, neighbour_count) int64``; -1, in front, for neighbours that are not
        valid.

    >>> from nasbench.spaces import make_space
    >>> neighbour_matrix(make_space("topology:2:none,skip_connect,nor_conv_3x3"))
    array([[1, 2],
           [0, 2],
           [0, 1]])
    """
    indices = np.arange(space.size)
    columns = []
    for radix, stride in zip(space.radices, space.strides, strict=True):
        option = indices // stride % radix
        for step in range(1, radix):
            columns.append(indices + ((option + step) % radix - option) * stride)
    neighbours = np.stack(columns, axis=1)
    if valid is not None:
        neighbours[~valid[neighbours]] = -1
    neighbours.sort(axis=1)
    return neighbours
