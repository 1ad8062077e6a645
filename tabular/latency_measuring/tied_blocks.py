"""Blocks that were measured at different times, brought to one scale by their anchors.

The clock rate of a processor an hour later may be another. Every block measures the
same anchors; how much slower they all were is how much slower the block was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nasbench.hardware.measuring import BlockTimings
from nasbench.hardware.processor import most_load
from nasbench.hardware.target import Clock
from tabular.latency_columns import COMPLETE, FAILED, MISSING, NOISY, LatencyColumns
from tabular.latency_measuring.blocks import Blocks

PER_ROUND = ("latency_ms", "wall_ms", "p10_ms", "p90_ms")


def block_factors(
    blocks: Blocks, timings: Sequence[BlockTimings], clock: Clock
) -> NDArray[np.float64]:
    """Return how slow each block was, relative to the middle one; 1 for a single one.

    The factor of a block is the median over the anchors of its latency there, as a
    share of the median over all blocks.

    Returns:
        ``(blocks,) float64``.
    """
    anchors = len(blocks.anchors)
    if not anchors or len(timings) < 2:
        return np.ones(len(timings))
    found = np.array(
        [np.median(_clocked(each, clock)[:anchors], axis=1) for each in timings]
    )  # (blocks, anchors)
    known = np.isfinite(found).all(axis=0)
    if not known.any():
        return np.ones(len(timings))
    share = found[:, known] / np.median(found[:, known], axis=0)
    factors: NDArray[np.float64] = np.median(share, axis=1)
    return factors


def tied(
    blocks: Blocks,
    timings: Sequence[BlockTimings],
    classes: int,
    clock: Clock,
) -> LatencyColumns:
    """Return the columns of a target, each block divided by its factor.

    An anchor's numbers are those of the first block.

    Args:
        blocks: The division.
        timings: What was measured of every block.
        classes: How many classes the table has.
        clock: Which time is the latency.
    """
    rounds = timings[0].cpu_ms.shape[1]
    columns = {name: np.full((classes, rounds), np.nan) for name in PER_ROUND}
    status = np.full(classes, MISSING, np.uint8)
    number = np.full(classes, -1, np.int32)
    deviation = np.full(classes, np.nan)
    reasons = [b""] * classes
    factors = block_factors(blocks, timings, clock)
    for place in reversed(range(len(timings))):  # the first block's anchors stay
        block, found = blocks.blocks[place], timings[place]
        values = {"latency_ms": _clocked(found, clock)}
        values |= {name: getattr(found, name) for name in PER_ROUND[1:]}
        for name, each in values.items():
            columns[name][block] = each / factors[place]
        status[block] = [FAILED if reason else COMPLETE for reason in found.reasons]
        number[block] = place
        deviation[block] = found.deviation
        for member, reason in zip(block.tolist(), found.reasons, strict=True):
            reasons[member] = reason.encode()
    return LatencyColumns(
        kind="measured",
        latency_ms=columns["latency_ms"],
        status=status,
        wall_ms=columns["wall_ms"],
        p10_ms=columns["p10_ms"],
        p90_ms=columns["p90_ms"],
        block=number,
        deviation=deviation,
        reason=np.array(reasons, "S"),
        provenance=_circumstances(timings, factors),
    )


def caveats(provenance: Mapping[str, str]) -> list[str]:
    """Return what was wrong with the machine while it measured, in sentences.

    Args:
        provenance: That of the columns.
    """
    said = []
    factors = json.loads(provenance.get("block_factors", "[]"))
    for block, factor in enumerate(factors, start=1):
        if abs(factor - 1) > NOISY:
            said.append(
                f"block {block} was measured at {factor:.2f} of the usual time; its "
                "numbers are divided by that"
            )
    loads = json.loads(provenance.get("load_averages", "[]"))
    limit = float(provenance.get("usual_load", "inf"))
    loaded = [f"{max(pair):.1f}" for pair in loads if max(pair) > limit]
    if loaded:
        said.append(
            f"{len(loaded)} of {len(loads)} blocks were measured under a load average "
            f"above {limit:g} (up to {max(loaded, key=float)}): expect noise"
        )
    return said


def _circumstances(
    timings: Sequence[BlockTimings], factors: NDArray[np.float64]
) -> dict[str, str]:
    """Return what was seen of the machine while it measured, as texts."""
    deviations = np.concatenate([each.deviation for each in timings])
    known = deviations[np.isfinite(deviations)]
    again = np.concatenate([each.again for each in timings])
    loads = [[round(value, 2) for value in each.load] for each in timings]
    return {
        "block_factors": json.dumps(np.round(factors, 4).tolist()),
        "load_averages": json.dumps(loads),
        "usual_load": f"{most_load():g}",
        "measured_again": f"{(again > 0).mean():.4f}",
        "deviation_median": f"{np.median(known):.3g}" if len(known) else "none",
        "deviation_largest": f"{known.max():.3g}" if len(known) else "none",
    }


def _clocked(timings: BlockTimings, clock: Clock) -> NDArray[np.float64]:
    return timings.cpu_ms if clock == "cpu" else timings.wall_ms
