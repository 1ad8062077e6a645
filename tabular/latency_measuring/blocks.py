"""Which classes are measured, in which blocks, and tied together by which anchors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from tabular.table import Table

ANCHORS = 20
"""Networks that are measured in every block, spread evenly over the FLOPs."""

Classes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Blocks:
    """A division of classes.

    Attributes:
        anchors: ``(k,) int64`` class numbers of the networks in every block.
        blocks: The classes of each block, anchors first.
    """

    anchors: Classes
    blocks: tuple[Classes, ...]

    @property
    def classes(self) -> Classes:
        """``(n,) int64`` class numbers, ascending."""
        return np.unique(np.concatenate(self.blocks))


def divide(table: Table, sample: int | None, size: int, seed: int) -> Blocks:
    """Divide classes of a table into blocks, the same ones at every call.

    Args:
        table: The table.
        sample: How many classes, drawn at random; None for all.
        size: Networks in a block, anchors included.
        seed: Seeds the drawing, and which class comes into which block.

    Raises:
        NasbenchError: The sample or the size is out of range.
    """
    count = len(table.read("classes/representative"))
    if sample is not None and not 1 <= sample <= count:
        raise NasbenchError(f"--sample is 1 to {count} classes, not {sample}")
    rng = np.random.default_rng(seed)
    order = rng.permutation(count)[:sample]
    anchors = _anchors(table, order, size)
    if len(order) <= size:
        anchors = anchors[:0]  # a single block needs none
    others = order[~np.isin(order, anchors)]
    step = size - len(anchors)
    if step < 1:
        raise NasbenchError(f"--block is more than {2 * ANCHORS}, not {size}")
    blocks = [
        np.concatenate([anchors, others[start : start + step]])
        for start in range(0, len(others), step)
    ]
    return Blocks(anchors, tuple(blocks))


def _anchors(table: Table, classes: Classes, size: int) -> Classes:
    """Return up to `ANCHORS` classes, spread evenly over the FLOPs of `classes`."""
    flops = table.read("costs/flops")[classes]
    running = classes[flops > 0]  # a constant network has nothing to measure
    if not len(running):
        return running
    ascending = running[np.lexsort((running, flops[flops > 0]))]
    number = min(ANCHORS, size // 2, len(ascending))
    places = np.linspace(0, len(ascending) - 1, number).round().astype(int)
    return np.unique(ascending[places])
