"""The ranking of a board as rows of the page's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

from leaderboards.columns import SEARCHES
from leaderboards.report import wording
from leaderboards.site.metric import BEST_KNOWN

if TYPE_CHECKING:
    import pandas as pd

REPLAYS = "↻"
"""Marks runs that replay fewer recorded searches than they are."""


@dataclass(frozen=True)
class Heading:
    """A column of the table.

    Attributes:
        key: What it holds.
        heading: Its heading.
    """

    key: str
    heading: str


@dataclass(frozen=True)
class Cell:
    """A cell of the table.

    Attributes:
        key: The column.
        value: What it sorts by; empty where nothing is known.
        text: What it shows.
        small: Its interval.
        bar: Lower bound, value and upper bound in percent of the widest bar.
    """

    key: str
    value: str = ""
    text: str = ""
    small: str = ""
    bar: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class RankingRow:
    """A strategy in the table.

    Attributes:
        strategy: Its name.
        slug: Its name in addresses.
        look: Its colour, dashes and marker.
        cells: In the order of the headings.
    """

    strategy: str
    slug: str
    look: Mapping[str, Any]
    cells: tuple[Cell, ...]


def headings(ranking: pd.DataFrame, baseline: str, metric: str) -> list[Heading]:
    """Return the columns of the table of one benchmark's ranking."""
    ranked_by = str(ranking["ranked_by"].iloc[0])
    largest = float(ranking["ranked_points_mean_high"].max())
    own = "test regret" if metric == BEST_KNOWN else ranked_by
    found = [
        Heading("rank", "Rank"),
        Heading("strategy", "Strategy"),
        *([Heading("searches", "Searches")] if SEARCHES.name in ranking else []),
        Heading("mean", f"Mean {ranked_by}"),
        Heading("bar", f"0 to {wording.points(largest)}"),
        Heading("iqm", f"IQM {own}"),
        Heading("median", f"Median {own}"),
    ]
    if metric == BEST_KNOWN:
        found.append(Heading("validation", "Mean valid. regret"))
    return [*found, Heading("improvement", f"Better than {baseline}")]


def ranking_rows(
    ranking: pd.DataFrame,
    slugs: Mapping[str, str],
    looks: Mapping[str, Mapping[str, Any]],
    columns: list[Heading],
) -> list[RankingRow]:
    """Return one row per strategy of one benchmark's ranking, in its order."""
    largest = float(ranking["ranked_points_mean_high"].max())
    scale = 100 / largest if largest > 0 else 0.0
    rows = []
    for line in ranking.to_dict("records"):
        cells = cells_of({str(key): value for key, value in line.items()}, scale)
        name = str(line["strategy"])
        chosen = tuple(cells[column.key] for column in columns)
        rows.append(RankingRow(name, slugs[name], looks[name], chosen))
    return rows


def cells_of(line: Mapping[str, Any], scale: float = 0.0) -> dict[str, Cell]:
    """Return all cells of a line of a ranking by their keys."""
    mean = _triple(line, "ranked_points_mean")
    drawn = (mean[1] * scale, mean[0] * scale, mean[2] * scale)
    cells = [
        Cell(
            "rank",
            _plain(line["rank"]),
            f"{line['rank']:g}",
            wording.ranks(line["rank_low"], line["rank_high"]),
        ),
        _searches(line),
        Cell("strategy", str(line["strategy"]), str(line["strategy"])),
        _points("mean", mean),
        Cell("bar", _plain(mean[0]), bar=None if isnan(sum(drawn)) else drawn),
        _points("iqm", _triple(line, "test_regret_points_iqm")),
        _points("median", _triple(line, "test_regret_points_median")),
        _points("validation", _triple(line, "validation_regret_points_mean")),
        _chance(_triple(line, "improvement")),
    ]
    return {cell.key: cell for cell in cells}


def _searches(line: Mapping[str, Any]) -> Cell:
    """Return how many searches the runs are; marked where they replay fewer."""
    runs = int(line["seeds"])
    count = int(line.get(SEARCHES.name, runs))
    if count == runs:
        return Cell("searches", str(count), str(count))
    return Cell("searches", str(count), f"{count} {REPLAYS}", f"in {runs} runs")


def _triple(line: Mapping[str, Any], name: str) -> tuple[float, float, float]:
    return float(line[name]), float(line[f"{name}_low"]), float(line[f"{name}_high"])


def _points(key: str, known: tuple[float, float, float]) -> Cell:
    value, low, high = known
    small = "" if isnan(low + high) else wording.interval(low, high)
    return Cell(key, _plain(value), wording.points(value), small)


def _chance(known: tuple[float, float, float]) -> Cell:
    value, low, high = known
    small = "" if isnan(low + high) else f"{100 * low:.0f} to {100 * high:.0f}"
    return Cell("improvement", _plain(value), wording.percent(value), small)


def _plain(value: float) -> str:
    """Return a number as in the CSV file; nothing for NaN."""
    return "" if isnan(value) else f"{value:.6f}"
