"""Latency against multiply-adds: the line, and the networks that it misjudges most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surrogates.latency.timed import TimedArchitectures
from tabular.analysis.kendall import kendall

Floats = NDArray[np.float64]

SAME_MACS = 0.01
"""Multiply-adds that differ by less than this share count as equal."""


@dataclass(frozen=True)
class MisleadingPair:
    """Two networks of equal multiply-adds whose latencies lie furthest apart.

    Attributes:
        quick: Position of the quicker one among the target's architectures.
        slow: Position of the slower one.
        factor: Latency of the slower one by that of the quicker one.
    """

    quick: int
    slow: int
    factor: float


@dataclass(frozen=True, eq=False)
class MacsLine:
    """How far multiply-adds explain the latencies of a target.

    Attributes:
        macs: ``(n,)`` millions of multiply-adds per image.
        latency_ms: ``(n,)`` milliseconds.
        slope: Milliseconds per million multiply-adds, by least squares.
        level: Milliseconds of a network without any.
        kendall: Kendall's tau-b between both.
        explained: Share of the variance that the line explains, R2.
        within_10: Share of the networks within 10 % of the line.
        pair: The pair that multiply-adds misjudge most, of networks whose rounds agree
            within 10 %; None where no two networks have equal ones.
    """

    macs: Floats
    latency_ms: Floats
    slope: float
    level: float
    kendall: float
    explained: float
    within_10: float
    pair: MisleadingPair | None

    @classmethod
    def of(cls, timed: TimedArchitectures) -> MacsLine:
        """Fit the line to all networks of a target."""
        rows = timed.features.rows(timed.architectures, "macs")
        macs, latency = rows[:, 0].astype(np.float64), timed.latency_ms
        slope, level = 0.0, float(latency.mean())
        if np.ptp(macs) > 0:
            slope, level = np.polyfit(macs, latency, 1).tolist()
        line = slope * macs + level
        spread = float(np.var(latency))
        return cls(
            macs,
            latency,
            slope,
            level,
            kendall=kendall(macs, latency),
            explained=1 - float(np.mean((latency - line) ** 2)) / spread
            if spread > 0
            else float("nan"),
            within_10=float((np.abs(line / latency - 1) <= 0.1).mean()),
            pair=_steady_pair(timed, macs),
        )


def _steady_pair(timed: TimedArchitectures, macs: Floats) -> MisleadingPair | None:
    """Return the pair among networks that were measured steadily.

    The largest quotient of all would single out whatever went wrong.
    """
    if timed.unsteady is None:
        return misleading_pair(macs, timed.latency_ms)
    steady = np.flatnonzero(~timed.unsteady)
    found = misleading_pair(macs[steady], timed.latency_ms[steady])
    if found is None:
        return None
    quick, slow = steady[[found.quick, found.slow]].tolist()
    return MisleadingPair(quick, slow, found.factor)


def misleading_pair(macs: Floats, latency_ms: Floats) -> MisleadingPair | None:
    """Return the two networks of equal multiply-adds with the largest quotient.

    Unlike the distance from a line it depends on no fit. It is the largest of many,
    so noise has a part in it; read it beside the repeat ceiling.

    Args:
        macs: ``(n,)``.
        latency_ms: ``(n,)``, positive.
    """
    order = np.argsort(macs, kind="stable")
    ends = np.searchsorted(
        macs[order], macs[order] * (1 + SAME_MACS) + 1e-12, side="right"
    )
    logs = np.log(latency_ms[order])
    best: tuple[float, int, int] | None = None
    for start, end in enumerate(ends.tolist()):
        if end - start < 2:
            continue
        window = logs[start:end]
        quick, slow = int(np.argmin(window)), int(np.argmax(window))
        apart = float(window[slow] - window[quick])
        if apart > 0 and (best is None or apart > best[0]):
            best = apart, start + quick, start + slow
    if best is None:
        return None
    return MisleadingPair(
        int(order[best[1]]), int(order[best[2]]), float(np.exp(best[0]))
    )
