"""Runs as rows of text, exact to the last bit."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leaderboards.fronts.pareto import ExactFront, FoundFront, hypervolume_curve
from leaderboards.runner.run import Run
from nasbench.benchmark import Benchmark

RUN_COLUMNS = (
    "strategy",
    "benchmark",
    "seed",
    "ended",
    "evaluations",
    "epochs",
    "seconds",
    "charged_seconds",
    "thinking_seconds",
    "free_repeats",
    "trajectory",
    "at_evaluation",
    "at_epochs",
    "at_seconds",
    "incumbent",
)
FRONT_COLUMNS = (
    "front_at_evaluation",
    "front_at_epochs",
    "front_at_seconds",
    "hypervolume",
    "front",
)
WALK_COLUMNS = ("strategy", "benchmark", "seed", "architecture", "trained_epochs")

TRAJECTORY_DIGITS = 16
"""Hexadecimal digits that are kept of a trajectory's SHA-256: 64 bits."""

Row = dict[str, str]


@dataclass(frozen=True, eq=False)
class Field:
    """A benchmark, and what all runs on it are judged by.

    Attributes:
        benchmark: What was searched.
        exact: Its front; None where there is one objective.
    """

    benchmark: Benchmark
    exact: ExactFront | None


def run_row(run: Run, field: Field) -> Row:
    """Return what the results keep of a run."""
    indices = field.benchmark.space.indices(run.architectures)
    changed = np.flatnonzero(np.diff(run.incumbent, prepend=-1))
    row = {
        "strategy": run.strategy,
        "benchmark": run.benchmark,
        "seed": str(run.seed),
        "ended": run.ended,
        "evaluations": str(len(run)),
        "epochs": str(int(run.cumulative_epochs[-1])),
        "seconds": repr(float(run.finished[-1])),
        "charged_seconds": repr(float(run.cumulative_seconds[-1])),
        "thinking_seconds": repr(float(run.thinking_seconds)),
        "free_repeats": str(run.free_repeats),
        "trajectory": trajectory_digest(run),
        **_steps(run, changed, ""),
        "incumbent": joined(indices[run.incumbent[changed]]),
    }
    return row if field.exact is None else {**row, **_front(run, field, indices)}


def walk_row(run: Run, field: Field) -> Row:
    """Return all that a run evaluated."""
    return {
        "strategy": run.strategy,
        "benchmark": run.benchmark,
        "seed": str(run.seed),
        "architecture": joined(field.benchmark.space.indices(run.architectures)),
        "trained_epochs": joined(run.epochs),
    }


def trajectory_digest(run: Run) -> str:
    """Return the start of a SHA-256 over every number of a run."""
    digest = hashlib.sha256()
    for array, kind in (
        (run.architectures, "u1"),
        (run.epochs, "<i8"),
        (run.validation_accuracy, "<f8"),
        (run.cumulative_epochs, "<i8"),
        (run.cumulative_seconds, "<f8"),
        (run.finished, "<f8"),
        (run.worker, "<i8"),
        (run.incumbent, "<i8"),
        (run.incumbent_validation_accuracy, "<f8"),
        (run.incumbent_test_accuracy, "<f8"),
        (run.objective_values, "<f8"),
        (run.violation, "<f8"),
    ):
        digest.update(np.ascontiguousarray(array, kind).tobytes())
    return digest.hexdigest()[:TRAJECTORY_DIGITS]


def joined(values: Iterable[int] | NDArray[np.int64]) -> str:
    """Return whole numbers separated by blanks."""
    return " ".join(str(int(value)) for value in values)


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Return a CSV file of rows; missing cells are empty."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(columns)
    lines.writerows([row.get(column, "") for column in columns] for row in rows)
    return text.getvalue().encode()


def _front(run: Run, field: Field, indices: NDArray[np.int64]) -> Row:
    exact, benchmark = field.exact, field.benchmark
    assert exact is not None
    curve = hypervolume_curve(run, benchmark, exact)
    found = FoundFront.of(run, benchmark, exact.objectives)
    changed = np.flatnonzero(np.diff(curve, prepend=0.0))
    return {
        **_steps(run, changed, "front_"),
        "hypervolume": " ".join(repr(float(share)) for share in curve[changed]),
        "front": joined(indices[found.positions]),
    }


def _steps(run: Run, changed: NDArray[np.int64], prefix: str) -> Row:
    seconds = run.finished[changed].tolist()
    return {
        f"{prefix}at_evaluation": joined(changed + 1),
        f"{prefix}at_epochs": joined(run.cumulative_epochs[changed]),
        f"{prefix}at_seconds": " ".join(repr(moment) for moment in seconds),
    }
