"""``nasbench best --figure``: the best under every limit alone, and why they differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leaderboards.fronts.objective_text import constraint_text
from nasbench.atomic import atomic_path, why_not_writable
from nasbench.benchmark import Benchmark
from nasbench.cli.terminal import output, print_columns
from nasbench.errors import NasbenchError
from nasbench.search import Constraint


def check_figure(path: Path) -> None:
    """Refuse a file that cannot be written, before anything is computed.

    Raises:
        NasbenchError: The file is no PNG by its name, or has no place.
    """
    if path.suffix != ".png" or path.is_dir():
        raise NasbenchError(f"--figure is a PNG file, FILE.png, not {path}")
    reason = why_not_writable(path.parent)
    if reason is not None:
        raise NasbenchError(f"cannot write the figure to {path}: {reason}")


def show_each_limit(
    benchmark: Benchmark, limits: Sequence[Constraint], path: Path
) -> None:
    """Print the best under every limit alone, and draw them.

    Raises:
        NasbenchError: The benchmark does not have a column, not all of it can be
            looked up, or the figure cannot be written.
    """
    from leaderboards.latency_report.limits_figure import (
        LimitAnswers,
        draw_limits,
        letter,
    )
    from leaderboards.report.figures import png

    answers = LimitAnswers.of(benchmark, limits)
    rows = []
    for place, position in enumerate(answers.best.tolist()):
        if position < 0:
            continue
        values = answers.columns[position].tolist()
        rows.append(
            (
                letter(place),
                constraint_text(limits[place]),
                f"{answers.accuracy[position]:.4f}",
                *(f"{value:.4g}" for value in values),
                benchmark.space.format(answers.architectures[position]),
            )
        )
    headings = ("", "limit alone", "validation", *(one.column for one in limits))
    print_columns((*headings, "best architecture"), rows, 2)
    data = png(draw_limits(answers))
    try:
        with atomic_path(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise NasbenchError(f"cannot write {path}: {error.strerror}") from error
    output.print(f"wrote {path}")
