"""How a report words numbers, rules and results."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan
from typing import TYPE_CHECKING

from leaderboards.fronts.objective_text import constraint_text
from leaderboards.runner.settings import RunSettings
from leaderboards.runner.simulation import IDLE_LIMIT
from nasbench.search import Constraint, Objective, column_kind

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

DUST_DIGITS = 9
"""Decimals of a percentage point; what is smaller is an error of rounding."""


def points(value: float) -> str:
    """Return percentage points with two decimals, as in ``0.31``."""
    if isnan(value):
        return MISSING
    rounded = round(value, DUST_DIGITS) + 0.0  # of -0.0 that makes 0.0
    return "< 0.01" if 0 < rounded < 0.005 else f"{rounded:.2f}"


def interval(low: float, high: float) -> str:
    """Return bounds in percentage points, as in ``0.20 to 0.45``."""
    return MISSING if isnan(low + high) else f"{points(low)} to {points(high)}"


def percent(value: float) -> str:
    """Return a fraction in [0, 1] as whole percent."""
    return MISSING if isnan(value) else f"{100 * value:.0f} %"


def ranks(low: float, high: float) -> str:
    """Return bounds of a rank, as in ``1 to 3``."""
    return "" if isnan(low + high) else f"{low:g} to {high:g}"


def rules(
    settings: RunSettings, seeds: int, metric: str = "test_regret"
) -> list[tuple[str, str]]:
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
        *_goals(settings),
        _result(settings, metric),
    ]


def quantity(metric: str, limited: bool) -> tuple[str, str]:
    """Return what is ranked by, and how it is defined.

    Args:
        metric: As in ``test_regret``.
        limited: Whether the runs had to keep limits.
    """
    if metric == "hypervolume":
        kept = "; both hold only what keeps the limits" if limited else ""
        return (
            "Missed hypervolume",
            "is what the front of a run lacks of the hypervolume of the exact front, "
            "in percent of that one; both are valued by means over the seeds that the "
            f"benchmark trained with{kept}.",
        )
    if metric.endswith("_error"):
        split = metric.partition("_")[0]
        return (
            f"{split.capitalize()} error",
            f"is 100 % minus the incumbent's mean {split} accuracy, in percentage "
            "points; a mean is over the seeds that the benchmark trained with.",
        )
    among = "the architectures that keep the limits" if limited else "the whole space"
    return (
        "Regret",
        f"is the best mean accuracy of {among} minus the incumbent's, in percentage "
        "points; a mean is over the seeds that the benchmark trained with. Validation "
        "and test each have their own best. Where the best is unknown, the error "
        "stands in its place.",
    )


def _goals(settings: RunSettings) -> list[tuple[str, str]]:
    """Return what is said of several objectives and of limits, if there are any."""
    told = []
    if len(settings.objectives) > 1:
        told.append(("Objectives", "; ".join(map(_objective, settings.objectives))))
    if settings.constraints:
        limits = "; ".join(map(_limit, settings.constraints))
        breaks = "what breaks one is charged and is never a result of the run"
        told.append(("Limits", f"{limits}; {breaks}"))
    return told


def _objective(one: Objective) -> str:
    unit, wanted = column_kind(one.column).unit, "large" if one.maximise else "small"
    return f"{one.column.replace('_', ' ')} ({unit}), {wanted} is better"


def _limit(one: Constraint) -> str:
    text = constraint_text(one).removesuffix(".0")
    return f"{text} ({column_kind(one.column).unit})"


def _result(settings: RunSettings, metric: str) -> tuple[str, str]:
    """Return what a run is judged by: its incumbent, or its front."""
    kept = " that keep the limits" if settings.constraints else ""
    if metric == "hypervolume":
        return (
            "Front",
            f"of all full trainings so far{kept}, those that no other one surpasses "
            "in all objectives, as the strategy was told them",
        )
    return (
        "Incumbent",
        f"the highest validation accuracy so far among full trainings{kept}, as the "
        "strategy was told it; only the referee reads test accuracies",
    )


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
    bounds = f"95 % interval {interval(low, high)}"
    if isnan(low + high):
        bounds = "no interval is known"
    told = (
        f"{_listed(ranking.loc[leads, 'strategy'])} {_verb(leads.sum())} with a mean "
        f"{first['ranked_by']} of {points(first['ranked_points_mean'])} points "
        f"({bounds})"
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
