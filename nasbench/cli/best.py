"""``nasbench best``: the best architectures that keep limits, exactly, by look-up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from leaderboards.fronts.objective_text import constraint_text, parse_constraint
from leaderboards.fronts.permitted import permitted
from nasbench.benchmark import Benchmark, Evaluation, Referee
from nasbench.cli.best_figure import check_figure, show_each_limit
from nasbench.cli.compare import open_benchmark
from nasbench.cli.options import Whole
from nasbench.cli.terminal import output, print_columns
from nasbench.errors import NasbenchError
from nasbench.search import Column, Constraint, column_kind, read_column
from nasbench.spaces import Architecture


@Parameter(name="*")
@dataclass(frozen=True)
class BestOptions:
    """What is asked for.

    Attributes:
        under: A limit to keep, as in "latency:TARGET<1"; may be repeated.
        top: How many architectures to show, the best first.
        figure: Draw the best under every limit alone, and why they differ: a PNG file.
    """

    under: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    top: Whole = 5
    figure: Path | None = None

    def limits(self) -> list[Constraint]:
        """Return the limits.

        Raises:
            NasbenchError: A text is no limit, nothing is to be shown, or a figure
                has nothing to draw or no place.
        """
        if self.figure is not None:
            if not self.under:
                raise NasbenchError("--figure draws limits: give one by --under")
            check_figure(self.figure)
        if self.top < 1:
            raise NasbenchError(f"--top is 1 or more, not {self.top}")
        return [parse_constraint(text) for text in self.under]


def best_command(table: str, /, *, options: BestOptions | None = None) -> None:
    """Show the most accurate architectures of a table that keep all limits.

    Every architecture is looked at, so the answer is exact: by validation accuracy
    after full training, mean over seeds. Of architectures that are the same function
    the first stands for all.

    Args:
        table: A table file, or the id of a benchmark.
        options: Which limits, and how many to show.
    """
    chosen = options or BestOptions()
    limits = chosen.limits()
    benchmark = open_benchmark(table)
    if chosen.figure is not None:
        show_each_limit(benchmark, limits, chosen.figure)
    rows, count = _ranked(benchmark, limits)
    if not rows:
        raise NasbenchError(_nothing_keeps(benchmark, limits))
    columns = list(dict.fromkeys(["parameters", "flops", *(c.column for c in limits)]))
    print_columns(
        ("best architectures", "validation", "test", *columns),
        (
            _row(benchmark, architecture, evaluation, columns)
            for architecture, evaluation in rows[: chosen.top]
        ),
    )
    said = " and ".join(map(constraint_text, limits)) or "no limit"
    output.print(f"{len(rows):,} of {count:,} functions keep {said}")
    for column in columns[2:]:
        output.print(f"{column}: {column_kind(column).unit}{_kind(benchmark, column)}")


def _ranked(
    benchmark: Benchmark, limits: list[Constraint]
) -> tuple[list[tuple[Architecture, Evaluation]], int]:
    """Return what keeps the limits, the best first, and the number of functions."""
    classes = benchmark.space.classes
    index = benchmark.space.index
    first: dict[int, tuple[Architecture, Evaluation]] = {}
    for architecture, evaluation in permitted(benchmark, limits):
        number = int(classes.class_of[index(architecture)])
        known = first.get(number)
        # Published tables train equal cells apart; the better of them is shown.
        if evaluation.validation_accuracy is not None and (
            known is None or _accuracy(evaluation) > _accuracy(known[1])
        ):
            first[number] = architecture, evaluation
    ranked = sorted(first.values(), key=lambda row: -_accuracy(row[1]))
    return ranked, len(classes)


def _accuracy(evaluation: Evaluation) -> float:
    value = evaluation.validation_accuracy
    return -1.0 if value is None else value


def _row(
    benchmark: Benchmark,
    architecture: Architecture,
    evaluation: Evaluation,
    columns: list[Column],
) -> list[str]:
    test = "-"
    if isinstance(benchmark, Referee):
        test = f"{benchmark.mean_accuracy(architecture, 'test'):.4f}"
    values = [read_column(column, evaluation) for column in columns]
    return [
        benchmark.space.format(architecture),
        f"{_accuracy(evaluation):.4f}",
        test,
        *(
            "-" if v is None else f"{v:,}" if isinstance(v, int) else f"{v:.4g}"
            for v in values
        ),
    ]


def _nothing_keeps(benchmark: Benchmark, limits: list[Constraint]) -> str:
    """Say which numbers there are, so that the next limit can be a better one."""
    ranges = []
    everything = [evaluation for _, evaluation in permitted(benchmark, [])]
    for limit in limits:
        values = [read_column(limit.column, one) for one in everything]
        there = np.array([v for v in values if v is not None and v == v])
        span = (
            "nothing" if not len(there) else f"{there.min():.4g} to {there.max():.4g}"
        )
        ranges.append(f"{limit.column} is {span}")
    kept = " and ".join(map(constraint_text, limits)) or "no limit"
    return f"no architecture of {benchmark.name} keeps {kept}: {'; '.join(ranges)}"


def _kind(benchmark: Benchmark, column: Column) -> str:
    """Return whether a table's latencies are measured or simulated."""
    latencies = getattr(benchmark, "latencies", {})
    held = latencies.get(column.partition(":")[2])
    return "" if held is None else f", {held.kind}"
