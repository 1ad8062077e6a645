"""``nasbench latency report``: what a table's latencies say, as tables and figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nasbench.atomic import why_not_writable
from nasbench.cli.options import Whole, table_path
from nasbench.cli.terminal import output, progress_bar
from nasbench.errors import NasbenchError
from tabular.opened import open_any


@Parameter(name="*")
@dataclass(frozen=True)
class ReportOptions:
    """What stands in the report.

    Attributes:
        out: The folder to write: latency.md and its figures.
        target: Only these targets; may be repeated; all where none is given.
        predictors: Score predictors of latency, and transfer from the other targets;
            takes minutes.
        predictor: Only these predictors; may be repeated; all where none is given.
        size: Measurements to learn from; may be repeated; 10, 50, 200 and 900.
        splits: How often predictors are scored, with other draws.
    """

    out: Annotated[Path, Parameter(name=("--out", "-o"))]
    target: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    predictors: bool = True
    predictor: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    size: Annotated[tuple[Whole, ...], Parameter(negative=())] = ()
    splits: Whole = 3


def report_command(table: str, /, *, options: ReportOptions) -> None:
    """Write what the latencies of a table say: tables in Markdown, and figures.

    Latency against multiply-adds with the networks that they misjudge most, the
    agreement of all targets, repeat ceilings, and beside them predictors and few-shot
    transfer.

    Args:
        table: A table with latencies, or a published one.
        options: What stands in the report, and where it goes.
    """
    from leaderboards.latency_report import latency_facts, write_latency_report
    from nasbench.cli.latency_scores import ScoreOptions
    from surrogates.latency.timed import timed_targets

    _check_out(options.out)
    rules = None
    if options.predictors:
        rules = ScoreOptions(
            predictor=options.predictor, size=options.size, splits=options.splits
        ).protocol()
    held = open_any(table_path(table))
    names = options.target or (None,)
    timed = [one for name in names for one in timed_targets(held, name)]
    with progress_bar("parts") as step:
        facts = latency_facts(held.path, timed, rules, step)
    paths = write_latency_report(facts, options.out)
    output.print("wrote " + ", ".join(str(path) for path in paths))


def _check_out(out: Path) -> None:
    """Refuse a folder that cannot be written, before anything is computed."""
    # The parser makes "." of an empty word as well; a report needs its own folder.
    if out == Path():
        raise NasbenchError("--out is the current folder; give one for the report")
    reason = why_not_writable(out)
    if reason is not None:
        raise NasbenchError(f"cannot write the report to {out}: {reason}")
