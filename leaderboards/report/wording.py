"""How a report words numbers, rules and results."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan
from typing import TYPE_CHECKING

from leaderboards.runner.settings import RunSettings
from leaderboards.runner.simulation import IDLE_LIMIT

if TYPE_CHECKING:
    import pandas as pd

UNITS = {
    "evaluations": "evaluations",
    "epochs": "epochs of training",
    "seconds": "simulated CPU seconds",
}
MISSING = "–"
NAMED = 4
"""More strategies than that are counted and not named."""


def points(value: float) -> str:
    """Return percentage points with two decimals, as in ``0.31``."""
    if isnan(value):
        return MISSING
    return "< 0.01" if 0 < value < 0.005 else f"{value:.2f}"


def interval(low: float, high: float) -> str:
    """Return bounds in percentage points, as in ``0.20 to 0.45``."""
    return MISSING if isnan(low + high) else f"{points(low)} to {points(high)}"


def percent(value: float) -> str:
    """Return a fraction in [0, 1] as whole percent."""
    return MISSING if isnan(value) else f"{100 * value:.0f} %"


def ranks(low: float, high: float) -> str:
    """Return bounds of a rank, as in ``1 to 3``."""
    return f"{low:g} to {high:g}"


def rules(settings: RunSettings, seeds: int) -> list[tuple[str, str]]:
    """Return the rules of the runs as pairs of a term and its explanation."""
    again = {
        "charged": "charged like the first time",
        "free": "free of charge, answered with what is known; a run ends after "
        f"{IDLE_LIMIT:,} free answers in a row",
    }
    longer = {
        "resume": "only the further epochs are charged",
        "restart": "all epochs are charged again",
    }
    told = {
        "mean": "the mean over the benchmark's seeds",
        "trial": "one seed's trial, drawn once per architecture and run",
    }
    budget = f"{settings.budget.amount:,g} {UNITS[settings.budget.unit]} per run"
    return [
        ("Budget", budget + "; the evaluation that reaches it is the last"),
        ("Runs", f"{seeds} per strategy, from the same seeds for all strategies"),
        ("What a strategy is told", told[settings.noise]),
        ("Asking again for what is known", again[settings.repeats]),
        ("Training longer what is known", longer[settings.fidelity]),
        *_simulated_machine(settings),
        (
            "Incumbent",
            "the highest validation accuracy so far among full trainings, as the "
            "strategy was told it; only the referee reads test accuracies",
        ),
    ]


def _simulated_machine(settings: RunSettings) -> list[tuple[str, str]]:
    """Return what is said of workers and of the strategy's own time, if anything."""
    told = []
    if settings.workers > 1:
        speeds = ", ".join(f"{speed:g}" for speed in settings.speeds) or "all equal"
        told.append(
            (
                "Workers",
                f"{settings.workers} train at the same time, speeds {speeds}; seconds "
                "are simulated time from the start to the end of each evaluation",
            )
        )
    if settings.overhead == "measured":
        told.append(
            (
                "The strategy's own time",
                "the CPU seconds that it took are charged; they differ from run to run",
            )
        )
    elif settings.overhead:
        told.append(
            ("The strategy's own time", f"{settings.overhead:g} s per proposal")
        )
    return told


def verdict(ranking: pd.DataFrame) -> str:
    """Return who leads the ranking of one benchmark, and who may be as good."""
    first = ranking.iloc[0]
    leads = ranking["rank"] == first["rank"]
    low, high = first["ranked_points_mean_low"], first["ranked_points_mean_high"]
    told = (
        f"{_listed(ranking.loc[leads, 'strategy'])} {_verb(leads.sum())} with a mean "
        f"{first['ranked_by']} of {points(first['ranked_points_mean'])} points "
        f"(95 % interval {interval(low, high)})"
    )
    if leads.all():
        return f"{told}."
    rivals = ranking[~leads & (ranking["rank_low"] <= first["rank"])]
    if rivals.empty:
        return f"{told}; no other strategy's rank interval reaches that place."
    names = _listed(rivals["strategy"])
    return f"{told}; the runs do not tell {names} apart from that."


def _verb(leaders: int) -> str:
    return "leads" if leaders == 1 else "lead together"


def _listed(names: Iterable[str]) -> str:
    *others, last = list(names)
    if len(others) >= NAMED:
        return f"{len(others) + 1} strategies"
    return f"{', '.join(others)} and {last}" if others else last
