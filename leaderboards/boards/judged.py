"""What the referee says of the benchmarks of a board, and of what was found there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from leaderboards.boards.manifest import BenchmarkPin, Manifest
from leaderboards.boards.rows import Row, as_csv
from leaderboards.fronts.permitted import best_permitted
from nasbench.benchmark import Benchmark, Referee, Split
from nasbench.search import FREE_COLUMNS, read_column

BENCHMARK_COLUMNS = (
    "benchmark",
    "digest",
    "measured",
    "space",
    "size",
    "epochs",
    "seeds",
    "best_validation_accuracy",
    "best_test_accuracy",
)
ARCHITECTURE_COLUMNS = (
    "benchmark",
    "architecture",
    "text",
    "validation_accuracy",
    "test_accuracy",
    "parameters",
    "flops",
)


def benchmarks_csv(manifest: Manifest, benchmarks: Sequence[Benchmark]) -> bytes:
    """Return ``benchmarks.csv``."""
    rows = [
        _benchmark_row(pin, one, manifest)
        for pin, one in zip(manifest.benchmarks, benchmarks, strict=True)
    ]
    return as_csv(BENCHMARK_COLUMNS, rows)


def architectures_csv(
    manifest: Manifest, benchmarks: Sequence[Benchmark], runs: Iterable[Row]
) -> bytes:
    """Return ``architectures.csv``: all that was an incumbent or on a front, once.

    Args:
        manifest: Names the objectives.
        benchmarks: Where the numbers come from.
        runs: Rows of all run files.
    """
    found: dict[str, set[int]] = {one.name: set() for one in benchmarks}
    for row in runs:
        numbers = f"{row['incumbent']} {row.get('front', '')}".split()
        found[row["benchmark"]].update(map(int, numbers))
    objectives = [one.column for one in manifest.settings.objectives]
    extra = [one for one in objectives if one not in _ALWAYS]
    rows = [
        _architecture_row(one, index, extra)
        for one in benchmarks
        for index in sorted(found[one.name])
    ]
    return as_csv((*ARCHITECTURE_COLUMNS, *extra), rows)


def rows_of(content: bytes) -> list[Row]:
    """Return the rows of a CSV file."""
    csv.field_size_limit(2**31 - 1)
    return list(csv.DictReader(io.StringIO(content.decode())))


_ALWAYS = ("validation_accuracy", *FREE_COLUMNS)


def _benchmark_row(
    pin: BenchmarkPin, benchmark: Benchmark, manifest: Manifest
) -> Mapping[str, str]:
    splits: tuple[Split, Split] = ("validation", "test")
    limits = manifest.settings.constraints
    return {
        "benchmark": benchmark.name,
        "digest": pin.digest,
        "measured": pin.measured,
        "space": benchmark.space.name,
        "size": str(benchmark.space.size),
        "epochs": str(benchmark.epochs),
        "seeds": " ".join(map(str, benchmark.seeds)),
        **{
            f"best_{split}_accuracy": exact(best_permitted(benchmark, split, limits))
            for split in splits
        },
    }


def _architecture_row(
    benchmark: Benchmark, index: int, extra: Sequence[str]
) -> Mapping[str, str]:
    architecture = benchmark.space.architecture_at(index)
    mean = benchmark.evaluate(architecture)
    row = {
        "benchmark": benchmark.name,
        "architecture": str(index),
        "text": benchmark.space.format(architecture),
        "parameters": str(mean.parameters),
        "flops": str(mean.flops),
        **{column: exact(read_column(column, mean)) for column in extra},
    }
    if isinstance(benchmark, Referee):
        row["validation_accuracy"] = exact(
            benchmark.mean_accuracy(architecture, "validation")
        )
        row["test_accuracy"] = exact(benchmark.mean_accuracy(architecture, "test"))
    return row


def exact(value: float | None) -> str:
    """Return the shortest text of the same float; nothing for None and NaN."""
    return "" if value is None or value != value else repr(float(value))
