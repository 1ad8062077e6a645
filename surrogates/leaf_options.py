"""Trees on one-hot columns, read as what they say of the options of decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from surrogates.trees import Rows, Trees

Floats: TypeAlias = NDArray[np.float64]

MANTISSA = 24
"""Bits of a float32; a leaf's value is a whole multiple of 2^(its exponent - 24)."""

EXACT = 52
"""Sums below 2^52 of some unit are exact in float64, with a bit to spare."""


@dataclass(frozen=True, eq=False)
class LeafOptions:
    """The leaves of all trees, each with the options that lead to it.

    On one-hot columns a path from a root to a leaf is a product: it admits some
    options of every decision, whatever the others are.

    Attributes:
        radices: Options of every decision.
        allowed: ``(leaves, sum of radices) bool``, the options that a leaf admits.
        value: ``(leaves,)``, what it says.
        first: ``(trees,) int64``, position of the first leaf of every tree.
    """

    radices: tuple[int, ...]
    allowed: NDArray[np.bool_]
    value: Floats
    first: NDArray[np.int64]

    @classmethod
    def of(cls, trees: Trees, radices: tuple[int, ...], further: Rows) -> Self:
        """Read the trees; leaves that no architecture reaches are left out.

        Args:
            trees: Their columns are one-hot, then `further`; ``k`` has to be 1.
            radices: Options of every decision.
            further: ``(f,) float32``, what the columns behind the one-hot ones hold.
        """
        starts = np.cumsum((0, *radices[:-1]))
        yes = _answers(trees, radices, further)
        touched = _touched(trees, radices)
        node, tree = trees.roots.astype(np.int64), np.arange(len(trees.roots))
        allowed = np.ones((len(node), sum(radices)), np.bool_)
        found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]] = []
        while len(node):
            possible = np.logical_or.reduceat(allowed, starts, axis=1).all(axis=1)
            leaf = trees.children[node, 0] == node
            ends, inner = possible & leaf, possible & ~leaf
            found.append((tree[ends], node[ends], allowed[ends]))
            node, tree, allowed = node[inner], tree[inner], allowed[inner]
            question = trees.split[node]
            sides = (~yes[question] | ~touched[question], yes[question])
            node = np.concatenate((trees.children[node, 0], trees.children[node, 1]))
            node = node.astype(np.int64)
            tree = np.concatenate((tree, tree))
            allowed = np.concatenate([allowed & side for side in sides])
        trees_of, nodes, admitted = (
            np.concatenate(column) for column in zip(*found, strict=True)
        )
        order = np.argsort(trees_of, kind="stable")
        first = np.searchsorted(trees_of[order], np.arange(len(trees.roots)))
        value = trees.value[nodes[order], 0].astype(np.float64)
        return cls(radices, admitted[order], value, first)

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Put the trees of several behind one another."""
        counts = np.cumsum([0, *(len(part.value) for part in parts)])
        return cls(
            radices=parts[0].radices,
            allowed=np.concatenate([part.allowed for part in parts]),
            value=np.concatenate([part.value for part in parts]),
            first=np.concatenate(
                [part.first + count for part, count in zip(parts, counts, strict=False)]
            ),
        )

    @property
    def most_leaves(self) -> int:
        """The leaves of the largest tree."""
        return int(np.diff(self.first, append=len(self.value)).max())

    def unit(self, members: int) -> int | None:
        """Return the exponent e for which sums over trees are exact in float64.

        All values are whole multiples of 2^e, and no sum over some trees of one
        member reaches 2^52 of them: then sums are the same in every order.

        Args:
            members: How many equal runs of trees are summed, each for itself.

        Returns:
            The exponent; None where values differ too much in size.
        """
        fraction, exponent = np.frexp(self.value)
        whole = (fraction * 2.0**MANTISSA).astype(np.int64)
        lowest = np.frexp((whole & -whole).astype(np.float64))[1] - 1
        unit = int(np.min((exponent - MANTISSA + lowest)[whole != 0], initial=0))
        largest = np.maximum.reduceat(np.abs(self.value), self.first)
        bound = float(largest.reshape(members, -1).sum(axis=1).max())
        return unit if bound < 2.0 ** (EXACT + unit) else None


def _answers(
    trees: Trees, radices: tuple[int, ...], further: Rows
) -> NDArray[np.bool_]:
    """Return ``(questions, columns)``: whether an option may be taken after a yes.

    A question about one option is answered by every option of its decision; one about
    a further column by none, and then admits all or nothing.
    """
    columns = sum(radices)
    touched = _touched(trees, radices)
    column, below = trees.feature, trees.threshold
    yes = np.where(touched, (below > 0)[:, None], True)
    asked = np.flatnonzero(column < columns)
    yes[asked, column[asked]] = below[asked] > 1
    others = np.flatnonzero(column >= columns)
    said = further[column[others] - columns] < below[others]
    yes[others] = said[:, None]
    return yes


def _touched(trees: Trees, radices: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return ``(questions, columns)``: whose options a question tells apart."""
    decision = np.repeat(np.arange(len(radices)), radices)
    columns = len(decision)
    own = decision[np.minimum(trees.feature, columns - 1)]
    further = trees.feature >= columns
    return np.asarray((decision == own[:, None]) | further[:, None])
