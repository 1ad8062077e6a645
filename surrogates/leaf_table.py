"""Trees on one-hot columns summed over a whole space, without walking them."""

from __future__ import annotations

from math import prod
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from surrogates.leaf_options import LeafOptions

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

MOST_TERMS = 2**24
"""With more products of options than this, trees are walked instead."""


def table_of_sums(leaves: LeafOptions, members: int) -> Floats | None:
    """Return ``(combinations, members)``, the sums of all architectures in order.

    A leaf is a product over decisions of the options that it admits. Written with
    the indicators of all options but the last, and 1, it becomes a few products of
    single options. Those of all leaves are added up in a grid, which is then summed
    along one decision after the other (Yates 1937): a few additions per combination,
    however many trees there are.

    Leaf values are whole multiples of a power of two, and sums of whole numbers are
    exact: the bits are those of adding one tree after the other.

    Args:
        leaves: The leaves, of equal runs of trees.
        members: How many runs; each is summed for itself.

    Returns:
        None where the sums are not exact, or take too many products.
    """
    unit = leaves.unit(members)
    parts = _indicators(leaves)
    terms = np.prod([np.count_nonzero(part, axis=1) for part in parts], axis=0)
    if unit is None or terms.sum() > MOST_TERMS:
        return None
    whole = np.ldexp(leaves.value, -unit).astype(np.int64)
    grid = np.empty(prod(leaves.radices), np.int64)
    result = np.empty((len(grid), members))
    firsts = leaves.first[:: len(leaves.first) // members]
    for member, own in enumerate(np.split(np.arange(len(whole)), firsts[1:])):
        grid.fill(0)
        _add_products(grid, [part[own] for part in parts], whole[own])
        _sum_along(grid, leaves.radices)
        np.multiply(grid, 2.0**unit, out=result[:, member])
    return result


def _indicators(leaves: LeafOptions) -> list[NDArray[np.int8]]:
    """Return per decision ``(leaves, options)``: factors of all options but the last.

    In the last column stands the factor of 1, which is whether the last is admitted.
    """
    found = []
    for admits in np.split(leaves.allowed, np.cumsum(leaves.radices)[:-1], axis=1):
        part = admits.astype(np.int8)
        part[:, :-1] -= part[:, -1:]
        found.append(part)
    return found


def _add_products(
    grid: Integers, parts: list[NDArray[np.int8]], whole: Integers
) -> None:
    """Multiply the factors of every leaf out; add each product where it belongs."""
    leaf, factor = np.arange(len(whole)), whole
    place = np.zeros(len(whole), np.int64)
    for part in parts:
        row, option = np.nonzero(part[leaf])
        leaf = leaf[row]
        place = place[row] * part.shape[1] + option
        factor = factor[row] * part[leaf, option]
    np.add.at(grid, place, factor)


def _sum_along(grid: Integers, radices: tuple[int, ...]) -> None:
    """Turn factors of products into sums over all products that hold, in place.

    Whole numbers wrap around at 2^64, so that only the results have to fit.
    """
    behind = 1
    for radix in reversed(radices):
        view = grid.reshape(-1, radix, behind)
        view[:, :-1] += view[:, -1:]
        behind *= radix
