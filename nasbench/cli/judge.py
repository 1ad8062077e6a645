"""``nasbench judge``: what a table says of recorded weight-sharing searches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nasbench.cli.options import table_path
from nasbench.cli.terminal import output, print_columns
from strategies.weight_sharing.method_scores import (
    MethodScore,
    Spread,
    score_methods,
)
from strategies.weight_sharing.replayed_search import shipped_traces
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
    accuracies over random architectures.

    Args:
        traces: Trace files; what ships where none is given.
        table: Id or path of the table.
        markdown: Print a table for a document.
    """
    opened = Table.open(table_path(table))
    found = [trace for path in traces for trace in read_traces(path)]
    scores = score_methods(found or list(shipped_traces()), opened)
    rows = [_row(score) for score in scores]
    if markdown:
        lines = (HEADER, ("---", *["---:"] * (len(HEADER) - 1)), *rows)
        for line in lines:
            output.print("| " + " | ".join(line) + " |", soft_wrap=True, markup=False)
        return
    print_columns(HEADER, rows)
    if any(score.failed for score in scores):
        output.print("searches in parentheses failed; they are in no mean")


def _row(score: MethodScore) -> tuple[str, ...]:
    failed = f" ({score.failed})" if score.failed else ""
    return (
        score.method,
        f"{score.searches}{failed}",
        _shown(score.test_accuracy, 1, 100),
        _shown(score.test_regret, 2, 100),
        _shown(score.rank, 0),
        _shown(score.estimate, 1, 100),
        _shown(score.tau, 2),
        _shown(score.tau_live, 2),
        _shown(score.cost_seconds, 0),
    )


def _shown(spread: Spread, digits: int, scale: float = 1.0) -> str:
    """Return ``mean ± deviation``; a dash for what there is not."""
    if spread.mean != spread.mean:
        return "-"
    text = f"{scale * spread.mean:,.{digits}f}"
    if spread.deviation == spread.deviation:
        text += f" ± {scale * spread.deviation:,.{digits}f}"
    return text
