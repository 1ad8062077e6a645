"""The networks that several targets know, with the latencies of all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from surrogates.latency.timed import TimedArchitectures

Floats: TypeAlias = NDArray[np.float64]


def common_latencies(
    targets: Sequence[TimedArchitectures],
) -> tuple[Floats, TimedArchitectures]:
    """Return ``(n, targets)`` latencies of what all know, and the first one's part.

    Raises:
        NasbenchError: There are no targets, or they are of several spaces.
    """
    if not targets or len({one.features.space for one in targets}) > 1:
        raise NasbenchError(
            f"targets to compare are of one space; given {len(targets)} of "
            f"{len({one.features.space for one in targets})}"
        )
    space = targets[0].features.space
    indices = [space.indices(one.architectures) for one in targets]
    shared = reduce(np.intersect1d, indices)
    columns = []
    for one, own in zip(targets, indices, strict=True):
        order = np.argsort(own)
        columns.append(one.latency_ms[order[np.searchsorted(own[order], shared)]])
    first = targets[0]
    part = TimedArchitectures(
        first.target,
        first.kind,
        first.features,
        space.architectures_at(shared.tolist()),
        columns[0],
        space.classes.class_of[shared].astype(np.int64),
    )
    return np.column_stack(columns), part
