"""``nasbench live``: a race of strategies on the simulated clock, in the terminal."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table as RichTable
from rich.text import Text

from leaderboards import ChosenStrategy, RunSettings, simulate
from leaderboards.boards.show import BARS
from leaderboards.race import Race
from nasbench.cli.compare import open_benchmark
from nasbench.cli.options import Whole
from nasbench.cli.terminal import output, print_columns
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from nasbench.spaces import SearchSpace

FRAMES_PER_SECOND = 12
CURVE_POINTS = 24
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's palette, which colour-blind readers tell apart."""


@Parameter(name="*")
@dataclass(frozen=True)
class LiveOptions:
    """Who races, for how long.

    Attributes:
        strategy: A strategy, with its settings; may be repeated.
        evaluations: Trainings that each of them may pay for.
        seed: Of the one run of each.
        seconds: How long the race takes to watch; 0 shows the end alone.
    """

    strategy: Annotated[tuple[str, ...], Parameter(negative=())] = (
        "random",
        "local",
        "evolution",
        "reinforce",
        "gp",
    )
    evaluations: Whole = 100
    seed: Whole = 0
    seconds: float = 20.0


def live_command(benchmark: str, /, *, options: LiveOptions | None = None) -> None:
    """Race strategies against each other on one clock, one run of each.

    One run is a show and no comparison: `nasbench compare` compares.

    Args:
        benchmark: Id of a benchmark, or the path of a table or surrogate.
        options: Who races, for how long.
    """
    chosen = options or LiveOptions()
    if not 0 <= chosen.seconds < float("inf"):
        raise NasbenchError(f"--seconds is 0 or more, not {chosen.seconds}")
    held = open_benchmark(benchmark)
    settings = RunSettings(Budget(chosen.evaluations))
    strategies = [ChosenStrategy(text) for text in chosen.strategy]
    runs = [
        simulate(one, held, settings, chosen.seed, name=one.text) for one in strategies
    ]
    race = Race.of(held, runs)
    if chosen.seconds and output.is_terminal:
        _show(race, held.space, chosen.seconds)
    else:
        _print_end(race, held.space)


def _show(race: Race, space: SearchSpace, duration: float) -> None:
    console = Console()
    with Live(console=console, refresh_per_second=FRAMES_PER_SECOND) as screen:
        begun = time.monotonic()
        while True:
            share = min(1.0, (time.monotonic() - begun) / duration)
            screen.update(frame(race, space, share * race.end))
            if share == 1.0:
                return
            time.sleep(1 / FRAMES_PER_SECOND)


def frame(race: Race, space: SearchSpace, seconds: float) -> Group:
    """Return what the terminal shows at a moment of the simulated clock."""
    low, high = race.span
    colour_of = dict(zip(race.runs, COLOURS * len(race.runs), strict=False))
    table = RichTable(box=None, pad_edge=False, header_style="bold")
    for heading in ("strategy", "trained", "best so far", "", "its architecture"):
        table.add_column(heading)
    for row in race.standings(seconds):
        known = row.accuracy == row.accuracy
        curve = race.curve(row.name, max(seconds, 1e-9), CURVE_POINTS)
        table.add_row(
            Text(row.name, style=f"bold {colour_of[row.name]}"),
            f"{row.evaluations}{' done' if row.finished else ''}",
            f"{row.accuracy:.2%}" if known else "-",
            Text(sparkline(curve, low, high), style=colour_of[row.name]),
            "-" if row.architecture is None else space.format(row.architecture),
        )
    clock = f"{race.benchmark}: {seconds:,.0f} of {race.end:,.0f} CPU seconds"
    return Group(Text(clock), table)


def sparkline(
    values: np.ndarray[tuple[int], np.dtype[np.float64]], low: float, high: float
) -> str:
    """Return one block per value, from `low` to `high`; a space where there is none."""
    steps = np.clip((values - low) / (high - low) * (len(BARS) - 1), 0, len(BARS) - 1)
    return "".join(" " if step != step else BARS[round(float(step))] for step in steps)


def _print_end(race: Race, space: SearchSpace) -> None:
    rows = [
        (
            row.name,
            str(row.evaluations),
            f"{row.accuracy:.2%}",
            "-" if row.architecture is None else space.format(row.architecture),
        )
        for row in race.standings(race.end)
    ]
    print_columns(("strategy", "trained", "best seen", "its architecture"), rows)
