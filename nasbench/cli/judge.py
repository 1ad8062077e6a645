"""``nasbench judge``: what a table says of recorded searches and ensembles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from nasbench.cli.judged_ensembles import print_ensembles
from nasbench.cli.judged_numbers import print_markdown, shown
from nasbench.cli.options import table_path
from nasbench.cli.terminal import output, print_columns
from nasbench.errors import NasbenchError
from strategies.growth import growth_file
from strategies.growth.growth import Growth
from strategies.growth.growth_scores import fitting
from strategies.weight_sharing.method_scores import (
    MethodScore,
    score_costs,
    score_methods,
)
from strategies.weight_sharing.record_lines import format_of
from strategies.weight_sharing.replayed_search import shipped_traces
from strategies.weight_sharing.trace import Trace
from strategies.weight_sharing.trace_file import read_traces
from tabular import Table

HEADER = (
    "method",
    "searches",
    "test accuracy, %",
    "regret, points",
    "rank",
    "supernet says, %",
    "tau",
    "tau, live",
    "over",
    "CPU seconds",
)


def judge_command(
    *traces: Path,
    table: str,
    markdown: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show accuracy, regret and rank of what every method returned, and its tau.

    Means over searches, with standard deviations where there are several. Tau is
    Kendall's rank correlation of the supernet's estimates with the table's validation
    accuracies over random architectures, so many as the column "over" says; the last
    rows are of what counting parameters or FLOPs would give over the same ones.
    Ensembles of `nasbench grow` stand in a table of their own.

    Args:
        traces: Files of searches or growths; what ships where none is given.
        table: Id or path of the table.
        markdown: Print tables for a document.
    """
    opened = Table.open(table_path(table))
    searches, growths = _records(traces)
    there = fitting(growths, opened.spec)
    if not searches and not there:
        only = sorted({each.identity.differs(opened.spec) for each in growths})
        raise NasbenchError(
            f"no growth fits {opened.name}, of {opened.spec.space} on "
            f"{opened.spec.task}; there are some of {', '.join(only)}"
        )
    if searches:
        try:
            scores = score_methods(searches, opened) + score_costs(searches, opened)
        except NasbenchError:
            if not there:
                raise
            scores = []
        if scores and markdown:
            output.print(_caption(opened) + "\n", soft_wrap=True, markup=False)
        _print_methods(scores, markdown)
        if scores and there:
            output.print()
    if there:
        print_ensembles(there, opened.name, markdown)


def _caption(table: Table) -> str:
    """Return the line above a table of a document."""
    test = table.accuracies(np.arange(table.space.size), "test")
    return (
        f"`{table.name}`: {table.space.size:,} architectures, of which the best has "
        f"{100 * np.nanmax(test):.1f} % by test and the median one "
        f"{100 * np.nanmedian(test):.1f} %"
    )


def _records(paths: Sequence[Path]) -> tuple[list[Trace], list[Growth]]:
    """Return what files hold, or what ships where none is given."""
    if not paths:
        return list(shipped_traces()), list(growth_file.shipped_growths())
    traces: list[Trace] = []
    growths: list[Growth] = []
    for path in dict.fromkeys(paths):
        if format_of(path) == growth_file.FORMAT:
            growths += growth_file.read_growths(path)
        else:
            traces += read_traces(path)
    return traces, growths


def _print_methods(scores: Sequence[MethodScore], markdown: bool) -> None:
    rows = [_row(score) for score in scores]
    if markdown and rows:
        print_markdown(HEADER, rows)
    elif rows:
        print_columns(HEADER, rows)
    if any(score.failed for score in scores):
        blank = "\n" if markdown else ""
        output.print(f"{blank}searches in parentheses failed; they are in no mean")


def _row(score: MethodScore) -> tuple[str, ...]:
    failed = f" ({score.failed})" if score.failed else ""
    return (
        score.method,
        f"{score.searches}{failed}" if score.searches else "-",
        shown(score.test_accuracy, 1, 100),
        shown(score.test_regret, 2, 100),
        shown(score.rank, 0),
        shown(score.estimate, 1, 100),
        shown(score.tau, 2),
        shown(score.tau_live, 2),
        f"{score.sampled:,}" if score.sampled else "-",
        shown(score.cost_seconds, 0),
    )
