"""Runs as one tidy table, with the regret of their incumbents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from leaderboards.columns import BOARD
from leaderboards.fronts.permitted import best_permitted
from leaderboards.runner.run import Run
from nasbench.benchmark import Benchmark, Split
from nasbench.errors import NasbenchError
from nasbench.search import Constraint

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-12
"""How far a mean may exceed the best mean, by the order in which it was summed."""


def tabulate(
    runs: Sequence[Run],
    benchmarks: Sequence[Benchmark],
    constraints: Sequence[Constraint] = (),
) -> pd.DataFrame:
    """Return the board of runs, wherever they were simulated.

    Args:
        runs: What happened; the rows stand in their order.
        benchmarks: What it happened on, for text forms and best accuracies.
        constraints: The limits of the runs; regret is that to the best architecture
            that keeps them.

    Returns:
        One row per charged evaluation; the columns are `leaderboards.columns.BOARD`.

    Raises:
        NasbenchError: A run holds no evaluation, its benchmark is not given, or an
            incumbent is better than what the benchmark calls the best.
    """
    import pandas as pd

    by_name = _by_name(runs, benchmarks)
    lengths = [len(run) for run in runs]
    texts, architectures, incumbents = _text_codes(runs, by_name)
    regrets = {
        split: _regrets(runs, by_name, split, constraints)
        for split in ("validation", "test")
    }
    columns: dict[str, Any] = {
        "benchmark": _repeated([run.benchmark for run in runs], lengths),
        "strategy": _repeated([run.strategy for run in runs], lengths),
        "seed": np.repeat([run.seed for run in runs], lengths),
        "evaluations": np.concatenate([np.arange(1, n + 1) for n in lengths]),
        "epochs": _joined(runs, "cumulative_epochs"),
        "seconds": _joined(runs, "finished"),
        "charged_seconds": _joined(runs, "cumulative_seconds"),
        "worker": _joined(runs, "worker"),
        "architecture": pd.Categorical.from_codes(architectures, pd.Index(texts)),
        "trained_epochs": _joined(runs, "epochs"),
        "validation_accuracy": _joined(runs, "validation_accuracy"),
        "violation": _joined(runs, "violation"),
        "incumbent": pd.Categorical.from_codes(incumbents, pd.Index(texts)),
        "incumbent_validation_accuracy": _joined(runs, "incumbent_validation_accuracy"),
        "incumbent_test_accuracy": _joined(runs, "incumbent_test_accuracy"),
        "validation_regret": regrets["validation"],
        "test_regret": regrets["test"],
    }
    return pd.DataFrame({column.name: columns[column.name] for column in BOARD})


def _by_name(
    runs: Sequence[Run], benchmarks: Sequence[Benchmark]
) -> dict[str, Benchmark]:
    """Return the benchmarks by name; refuse what makes no board."""
    by_name = {benchmark.name: benchmark for benchmark in benchmarks}
    if len(by_name) < len(benchmarks):
        names = sorted(benchmark.name for benchmark in benchmarks)
        raise NasbenchError(f"a benchmark stands twice on one board: {names}")
    if not runs:
        raise NasbenchError("a board needs at least one run; none is given")
    for run in runs:
        if run.benchmark not in by_name:
            raise NasbenchError(
                f"a run is on benchmark {run.benchmark!r}; given are {sorted(by_name)}"
            )
        if len(run) == 0:
            raise NasbenchError(run.without_evaluation)
    return by_name


def _text_codes(
    runs: Sequence[Run], by_name: Mapping[str, Benchmark]
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct text forms, and their codes per row.

    Returns:
        The texts; ``(rows,)`` codes of the architectures; ``(rows,)`` codes of the
        incumbents, -1 where there is none.
    """
    code_of: dict[str, int] = {}
    codes: dict[int, NDArray[np.int64]] = {}
    for name, benchmark in by_name.items():
        own = [i for i, run in enumerate(runs) if run.benchmark == name]
        if not own:
            continue
        rows = np.concatenate([runs[i].architectures for i in own])
        distinct, inverse = _distinct_rows(rows)
        forms = (benchmark.space.format(tuple(row)) for row in distinct.tolist())
        numbers = np.array([code_of.setdefault(t, len(code_of)) for t in forms])
        ends = np.cumsum([len(runs[i]) for i in own])
        parts = np.split(numbers[inverse], ends[:-1])
        codes.update(zip(own, parts, strict=True))
    ordered = [codes[i] for i in range(len(runs))]
    incumbents = [
        np.where(run.incumbent < 0, -1, part[run.incumbent])
        for run, part in zip(runs, ordered, strict=True)
    ]
    return list(code_of), np.concatenate(ordered), np.concatenate(incumbents)


def _distinct_rows(
    rows: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the distinct rows of ``(n, m)`` bytes, and which of them each row is."""
    # As texts of m bytes they sort ten times as fast as with ``np.unique(axis=0)``.
    whole = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1])))
    _, first, inverse = np.unique(
        whole.reshape(-1), return_index=True, return_inverse=True
    )
    return rows[first], inverse.reshape(-1)


def _regrets(
    runs: Sequence[Run],
    by_name: Mapping[str, Benchmark],
    split: Split,
    constraints: Sequence[Constraint],
) -> NDArray[np.float64]:
    """Return the ``(rows,)`` regrets of the incumbents, NaN where unknown."""
    bests: dict[str, float] = {}
    for name, benchmark in by_name.items():
        best = best_permitted(benchmark, split, constraints)
        bests[name] = float("nan") if best is None else best
    regrets: list[NDArray[np.float64]] = []
    for run in runs:
        accuracies = (
            run.incumbent_test_accuracy
            if split == "test"
            else run.incumbent_validation_accuracy
        )
        regret = bests[run.benchmark] - accuracies
        # A trial may keep a limit that the mean breaks, so constraints are no proof.
        if not constraints and (regret < -ROUNDING).any():
            raise NasbenchError(
                f"benchmark {run.benchmark!r} says that its best {split} accuracy is "
                f"{bests[run.benchmark]}, and {np.nanmax(accuracies)} was found; its "
                "best_accuracy has to be None where the best is unknown"
            )
        regrets.append(np.maximum(regret, 0.0))  # NaN stays NaN
    return np.concatenate(regrets)


def _joined(runs: Sequence[Run], field: str) -> NDArray[Any]:
    return np.concatenate([getattr(run, field) for run in runs])


def _repeated(names: Sequence[str], lengths: Sequence[int]) -> pd.Categorical[str]:
    """Return a categorical of names, categories in the order of appearance."""
    import pandas as pd

    categories = list(dict.fromkeys(names))
    code_of = {name: code for code, name in enumerate(categories)}
    codes = np.array([code_of[name] for name in names])
    return pd.Categorical.from_codes(np.repeat(codes, lengths), pd.Index(categories))
