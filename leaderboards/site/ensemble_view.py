"""Recorded ensembles beside the strategies of a board, as tables of words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leaderboards.ensembles import MARK, beside
from nasbench.benchmark import Benchmark, Specified
from strategies.growth.growth_file import shipped_growths
from strategies.growth.growth_scores import fitting

if TYPE_CHECKING:
    import pandas as pd

FILE = "ensembles.csv"


def ensembles_of(
    board: pd.DataFrame, benchmarks: Mapping[str, Benchmark]
) -> dict[str, pd.DataFrame]:
    """Return what `leaderboards.ensembles.beside` says, where ensembles are recorded.

    Args:
        board: Rows where an incumbent changes, and the last of every run.
        benchmarks: Those that can be opened here, by name.
    """
    found = {}
    for name, benchmark in benchmarks.items():
        if not isinstance(benchmark, Specified):
            continue
        there = fitting(shipped_growths(), benchmark.spec)
        if any(growth.rounds and not growth.failed for growth in there):
            found[name] = beside(board, name, there)
    return found


def ensemble_tables(ensembles: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Return per benchmark the headings and rows, ensembles last and marked."""
    tables = []
    for name, frame in ensembles.items():
        rows = [
            {
                "name": column,
                "several": column.endswith(MARK),
                "cells": ["-" if v != v else f"{100 * v:.1f}" for v in frame[column]],
            }
            for column in map(str, frame.columns)
            if column != "seconds"
        ]
        rows.sort(key=lambda row: bool(row["several"]))
        headings = [f"{moment:,.0f} s" for moment in frame["seconds"]]
        tables.append({"benchmark": name, "headings": headings, "rows": rows})
    return tables


def ensemble_frame(ensembles: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return all of them as one frame: benchmark, seconds, column, accuracy."""
    import pandas as pd

    parts = [
        frame.assign(benchmark=name).melt(
            ["benchmark", "seconds"], var_name="column", value_name="accuracy"
        )
        for name, frame in ensembles.items()
    ]
    return pd.concat(parts, ignore_index=True)
