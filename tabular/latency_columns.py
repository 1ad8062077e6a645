"""The latencies of a table: milliseconds per class and round, beside the trials.

They stand outside the content digest, as proxies do and for the same reason: it says
what was trained. A target is ``measured``, with repeats and their spread, or
``simulated``, one number of a formula; the two are never mixed in a column. What a
target cannot run is NaN, with the reason beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import NOTHING_MEASURED, Measurements
from nasbench.errors import NasbenchError

MISSING, COMPLETE, FAILED = 0, 1, 2

GROUP = "latencies"

Kind: TypeAlias = Literal["measured", "simulated"]
KINDS: tuple[Kind, ...] = ("measured", "simulated")

NOISY = 0.1
"""Rounds that differ by more than this share of their median count as noisy."""

UNITS = {
    "latency_ms": "milliseconds of one batch, per round; NaN where none is there",
    "status": "0 missing, 1 complete, 2 failed",
    "wall_ms": "milliseconds of one batch by the clock on the wall, per round",
    "p10_ms": "milliseconds, 10th percentile of the runs of a round",
    "p90_ms": "milliseconds, 90th percentile of the runs of a round",
    "deviation": "largest difference from torch's outputs, share of the largest one",
    "block": "number of the block of networks that were measured together",
    "energy_mj": "millijoules of one batch",
    "memory_bytes": "most bytes of activations that stand at once, one image",
    "moved_bytes": "bytes read and written, weights included, one image",
    "reason": "why there is no latency, UTF-8; empty where there is one",
}
"""The datasets of a target and their units."""

NEEDED = ("latency_ms", "status")
"""The datasets that every target has; the others are there or not."""

PER_ROUND = ("latency_ms", "wall_ms", "p10_ms", "p90_ms")
"""The datasets of shape (classes, rounds); the others are (classes,)."""


FAMILIES = {"energy": "energy_mj", "memory": "memory_bytes", "traffic": "moved_bytes"}
"""What a target may say beside latencies: the family of the column, the dataset."""


@dataclass(frozen=True, eq=False)
class LatencyColumns:
    """What one target says of every class.

    Attributes:
        kind: Whether the numbers were measured or come from a formula.
        latency_ms: ``(classes, rounds) float64``, the headline number of every round
            (its median of CPU time, of wall time where the target says so); one round
            where it is simulated. NaN where none is there.
        status: ``(classes,) uint8``.
        wall_ms: ``(classes, rounds) float64`` medians by the clock on the wall.
        p10_ms: ``(classes, rounds) float64``.
        p90_ms: ``(classes, rounds) float64``.
        deviation: ``(classes,) float64``, by how much the outputs differed.
        block: ``(classes,) int32``, which networks were measured together.
        energy_mj: ``(classes,) float64``.
        memory_bytes: ``(classes,) float64``, exact, of simulated targets.
        moved_bytes: ``(classes,) float64``, likewise.
        reason: ``(classes,) S``, why a latency is missing.
        provenance: What decided the numbers, and where they were made.
    """

    kind: Kind
    latency_ms: NDArray[np.float64]
    status: NDArray[np.uint8]
    wall_ms: NDArray[np.float64] | None = None
    p10_ms: NDArray[np.float64] | None = None
    p90_ms: NDArray[np.float64] | None = None
    deviation: NDArray[np.float64] | None = None
    block: NDArray[np.int32] | None = None
    energy_mj: NDArray[np.float64] | None = None
    memory_bytes: NDArray[np.float64] | None = None
    moved_bytes: NDArray[np.float64] | None = None
    reason: NDArray[np.bytes_] | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check kind, shapes and values against each other.

        Raises:
            NasbenchError: They do not fit; a missing latency is NaN, never a number.
        """
        if self.kind not in KINDS:
            raise NasbenchError(
                f"latencies are {' or '.join(KINDS)}, not {self.kind!r}"
            )
        if self.latency_ms.ndim != 2 or not self.latency_ms.shape[1]:
            raise NasbenchError(
                "latency_ms has the shape (classes, rounds), one round or more, not "
                f"{self.latency_ms.shape}"
            )
        classes = self.latency_ms.shape[:1]
        for name, array in datasets_of("", self).items():
            column = name.rpartition("/")[2]
            wanted = self.latency_ms.shape if column in PER_ROUND else classes
            if array.shape != wanted:
                raise NasbenchError(
                    f"{column} has the shape {array.shape}, not {wanted}"
                )
        there = np.isfinite(self.latency_ms)
        if (self.latency_ms[there] < 0).any():
            raise NasbenchError("a latency is below 0; NaN stands for a missing one")
        if (there.any(axis=1) != (self.status == COMPLETE)).any():
            number = int(np.argmax(there.any(axis=1) != (self.status == COMPLETE)))
            raise NasbenchError(
                f"class {number}: a latency is there exactly where the status is "
                f"{COMPLETE} (complete), but it is {int(self.status[number])}"
            )

    @property
    def rounds(self) -> int:
        """How many rounds there are."""
        return int(self.latency_ms.shape[1])

    def median_ms(self) -> NDArray[np.float64]:
        """Return ``(classes,)`` medians over the rounds; NaN where none is there."""
        return _medians(self.latency_ms)

    def spread(self) -> NDArray[np.float64]:
        """Return ``(classes,)`` (largest - smallest round) / median; NaN for none."""
        there = np.isfinite(self.latency_ms)
        highest = np.where(there, self.latency_ms, -np.inf).max(axis=1)
        lowest = np.where(there, self.latency_ms, np.inf).min(axis=1)
        median = self.median_ms()
        spread: NDArray[np.float64] = np.full(len(median), np.nan)
        known = median > 0
        np.divide(highest - lowest, median, out=spread, where=known)
        return spread

    def repeats(self) -> Repeats | None:
        """Return how well the target agrees with itself; None below two rounds."""
        if self.kind == "simulated" or self.rounds < 2:
            return None
        one, other = (
            _medians(self.latency_ms[:, ::2]),
            _medians(self.latency_ms[:, 1::2]),
        )
        both = np.isfinite(one) & np.isfinite(other) & (other > 0)
        if both.sum() < 2:
            return None
        one, other = one[both], other[both]
        # Imported when asked for: opening a table does not need scipy.
        from tabular.analysis.kendall import kendall

        spread = self.spread()
        return Repeats(
            kendall=kendall(one, other),
            within_10=float((np.abs(one / other - 1) <= NOISY).mean()),
            noisy=float((spread[np.isfinite(spread)] > NOISY).mean()),
        )


@dataclass(frozen=True)
class Repeats:
    """What repeating a measurement gives: no predictor is worth more than this.

    Attributes:
        kendall: Kendall's tau-b between the medians of the odd and the even rounds.
        within_10: Share of the networks for which they differ by at most 10 %.
        noisy: Share of the networks whose rounds differ by more than 10 %.
    """

    kendall: float
    within_10: float
    noisy: float


def datasets_of(target: str, columns: LatencyColumns) -> dict[str, NDArray[Any]]:
    """Return the datasets of a target by their paths in the file."""
    held = {name: getattr(columns, name) for name in UNITS}
    return {
        f"{GROUP}/{target}/{name}": array
        for name, array in held.items()
        if array is not None
    }


def columns_of(
    latencies: Mapping[str, LatencyColumns],
) -> dict[str, NDArray[np.float64]]:
    """Return ``(classes,)`` numbers by the names that evaluations give them.

    ``latency:TARGET`` is the median over rounds in milliseconds. Where the target says
    it, ``energy:TARGET`` is in millijoules, ``memory:TARGET`` and ``traffic:TARGET`` in
    bytes. NaN where there is none.
    """
    columns = {}
    for target, held in latencies.items():
        columns[f"latency:{target}"] = held.median_ms()
        for family, name in FAMILIES.items():
            values: NDArray[np.float64] | None = getattr(held, name)
            if values is not None:
                columns[f"{family}:{target}"] = values
    return columns


def measured_by_class(
    latencies: Mapping[str, LatencyColumns], classes: int
) -> list[Measurements]:
    """Return what evaluations of every class have in `measured`.

    A latency that is not there is NaN: it keeps no limit and is on no front, but the
    column is known.
    """
    columns = columns_of(latencies)
    if not columns:
        return [NOTHING_MEASURED] * classes
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    # One NaN object for all, so that equal evaluations compare equal.
    return [
        Measurements(
            {n: v if v == v else nan for n, v in zip(columns, row, strict=True)}
        )
        for row in rows
    ]


def check_target_name(target: str) -> None:
    """Check that a name can be that of a group, and of a column in a command.

    Raises:
        NasbenchError: It is empty, or holds other than letters, digits and ``-_.``.
    """
    plain = target.replace("-", "").replace("_", "").replace(".", "")
    if not (plain.isascii() and plain.isalnum()):
        raise NasbenchError(
            f"a target is named by letters, digits and - _ . only, not {target!r}"
        )


def _medians(rounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(classes,)`` medians of what is there; NaN without a warning."""
    medians = np.full(len(rounds), np.nan)
    known = np.isfinite(rounds).any(axis=1)
    medians[known] = np.nanmedian(rounds[known], axis=1)
    return medians
