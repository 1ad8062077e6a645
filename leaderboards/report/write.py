"""Write the report of a board into a folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from leaderboards.curves import anytime_curves
from leaderboards.ranking import BASELINE, rank_board
from leaderboards.report.facts import BenchmarkFacts
from leaderboards.report.figures import DARK, draw_curves, png
from leaderboards.report.files import write_files
from leaderboards.report.page import Section, render_page
from leaderboards.report.tables import board_csv, ranking_csv
from leaderboards.runner.settings import RunSettings
from nasbench.errors import NasbenchError, unknown

if TYPE_CHECKING:
    import pandas as pd

BOOTSTRAP_SEED = 0


def write_report(
    board: pd.DataFrame,
    folder: Path | str,
    settings: RunSettings,
    facts: Sequence[BenchmarkFacts] = (),
    baseline: str = BASELINE,
) -> list[Path]:
    """Write a board's figures, tables and page; the same board gives the same bytes.

    The files are ``board.csv`` (the rows where the incumbent changes, and the last
    row of every run), ``ranking.csv``, ``regret.png`` (``regret-<benchmark>.png``
    where there are several benchmarks) and ``index.html``, which holds its figures.
    Files of these names are replaced, each as a whole.

    Args:
        board: What `compare` returned.
        folder: Where to; it is made if it is missing.
        settings: What `compare` was given.
        facts: What to say of the benchmarks.
        baseline: The strategy that the others are compared with.

    Returns:
        The paths of the files.

    Raises:
        NasbenchError: The folder is not writable, there is nothing to rank, facts
            name a benchmark that is not on the board, or a library is missing.
    """
    ranking = rank_board(board, np.random.default_rng(BOOTSTRAP_SEED), baseline)
    names = list(dict.fromkeys(ranking["benchmark"]))
    if settings.constraints:
        rows = {name: board[board["benchmark"] == name] for name in names}
        facts = [f.under_limits(rows[f.name]) if f.name in rows else f for f in facts]
    facts_of = {fact.name: fact for fact in facts}
    for name in facts_of:
        if name not in names:
            raise NasbenchError(unknown("benchmark of the board", name, names))
    sections = {
        name: _section(board, ranking, name, settings, facts_of.get(name))
        for name in names
    }
    figures = dict(zip(_figure_names(names), sections.values(), strict=True))
    page = render_page(list(sections.values()), settings)
    contents = {
        "board.csv": board_csv(board),
        "ranking.csv": ranking_csv(ranking),
        **{name: section.light for name, section in figures.items()},
        "index.html": page.encode(),
    }
    return write_files(Path(folder), contents)


def _section(
    board: pd.DataFrame,
    ranking: pd.DataFrame,
    benchmark: str,
    settings: RunSettings,
    facts: BenchmarkFacts | None,
) -> Section:
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    curves = anytime_curves(board, benchmark, rng, settings.budget.unit)
    return Section(
        ranking=ranking[ranking["benchmark"] == benchmark],
        strategies=tuple(curves.points),
        light=png(draw_curves(curves)),
        dark=png(draw_curves(curves, DARK)),
        facts=facts,
    )


def _figure_names(benchmarks: Sequence[str]) -> list[str]:
    """Return a file name for every benchmark's figure; all are different."""
    if len(benchmarks) == 1:
        return ["regret.png"]
    names: list[str] = []
    for benchmark in benchmarks:
        stem = "regret-" + re.sub(r"[^A-Za-z0-9._-]+", "-", benchmark)
        name, copy = f"{stem}.png", 2
        while name.lower() in (taken.lower() for taken in names):
            name, copy = f"{stem}-{copy}.png", copy + 1
        names.append(name)
    return names
