"""Rows of results as tidy data frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leaderboards.boards.rows import Row

if TYPE_CHECKING:
    import pandas as pd

INTEGERS = (
    "seed",
    "evaluations",
    "epochs",
    "free_repeats",
    "architecture",
    "parameters",
    "flops",
    "size",
)
TEXTS = (
    "strategy",
    "benchmark",
    "ended",
    "trajectory",
    "text",
    "digest",
    "measured",
    "space",
    "seeds",
)
STEPS = ("at_evaluation", "at_epochs", "at_seconds", "incumbent")
SPLITS = ("validation", "test")

Floats = NDArray[np.float64]


def runs_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return one row per run, without the lists."""
    lists = (*STEPS, *(f"front_{one}" for one in STEPS), "hypervolume", "front")
    return _frame([{k: v for k, v in row.items() if k not in lists} for row in rows])


def benchmarks_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return one row per benchmark."""
    return _frame(rows)


def architectures_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return one row per architecture."""
    return _frame(rows)


def walks_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return one row per evaluation of the runs that are kept whole."""
    import pandas as pd

    parts = []
    for row in rows:
        architectures = _whole(row["architecture"])
        parts.append(
            pd.DataFrame(
                {
                    "strategy": row["strategy"],
                    "benchmark": row["benchmark"],
                    "seed": int(row["seed"]),
                    "evaluation": np.arange(1, len(architectures) + 1),
                    "architecture": architectures,
                    "trained_epochs": _whole(row["trained_epochs"]),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def fronts_frame(
    rows: Sequence[Row], architectures: pd.DataFrame, objectives: Sequence[str]
) -> pd.DataFrame:
    """Return one row per architecture of every run's front, with its objectives."""
    import pandas as pd

    keys = ("strategy", "benchmark", "seed")
    found = [
        (row["strategy"], row["benchmark"], int(row["seed"]), index)
        for row in rows
        for index in _whole(row.get("front", "")).tolist()
    ]
    frame = pd.DataFrame(found, columns=[*keys, "architecture"])
    numbers = architectures[["benchmark", "architecture", *objectives]]
    # Without rows the columns have no type to merge by.
    frame = frame.astype({"seed": "int64", "architecture": "int64"})
    return frame.merge(numbers, on=["benchmark", "architecture"], how="left")


def board_frame(
    rows: Sequence[Row],
    benchmarks: pd.DataFrame,
    architectures: pd.DataFrame,
    searches: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Return one row per step of an incumbent or front, and one per end of a run.

    Args:
        rows: Those of the runs.
        benchmarks: As `benchmarks_frame` returns.
        architectures: As `architectures_frame` returns.
        searches: By row the seed of the first run of the same recorded search.
    """
    import pandas as pd

    by_benchmark = {str(row["benchmark"]): row for _, row in benchmarks.iterrows()}
    positions = {
        key: number
        for number, key in enumerate(
            zip(
                architectures["benchmark"].astype(str),
                architectures["architecture"],
                strict=True,
            )
        )
    }
    steps = [_run_steps(row) for row in rows]
    lengths = [len(one["evaluations"]) for one in steps]
    at = np.array(
        [
            -1 if index < 0 else positions[row["benchmark"], index]
            for row, one in zip(rows, steps, strict=True)
            for index in one.pop("incumbent").tolist()
        ],
        np.int64,
    )
    frame = pd.DataFrame(
        {
            "benchmark": _category([row["benchmark"] for row in rows], lengths),
            "strategy": _category([row["strategy"] for row in rows], lengths),
            "seed": np.repeat([int(row["seed"]) for row in rows], lengths),
            **{name: np.concatenate([s[name] for s in steps]) for name in steps[0]},
            "incumbent": _texts(architectures, at),
        }
    )
    for split in SPLITS:
        accuracies = architectures[f"{split}_accuracy"].to_numpy(np.float64)
        frame[f"incumbent_{split}_accuracy"] = np.append(accuracies, np.nan)[at]
    for split in SPLITS:
        bests = [by_benchmark[r["benchmark"]][f"best_{split}_accuracy"] for r in rows]
        best = np.repeat(np.array(bests, np.float64), lengths)
        regret = best - frame[f"incumbent_{split}_accuracy"].to_numpy()
        frame[f"{split}_regret"] = np.maximum(regret, 0.0)  # NaN stays NaN
    if "hypervolume" in frame:
        frame["hypervolume"] = frame.pop("hypervolume")  # behind all that boards have
    if searches is not None:
        frame["search"] = np.repeat(np.array(searches, np.int64), lengths)
    return frame


def _run_steps(row: Row) -> dict[str, NDArray[np.generic]]:
    """Return the steps of a run: costs, the incumbent or -1, the share of the front."""
    places = [_whole(row["at_evaluation"])]
    fronts = "front" in row
    if fronts:
        places.append(_whole(row["front_at_evaluation"]))
    end = int(row["evaluations"])
    moments = np.unique(np.concatenate([*places, [end]])).astype(np.int64)
    epochs = {end: int(row["epochs"])}
    seconds = {end: float(row["seconds"])}
    for prefix in ("", "front_")[: 1 + fronts]:
        at = _whole(row[f"{prefix}at_evaluation"]).tolist()
        epochs.update(zip(at, _whole(row[f"{prefix}at_epochs"]).tolist(), strict=True))
        times = _floats(row[f"{prefix}at_seconds"]).tolist()
        seconds.update(zip(at, times, strict=True))
    steps: dict[str, NDArray[np.generic]] = {
        "evaluations": moments,
        "epochs": np.array([epochs[one] for one in moments.tolist()], np.int64),
        "seconds": np.array([seconds[one] for one in moments.tolist()], np.float64),
    }
    if fronts:
        shares = np.append(0.0, _floats(row["hypervolume"]))
        steps["hypervolume"] = shares[np.searchsorted(places[1], moments, "right")]
    incumbents = np.append(-1, _whole(row["incumbent"]))
    steps["incumbent"] = incumbents[np.searchsorted(places[0], moments, "right")]
    return steps


def _texts(architectures: pd.DataFrame, at: NDArray[np.int64]) -> object:
    import pandas as pd

    codes, texts = pd.factorize(architectures["text"].astype(str))
    return pd.Categorical.from_codes(np.append(codes, -1)[at], pd.Index(texts))


def _category(names: Sequence[str], lengths: Sequence[int]) -> object:
    import pandas as pd

    codes, texts = pd.factorize(np.array(names, object))
    return pd.Categorical.from_codes(np.repeat(codes, lengths), pd.Index(texts))


def _frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a frame; every column by its kind, empty cells as NaN."""
    import pandas as pd

    columns: dict[str, object] = {}
    for name in rows[0] if rows else ():
        cells = [row[name] for row in rows]
        if name in TEXTS:
            columns[name] = cells
        elif name in INTEGERS:
            columns[name] = np.array([int(cell) for cell in cells], np.int64)
        else:
            columns[name] = np.array([float(cell or "nan") for cell in cells])
    return pd.DataFrame(columns)


def _whole(cell: str) -> NDArray[np.int64]:
    return np.array([int(one) for one in cell.split()], np.int64)


def _floats(cell: str) -> Floats:
    return np.array([float(one) for one in cell.split()], np.float64)
