"""The rank view: every strategy's rank on every benchmark, drawn and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np

from leaderboards.measures import Diagram
from leaderboards.site.rank_tests import RankTests

if TYPE_CHECKING:
    import pandas as pd

ROW, STEP = 24, 10
"""Pixels: height of a row, and between the benchmarks in it."""
TICKS = 9
"""As many fit on a phone."""
MARKS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


@dataclass(frozen=True)
class RankTable:
    """The ranks as a table: headings, and rows of texts."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class RankView:
    """What the page shows of ranks.

    Attributes:
        figure: HTML with the images, in the colours of the page.
        note: What it says and what it does not.
        file: The CSV file with the numbers.
        table: The same numbers.
    """

    figure: str
    note: str
    file: str
    table: RankTable


def rank_view(ranking: pd.DataFrame, tests: RankTests | None) -> RankView:
    """Return the rank view of a board.

    Args:
        ranking: Its ranking, of one or several benchmarks.
        tests: What several benchmarks say together; None where there is one.
    """
    names = list(dict.fromkeys(map(str, ranking["benchmark"])))
    compared = tests.nemenyi if tests is not None else None
    if compared is None:
        order = list(map(str, ranking["strategy"]))
    else:
        order = list(compared.strategies)
    note = (
        "Ranks by the mean over runs, 1 is best, with what resampled runs gave in 95 % "
        "of the cases."
    )
    if compared is not None:
        note += " " + _verdict(compared)
    figure = _figure(ranking, order, names, compared)
    table = _table(ranking, order, names, tests)
    return RankView(figure, note, "ranking.csv", table)


def _verdict(compared: Diagram) -> str:
    """Say what a test across the benchmarks shows in the figure."""
    told = "Rows are ordered by the mean rank, the upright line."
    if compared.reason:
        return told
    return (
        f"{told} Bars at the right join strategies that Nemenyi's test at 5 % does not "
        f"tell apart: their mean ranks differ by less than {compared.distance:.2f}."
    )


def _table(
    ranking: pd.DataFrame, order: list[str], names: list[str], tests: RankTests | None
) -> RankTable:
    ranks = _ranks(ranking)
    rows = []
    for place, strategy in enumerate(order):
        known = (ranks[strategy, name] for name in names)
        cells = [
            f"{rank:g}" + (f" ({low:g} to {high:g})" if low == low else "")
            for rank, low, high in known
        ]
        mean = [_mean(tests, place)] if tests else []
        rows.append((strategy, *mean, *cells))
    headings = ("Strategy", *(["Mean rank"] if tests else []), *names)
    return RankTable(headings, tuple(rows))


def _mean(tests: RankTests, place: int) -> str:
    means = tests.means
    low, high = means.low[place], means.high[place]
    known = f" ({low:.2f} to {high:.2f})" if low == low else ""
    return f"{means.value[place]:.2f}{known}"


def _ranks(ranking: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Return rank, lower and upper bound by strategy and benchmark."""
    columns = (ranking[name].tolist() for name in ("rank", "rank_low", "rank_high"))
    keys = zip(
        ranking["strategy"].astype(str), ranking["benchmark"].astype(str), strict=True
    )
    return dict(zip(keys, zip(*columns, strict=True), strict=True))


def _figure(
    ranking: pd.DataFrame, order: list[str], names: list[str], compared: Diagram | None
) -> str:
    """Return one row per strategy: its name, and an image as wide as there is room."""
    ends = ranking["rank_high"].fillna(ranking["rank"])
    worst = max(2.0, float(ends.max()))
    height = max(ROW, STEP * len(names) + 8)
    grid = "".join(_grid_line(rank, worst) for rank in _ticks(worst))
    ranks = _ranks(ranking)
    parts = []
    for place, strategy in enumerate(order):
        marks = []
        for number, name in enumerate(names):
            y = height / 2 + STEP * (number - (len(names) - 1) / 2)
            rank, low, high = ranks[strategy, name]
            if low != low:  # of one search there is no interval
                low = high = rank
            places = [_x(one, worst) for one in (low, rank, high)]
            marks.append(_mark(places, y, number))
        if compared is not None:
            x = f"{_x(float(compared.mean_ranks[place]), worst):.2f}%"
            marks.append(
                f'<line x1="{x}" y1="2" x2="{x}" y2="{height - 2}" '
                'stroke="currentColor" stroke-width="2"/>'
            )
            marks.append(_groups(strategy, compared, height))
        parts.append(
            f'<span>{escape(strategy)}</span><svg height="{height}">{grid}'
            f"{''.join(marks)}</svg>"
        )
    return _framed(parts, order, worst, names)


def _groups(strategy: str, compared: Diagram, height: int) -> str:
    """Return bars that run on from row to row through the strategies of a group."""
    return "".join(
        f'<svg x="100%" overflow="visible"><line x1="{8 + 5 * lane}" y1="0" '
        f'x2="{8 + 5 * lane}" y2="{height}" stroke="currentColor" '
        'stroke-width="3"/></svg>'
        for lane, group in enumerate(compared.groups)
        if strategy in group and not compared.reason
    )


def _framed(parts: list[str], order: list[str], worst: float, names: list[str]) -> str:
    numbers = "".join(
        f'<text x="{_x(rank, worst):.2f}%" y="14">{rank}</text>'
        for rank in _ticks(worst)
    )
    parts.append(f'<span>rank, 1 is best</span><svg height="20">{numbers}</svg>')
    words = escape(", ".join(order), {'"': "&quot;"})
    label = f"Ranks with 95 % intervals; strategies from best to worst: {words}."
    legend = _legend(names) if len(names) > 1 else ""
    return (
        f'{legend}<div class="ranks" role="img" aria-label="{label}">'
        f"{''.join(parts)}</div>"
    )


def _x(rank: float, worst: float) -> float:
    """Return where a rank stands, in percent of the width."""
    return 1 + 98 * (rank - 1) / (worst - 1)


def _ticks(worst: float) -> range:
    return range(1, int(worst) + 1, max(1, int(np.ceil(worst / TICKS))))


def _grid_line(rank: int, worst: float) -> str:
    x = f"{_x(rank, worst):.2f}%"
    return f'<line x1="{x}" y1="0" x2="{x}" y2="100%" stroke="var(--soft)"/>'


def _mark(places: list[float], y: float, number: int) -> str:
    low, middle, high = places
    return (
        f'<line x1="{low:.2f}%" y1="{y:g}" x2="{high:.2f}%" y2="{y:g}" '
        f'stroke="{MARKS[number % len(MARKS)]}" stroke-width="3" '
        f'stroke-opacity="0.55"/><svg x="{middle:.2f}%" y="{y:g}" overflow="visible">'
        f"{_symbol(number)}</svg>"
    )


def _symbol(number: int) -> str:
    """Return the mark of a benchmark around 0; shapes differ as well as colours."""
    colour = MARKS[number % len(MARKS)]
    shape = number % 4
    if shape == 0:
        return f'<circle r="5" fill="{colour}"/>'
    corners = {
        1: "-4.5,-4.5 4.5,-4.5 4.5,4.5 -4.5,4.5",
        2: "0,-6 6,0 0,6 -6,0",
        3: "0,-5.5 5.5,4.5 -5.5,4.5",
    }[shape]
    return f'<polygon points="{corners}" fill="{colour}"/>'


def _legend(names: list[str]) -> str:
    entries = (
        f'<li><svg viewBox="-7 -7 14 14" aria-hidden="true">{_symbol(number)}</svg>'
        f"{escape(name)}</li>"
        for number, name in enumerate(names)
    )
    return f'<ul class="legend">{"".join(entries)}</ul>'
