"""Exact Pareto fronts, and how much of one a run has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboards.fronts.permitted import permitted
from leaderboards.runner.run import Run
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError
from nasbench.search import Constraint, Objective
from nasbench.spaces import Architectures

Floats = NDArray[np.float64]

REFERENCE = 1.1
"""The reference point of hypervolumes in every objective; the nadir is at 1."""


@dataclass(frozen=True, eq=False)
class ExactFront:
    """All that no architecture of a benchmark surpasses, and a scale made of it.

    Objectives are normalised by the front itself: 0 is its best number in a column,
    the ideal, and 1 its worst, the nadir. Hypervolumes reach from there to 1.1, so
    that the ends of the front count as well. All this is a matter of the benchmark,
    never of the runs that are compared.

    Attributes:
        objectives: The columns, and which direction is better.
        epochs: The full budget of one training, which the numbers are of.
        architectures: ``(k, decisions) uint8``, one for every point of the front.
        values: ``(k, objectives) float64``, mean over seeds, in the columns' units,
            in the order of the first column.
        worst: ``(objectives,) float64``, the worst numbers that keep the limits.
    """

    objectives: tuple[Objective, ...]
    epochs: int
    architectures: Architectures
    values: Floats
    worst: Floats

    @classmethod
    def of(
        cls,
        benchmark: Benchmark,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint] = (),
    ) -> ExactFront:
        """Find the front by looking at every architecture.

        Of architectures with equal numbers, as those of one class have, the first
        stands for all.

        Raises:
            NasbenchError: There are fewer than two objectives, not all of the
                benchmark can be looked up, or nothing keeps the limits.
        """
        if len(objectives) < 2:
            raise NasbenchError("a front needs two objectives or more")
        architectures = []
        rows = []
        for architecture, evaluation in permitted(benchmark, constraints):
            values = [one.value(evaluation) for one in objectives]
            if not any(np.isnan(values)):
                architectures.append(architecture)
                rows.append(values)
        if not rows:
            raise NasbenchError(f"no architecture of {benchmark.name} keeps the limits")
        table = np.array(rows, np.float64)
        costs = table * _signs(objectives)
        front = np.flatnonzero(undominated(costs))
        front = front[np.argsort(table[front, 0], kind="stable")]
        return cls(
            objectives=tuple(objectives),
            epochs=benchmark.epochs,
            architectures=np.array(architectures, np.uint8)[front],
            values=table[front],
            worst=costs.max(axis=0) * _signs(objectives),
        )

    def normalised(self, values: ArrayLike) -> Floats:
        """Return ``(n, objectives)``: 0 at the ideal, 1 at the nadir, smaller better.

        An objective in which all of the front is equal has no range of its own; the
        worst number of the benchmark is at 1 then.
        """
        costs = np.asarray(values, np.float64) * _signs(self.objectives)
        own = self.values * _signs(self.objectives)
        ideal, nadir = own.min(axis=0), own.max(axis=0)
        worst = self.worst * _signs(self.objectives)
        span = np.where(nadir > ideal, nadir - ideal, worst - ideal)
        return np.asarray((costs - ideal) / np.where(span > 0, span, 1.0))

    def hypervolume(self, values: ArrayLike) -> float:
        """Return which share of the exact front's hypervolume some points reach.

        The hypervolume (Zitzler & Thiele, PPSN 1998) is what at least one point
        dominates, up to the reference point.

        Args:
            values: ``(n, objectives)`` in the columns' units; n may be 0.
        """
        return self._volume(values) / self._whole

    def igd_plus(self, values: ArrayLike) -> float:
        """Return the mean distance of the exact front to some points; 0: all found.

        IGD+ (Ishibuchi et al., EMO 2015) counts of a distance only the objectives in
        which the nearest point is worse, in normalised units; inf without points.
        Unlike IGD it never prefers a set of points to one that dominates it.
        """
        import moocore

        points = self.normalised(np.reshape(values, (-1, len(self.objectives))))
        if not len(points):
            return float("inf")
        return float(moocore.igd_plus(points, ref=self.normalised(self.values)))

    @cached_property
    def _whole(self) -> float:
        return self._volume(self.values)

    def _volume(self, values: ArrayLike) -> float:
        import moocore

        points = self.normalised(np.reshape(values, (-1, len(self.objectives))))
        inside = points[(points < REFERENCE).all(axis=1)]
        if not len(inside):
            return 0.0
        return float(moocore.hypervolume(inside, ref=REFERENCE))


@dataclass(frozen=True, eq=False)
class FoundFront:
    """What a run would hand over: the best of all that it evaluated.

    It is taken from the archive of all evaluations, not from a last population.

    Attributes:
        positions: ``(k,) int64``, the evaluations of the run that nothing else that
            the run saw surpasses, in their order.
        values: ``(k, objectives) float64``, their mean over seeds by the benchmark.
    """

    positions: NDArray[np.int64]
    values: Floats

    @classmethod
    def of(
        cls, run: Run, benchmark: Benchmark, objectives: Sequence[Objective]
    ) -> FoundFront:
        """Choose by what the strategy was told; value by the benchmark's means.

        The run must have been simulated with these objectives. Only trainings at the
        full budget that keep all limits count, as for the incumbent.
        """
        complete = np.flatnonzero(countable(run, benchmark.epochs))
        costs = run.objective_values[complete] * _signs(objectives)
        positions = complete[undominated(costs)]
        return cls(positions, mean_values(run, positions, benchmark, objectives))


def mean_values(
    run: Run,
    positions: NDArray[np.int64],
    benchmark: Benchmark,
    objectives: Sequence[Objective],
) -> Floats:
    """Return ``(n, objectives)``: means over seeds of some evaluations of a run."""
    evaluations = [
        benchmark.evaluate(tuple(row)) for row in run.architectures[positions].tolist()
    ]
    rows = [[one.value(evaluation) for one in objectives] for evaluation in evaluations]
    return np.array(rows, np.float64).reshape(-1, len(objectives))


def hypervolume_curve(run: Run, benchmark: Benchmark, exact: ExactFront) -> Floats:
    """Return the ``(n,)`` share of the exact hypervolume after every evaluation.

    With evaluations that are means over seeds it never falls. With single trials, what
    is chosen by a lucky trial may displace what is better on average.
    """
    counts = countable(run, exact.epochs)
    costs = run.objective_values * _signs(exact.objectives)
    curve = np.zeros(len(run))
    front = np.empty(0, np.int64)
    share = 0.0
    for position in range(len(run)):
        if counts[position]:
            joined = np.append(front, position)
            kept = joined[undominated(costs[joined])]
            if len(kept) != len(front) or (kept != front).any():
                front = kept
                values = mean_values(run, front, benchmark, exact.objectives)
                share = exact.hypervolume(values)
        curve[position] = share
    return curve


def undominated(costs: Floats) -> NDArray[np.bool_]:
    """Return ``(n,) bool``: what nothing dominates; of equal rows the first.

    Args:
        costs: ``(n, objectives)``, smaller better, without NaN.
    """
    import moocore

    if not len(costs):
        return np.zeros(0, np.bool_)
    return np.asarray(moocore.is_nondominated(costs, keep_weakly=False), np.bool_)


def countable(run: Run, epochs: int) -> NDArray[np.bool_]:
    """Return ``(n,) bool``: trained to the end with success, and keeping all limits."""
    known = ~np.isnan(run.objective_values).any(axis=1)
    return np.asarray(known & (run.epochs == epochs) & (run.violation == 0))


def _signs(objectives: Sequence[Objective]) -> Floats:
    return np.array([-1.0 if one.maximise else 1.0 for one in objectives])
