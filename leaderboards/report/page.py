"""The HTML page of a board: one file that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from math import isnan
from typing import TYPE_CHECKING

from leaderboards.report import wording
from leaderboards.report.facts import BenchmarkFacts
from leaderboards.report.figures import FLOOR_POINTS, line_style
from leaderboards.runner.settings import RunSettings
from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Section:
    """What the page shows of one benchmark.

    Attributes:
        ranking: Its rows of a ranking.
        strategies: Names in the order of the board, which gives the line styles.
        light: The figure as PNG for light pages.
        dark: The figure as PNG for dark pages.
        facts: What is known of the benchmark, if anything.
    """

    ranking: pd.DataFrame
    strategies: tuple[str, ...]
    light: bytes
    dark: bytes
    facts: BenchmarkFacts | None


@dataclass(frozen=True)
class _Row:
    """A line of the table, worded."""

    strategy: str
    colour: str
    dashes: str
    rank: str
    ranks: str
    mean: str
    interval: str
    bar: tuple[float, float, float] | None
    iqm: str
    median: str
    validation: str
    improvement: str
    improvement_interval: str


@dataclass(frozen=True)
class _View:
    """A section, worded."""

    name: str
    ranked_by: str
    verdict: str
    alternative: str
    caption: str
    light: str
    dark: str
    scale: str
    rows: list[_Row]
    facts: tuple[tuple[str, str], ...]


def render_page(sections: Sequence[Section], settings: RunSettings) -> str:
    """Return the page as HTML.

    Args:
        sections: One per benchmark.
        settings: The rules of all runs.

    Raises:
        NasbenchError: jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise NasbenchError(
            'a report needs jinja2: pip install "nasbench-suite[report]"'
        ) from error
    source = files("leaderboards.report").joinpath("templates", "board.html")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    seeds = int(sections[0].ranking["seeds"].iloc[0])
    return environment.from_string(source.read_text(encoding="utf-8")).render(
        sections=[_view(section, settings) for section in sections],
        rules=wording.rules(settings, seeds),
        quantity=wording.quantity("test_regret", bool(settings.constraints)),
        baseline=str(sections[0].ranking["baseline"].iloc[0]),
        compared=any(one.ranking["improvement"].notna().any() for one in sections),
        strategies=len(sections[0].strategies),
        seeds=seeds,
        budget=f"{settings.budget.amount:,g} {wording.UNITS[settings.budget.unit]}",
    )


def _view(section: Section, settings: RunSettings) -> _View:
    ranking = section.ranking
    ranked_by = str(ranking["ranked_by"].iloc[0])
    name = str(ranking["benchmark"].iloc[0])
    unit = wording.UNITS[settings.budget.unit]
    finals = ", ".join(
        f"{strategy} {wording.points(value)}"
        for strategy, value in zip(
            ranking["strategy"], ranking["ranked_points_mean"], strict=True
        )
    )
    return _View(
        name=name,
        ranked_by=ranked_by,
        verdict=wording.verdict(ranking),
        alternative=f"Mean {ranked_by} on {name} over {unit}, both axes logarithmic. "
        f"At the end, in percentage points: {finals}.",
        caption=f"Mean {ranked_by} of the incumbent over {unit}, with 95 % bootstrap "
        f"intervals over runs. Both axes are logarithmic; means below {FLOOR_POINTS} "
        "points are drawn there. Lines begin where every run has an incumbent.",
        light=_data_uri(section.light),
        dark=_data_uri(section.dark),
        scale=wording.points(ranking["ranked_points_mean_high"].max()),
        rows=_rows(section),
        facts=section.facts.pairs() if section.facts else (),
    )


def _rows(section: Section) -> list[_Row]:
    largest = section.ranking["ranked_points_mean_high"].max()
    rows = []
    for line in section.ranking.to_dict("records"):
        name = str(line["strategy"])
        colour, dashes = line_style(section.strategies.index(name))
        mean, low, high = (
            float(line[f"ranked_points_mean{end}"]) for end in ("", "_low", "_high")
        )
        scale = 100 / largest if largest > 0 else 0.0
        bar = (low * scale, mean * scale, high * scale)
        rows.append(
            _Row(
                strategy=name,
                colour=colour,
                dashes=" ".join(f"{2 * length:g}" for length in dashes),
                rank=f"{line['rank']:g}",
                ranks=wording.ranks(line["rank_low"], line["rank_high"]),
                mean=wording.points(mean),
                interval=wording.interval(low, high),
                bar=None if isnan(sum(bar)) else bar,
                iqm=wording.points(line["test_regret_points_iqm"]),
                median=wording.points(line["test_regret_points_median"]),
                validation=wording.points(line["validation_regret_points_mean"]),
                improvement=wording.percent(line["improvement"]),
                improvement_interval=_percents(
                    line["improvement_low"], line["improvement_high"]
                ),
            )
        )
    return rows


def _percents(low: float, high: float) -> str:
    return "" if isnan(low + high) else f"{100 * low:.0f} to {100 * high:.0f}"


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
