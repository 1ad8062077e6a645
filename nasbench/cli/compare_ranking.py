"""How ``nasbench compare`` shows a ranking, and what it says of its gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from leaderboards import Run, RunSettings
from nasbench.benchmark import Benchmark
from nasbench.cli.terminal import errors, output, print_columns

if TYPE_CHECKING:
    import pandas

MISSING = "-"


def print_ranking(
    ranking: pandas.DataFrame, runs: Sequence[Run], benchmarks: Sequence[Benchmark]
) -> None:
    """Print the ranking of every benchmark; say why a strategy has no rank.

    The chance to beat the baseline is left out where the baseline did not run.
    """
    for benchmark in benchmarks:
        rows = ranking[ranking["benchmark"] == benchmark.name]
        output.print(f"{benchmark.name}: {rows['seeds'].iloc[0]} seeds, 95 % intervals")
        headings = ["strategy", "rank", f"{rows['ranked_by'].iloc[0]}, points"]
        compared = bool(rows["improvement"].notna().any())
        if compared:
            headings.append(f"better than {rows['baseline'].iloc[0]}")
        print_columns(headings, (_cells(row, compared) for row in rows.itertuples()))
        for name in rows["strategy"][rows["ranked_points_mean"].isna()]:
            output.print(_why_unranked(str(name), runs, benchmark))


def print_partial_trainings(
    runs: Sequence[Run], benchmarks: Sequence[Benchmark], settings: RunSettings
) -> None:
    """Warn where a budget of evaluations counts partial trainings as whole ones."""
    if settings.budget.unit != "evaluations":
        return
    epochs = {benchmark.name: benchmark.epochs for benchmark in benchmarks}
    partial = {
        run.strategy for run in runs if (run.epochs < epochs[run.benchmark]).any()
    }
    if partial:
        errors.print(
            f"{', '.join(sorted(partial))}: trainings of fewer than all epochs count "
            "as one evaluation each, which is unfair; compare with --epochs or "
            "--seconds as the budget"
        )


def _cells(row: Any, compared: bool) -> list[str]:
    """Return a row of the ranking as text."""
    unranked = row.ranked_points_mean != row.ranked_points_mean
    rank = f"{row.rank:g} [{row.rank_low:g}, {row.rank_high:g}]"
    points = (
        f"{row.ranked_points_mean:.3f} [{row.ranked_points_mean_low:.3f}, "
        f"{row.ranked_points_mean_high:.3f}]"
    )
    cells = [
        str(row.strategy),
        MISSING if unranked else rank,
        MISSING if unranked else points,
    ]
    if compared:
        chance = row.improvement
        cells.append(MISSING if unranked or _is_nan(chance) else f"{chance:.2f}")
    return cells


def _why_unranked(name: str, runs: Sequence[Run], benchmark: Benchmark) -> str:
    """Return the sentence that says why a strategy has no rank."""
    own = [
        run for run in runs if (run.strategy, run.benchmark) == (name, benchmark.name)
    ]
    without = sum(run.incumbent[-1] < 0 for run in own)
    whole = sum((run.epochs == benchmark.epochs).any() for run in own)
    if not without:
        return f"{name} has no rank: {benchmark.name} does not know what it found"
    reason = (
        f"finished a training of all {benchmark.epochs} epochs"
        if whole <= len(own) - without
        else "succeeded with a whole training that keeps the limits"
    )
    return (
        f"{name} has no rank: {without} of its {len(own)} runs never {reason}; give "
        "a larger budget"
    )


def _is_nan(value: float) -> bool:
    return value != value
