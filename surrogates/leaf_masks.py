"""The leaves that an architecture reaches, by intersecting sets of leaves."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import Architectures
from surrogates.leaf_options import LeafOptions

Floats: TypeAlias = NDArray[np.float64]
Masks: TypeAlias = NDArray[Any]
"""Sets of leaves, ``int32`` or ``int64``."""

MOST_LEAVES = 64
"""More leaves of a tree do not fit into one number."""

GROUP = 64
"""Neighbouring decisions are looked up together, up to so many combinations."""

BLOCK = 2**16
"""Architectures times trees that are read together: they stay in the cache."""


@dataclass(frozen=True, eq=False)
class LeafMasks:
    """Trees as sets of leaves: a bit per leaf, a set per option and tree.

    The leaf that an architecture reaches is the only one that all its options admit:
    one AND per decision reads all trees, without a branch. The idea is that of
    QuickScorer (Lucchese et al., SIGIR 2015), whose sets belong to the nodes that
    answer no; ours belong to the options, of which an architecture has one a decision.

    Attributes:
        weights: ``(decisions, groups) int64``: options times these give the rows of
            `masks`.
        masks: One ``(combinations, trees)`` per group of decisions.
        value: ``(leaves,)``, what a leaf says.
        first: ``(trees,) int64``, position of the first leaf of every tree.
        exact: Whether sums are the same in every order.
    """

    weights: NDArray[np.int64]
    masks: tuple[Masks, ...]
    value: Floats
    first: NDArray[np.int64]
    exact: bool

    @classmethod
    def of(cls, leaves: LeafOptions, members: int) -> Self | None:
        """Return the sets; None where a tree has more than 64 leaves."""
        most = leaves.most_leaves
        if most > MOST_LEAVES:
            return None
        kind = np.int32 if most <= 32 else np.int64
        rank = np.arange(len(leaves.value))
        rank -= np.repeat(leaves.first, np.diff(leaves.first, append=len(leaves.value)))
        bit = np.left_shift(np.array(1, kind), rank.astype(kind))
        options = [
            np.bitwise_or.reduceat(np.where(admits, bit, kind(0)), leaves.first)
            for admits in leaves.allowed.T
        ]
        groups = _groups(leaves.radices)
        weights = np.zeros((len(leaves.radices), len(groups)), np.int64)
        masks = []
        for number, group in enumerate(groups):
            joined = np.full((1, len(leaves.first)), kind(-1))
            for decision in group:
                start = sum(leaves.radices[:decision])
                own = np.stack(options[start : start + leaves.radices[decision]])
                weights[group[0] : decision, number] *= len(own)
                weights[decision, number] = 1
                joined = (joined[:, None] & own).reshape(-1, len(leaves.first))
            masks.append(joined)
        exact = leaves.unit(members) is not None
        return cls(weights, tuple(masks), leaves.value, leaves.first, exact)

    def sums(self, architectures: Architectures, members: int) -> Floats:
        """Return ``(n, members)``: equal runs of trees, summed.

        The bits are those of adding one tree after the other.
        """
        rows = architectures.astype(np.int64) @ self.weights
        result = np.empty((len(rows), members))
        trees = len(self.first)
        step = max(1, BLOCK // trees)
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            left = self.masks[0].take(part[:, 0], axis=0)
            for group in range(1, len(self.masks)):
                left &= self.masks[group].take(part[:, group], axis=0)
            said = self.value.take(_lowest_bit(left) + self.first)
            each = said.reshape(len(part), members, -1)
            if self.exact:
                each.sum(axis=2, out=result[start : start + step])
            else:
                result[start : start + step] = np.cumsum(each, axis=2)[:, :, -1]
        return result


def _lowest_bit(one: Masks) -> Masks:
    """Return the position of the only bit of every number."""
    if one.dtype == np.int32:
        # The exponent of the power of two; the last bit is the sign.
        return ((one.astype(np.float32).view(np.int32) >> 23) & 255) - 127
    return ((one.astype(np.float64).view(np.int64) >> 52) & 2047) - 1023


def _groups(radices: tuple[int, ...]) -> list[list[int]]:
    """Return runs of decisions with up to `GROUP` combinations each."""
    groups: list[list[int]] = [[]]
    for decision, radix in enumerate(radices):
        if groups[-1] and prod(radices[i] for i in groups[-1]) * radix > GROUP:
            groups.append([])
        groups[-1].append(decision)
    return groups
