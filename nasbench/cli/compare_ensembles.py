"""Recorded ensembles beside a board, and as a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leaderboards.ensembles import MARK, beside
from nasbench.benchmark import Benchmark, Specified
from nasbench.cli.terminal import errors, output, print_columns
from strategies.growth.growth_file import shipped_growths
from strategies.growth.growth_scores import fitting

if TYPE_CHECKING:
    import pandas as pd

TITLE = (
    "test accuracy, %, after so many CPU seconds; an ensemble is several networks, no "
    "entry of the table, and not ranked"
)


def show_ensembles(
    board: pd.DataFrame, benchmarks: Sequence[Benchmark], folder: Path | None
) -> list[Path]:
    """Print what ensembles reach in the time of the strategies, and write it down.

    Args:
        board: What `compare` returns.
        benchmarks: Its benchmarks; those of no recorded ensemble are named.
        folder: Where ``ensembles.csv`` goes; None for nowhere.

    Returns:
        The file, where one was written.
    """
    import pandas as pd

    parts = []
    for one in benchmarks:
        there = []
        if isinstance(one, Specified):
            there = fitting(shipped_growths(), one.spec)
        if not any(growth.rounds and not growth.failed for growth in there):
            errors.print(f"no ensemble is recorded for {one.name}; see nasbench grow")
            continue
        frame = beside(board, one.name, there)
        _print(one.name, frame)
        parts.append(frame.assign(benchmark=one.name))
    if folder is None or not parts:
        return []
    tidy = pd.concat(
        part.melt(["benchmark", "seconds"], var_name="column", value_name="accuracy")
        for part in parts
    )
    path = folder / "ensembles.csv"
    path.write_text(tidy.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    return [path]


def _print(benchmark: str, frame: pd.DataFrame) -> None:
    """Print the strategies as rows, the ensembles below a line of their own."""
    output.print(f"{benchmark}: {TITLE}")
    header = ["", *(f"{moment:,.0f} s" for moment in frame["seconds"])]
    names = [name for name in frame.columns if name != "seconds"]
    rows = [
        [name, *("-" if v != v else f"{100 * v:.1f}" for v in frame[name])]
        for name in names
    ]
    alone = [row for row in rows if not row[0].endswith(MARK)]
    several = [row for row in rows if row[0].endswith(MARK)]
    print_columns(header, [*alone, ["", *[""] * len(frame)], *several])
