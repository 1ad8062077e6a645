"""The columns of boards and rankings: names, types, units and meanings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a data frame.

    Attributes:
        name: The name in the frame and in the CSV file.
        dtype: The pandas type.
        unit: The unit, or how texts are written.
        meaning: What the column holds.
    """

    name: str
    dtype: str
    unit: str
    meaning: str


BOARD = (
    Column("benchmark", "category", "id", "what was searched"),
    Column("strategy", "category", "name", "what searched"),
    Column("seed", "int64", "0 to seeds - 1", "seed of the run"),
    Column("evaluations", "int64", "count", "charged evaluations that ended so far"),
    Column("epochs", "int64", "epochs", "charged epochs so far"),
    Column(
        "seconds",
        "float64",
        "seconds",
        "simulated time at which it ended; with one worker, charged_seconds",
    ),
    Column("architecture", "category", "text form", "what was evaluated"),
    Column("trained_epochs", "int64", "epochs", "how long the answer was trained"),
    Column(
        "validation_accuracy",
        "float64",
        "fraction in [0, 1]",
        "what the strategy was told; NaN for a failed training",
    ),
    Column("incumbent", "category", "text form", "the incumbent; missing before one"),
    Column(
        "incumbent_validation_accuracy",
        "float64",
        "fraction in [0, 1]",
        "the referee's mean over seeds; NaN where there is none",
    ),
    Column(
        "incumbent_test_accuracy",
        "float64",
        "fraction in [0, 1]",
        "the referee's mean over seeds; NaN where there is none",
    ),
    Column(
        "validation_regret",
        "float64",
        "fraction in [0, 1]",
        "best mean accuracy of the space minus the incumbent's; NaN where unknown",
    ),
    Column(
        "test_regret",
        "float64",
        "fraction in [0, 1]",
        "best mean accuracy of the space minus the incumbent's; NaN where unknown",
    ),
    Column(
        "charged_seconds",
        "float64",
        "CPU seconds",
        "charged so far to all workers, and to the strategy for its thinking",
    ),
    Column("worker", "int64", "0 to workers - 1", "who trained it"),
    Column(
        "violation",
        "float64",
        "share of the limits",
        "sum of the relative excesses over all limits; 0 where all are kept",
    ),
)
"""A board: one row per charged evaluation of every run."""

_POINTS = "percentage points"


def _with_interval(name: str, unit: str, meaning: str) -> tuple[Column, ...]:
    return (
        Column(name, "float64", unit, meaning),
        Column(f"{name}_low", "float64", unit, f"lower bound of {name}"),
        Column(f"{name}_high", "float64", unit, f"upper bound of {name}"),
    )


RANKING = (
    Column("benchmark", "str", "id", "what was searched"),
    Column("strategy", "str", "name", "what searched"),
    Column("seeds", "int64", "count", "runs that were aggregated"),
    Column("evaluations", "float64", "count", "charged evaluations per run, mean"),
    Column("ranked_by", "str", "name", "the final quantity whose mean is ranked"),
    *_with_interval("rank", "1 is best", "rank by that mean; ties share the average"),
    *_with_interval("ranked_points_mean", _POINTS, "that mean"),
    *_with_interval("test_regret_points_mean", _POINTS, "mean final test regret"),
    *_with_interval("test_regret_points_median", _POINTS, "median of the same"),
    *_with_interval("test_regret_points_iqm", _POINTS, "interquartile mean of it"),
    *_with_interval("validation_regret_points_mean", _POINTS, "mean final regret"),
    *_with_interval("validation_regret_points_median", _POINTS, "median of the same"),
    *_with_interval(
        "validation_regret_points_iqm", _POINTS, "interquartile mean of it"
    ),
    Column("baseline", "str", "name", "what the next columns compare with"),
    *_with_interval(
        "improvement",
        "probability in [0, 1]",
        "chance that a run ends better than one of the baseline, ties one half; "
        "NaN without a baseline",
    ),
)
"""A ranking: one row per strategy and benchmark; all bounds are 95 % intervals."""

SEARCHES = Column(
    "searches",
    "int64",
    "count",
    "distinct searches that the runs replay; of what searches itself, the runs",
)
"""A further column of rankings, after `seeds`, where runs replay recorded searches."""
