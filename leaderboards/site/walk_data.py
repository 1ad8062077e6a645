"""What runs evaluated, step by step, for the pages of strategies.

Some runs are kept whole; of all others the results hold the steps of the incumbent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leaderboards.site.drawings import layers_of, space_form
from nasbench.benchmark import Benchmark
from nasbench.spaces import LayerSpace

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def walks_data(
    walks: pd.DataFrame, board: pd.DataFrame, benchmarks: Mapping[str, Benchmark]
) -> list[dict[str, Any]]:
    """Return the runs of one strategy by benchmark, as JSON.

    Each benchmark holds the distinct ``architectures`` as text, and ``runs``. Of a run
    ``steps`` says which architecture every step was of, ``at`` in which evaluation,
    ``epochs`` how long it trained, and ``accuracies`` its mean validation accuracy in
    percent after so many epochs, where it is known. ``incumbents`` are
    the evaluations from which on there is a new one. A run that is not ``whole`` has
    only those as steps.

    Args:
        walks: The evaluations of the runs of this strategy that are kept whole, as
            `with_accuracies` returns them.
        board: The rows of `SiteBoard.board` of this strategy.
        benchmarks: Those that can be opened.
    """
    found = []
    for name in map(str, board["benchmark"].unique()):
        codes: dict[str, int] = {}
        own = walks[walks["benchmark"] == name]
        whole = {int(str(seed)): rows for seed, rows in own.groupby("seed", sort=True)}
        benchmark = benchmarks.get(name)
        runs = []
        for run in _incumbents(board[board["benchmark"] == name], codes):
            if run["seed"] in whole:
                run |= _whole(whole[run["seed"]], codes)
            if run["steps"]:
                runs.append(run)
        if runs:
            one = {"benchmark": name, "architectures": list(codes), "runs": runs}
            found.append(one | _known(list(codes), benchmark))
    return found


def with_accuracies(
    walks: pd.DataFrame, benchmarks: Mapping[str, Benchmark]
) -> pd.DataFrame:
    """Return walks with the column validation_accuracy: the mean over seeds.

    It is in [0, 1], after as many epochs as the step trained; NaN where the benchmark
    cannot be opened here, or the training failed.
    """
    known: dict[tuple[str, str, int], float] = {}
    keys = list(
        zip(
            walks["benchmark"].astype(str),
            walks["architecture"].astype(str),
            walks["trained_epochs"].astype(int),
            strict=True,
        )
    )
    for key in keys:
        if key not in known:
            name, text, epochs = key
            known[key] = _accuracy(benchmarks.get(name), text, epochs)
    return walks.assign(validation_accuracy=[known[key] for key in keys])


def _accuracy(benchmark: Benchmark | None, text: str, epochs: int) -> float:
    if benchmark is None:
        return float("nan")
    told = benchmark.evaluate(benchmark.space.parse(text), epochs=epochs)
    accuracy = told.validation_accuracy
    return float("nan") if accuracy is None else float(accuracy)


def _whole(rows: pd.DataFrame, codes: dict[str, int]) -> dict[str, Any]:
    texts = list(map(str, rows["architecture"]))
    return {
        "whole": True,
        "steps": [codes.setdefault(text, len(codes)) for text in texts],
        "at": list(range(1, len(texts) + 1)),
        "epochs": [int(one) for one in rows["trained_epochs"]],
        "accuracies": [_percent(one) for one in rows["validation_accuracy"]],
    }


def _incumbents(board: pd.DataFrame, codes: dict[str, int]) -> list[dict[str, Any]]:
    """Return the steps of the incumbents of the runs on one benchmark, by seed."""
    rows = board.sort_values(["seed", "evaluations"], kind="stable")
    seeds, numbers = rows["seed"].tolist(), rows["evaluations"].tolist()
    texts, there = rows["incumbent"].astype(object).tolist(), rows["incumbent"].notna()
    accuracies = rows["incumbent_validation_accuracy"].tolist()
    runs: dict[int, dict[str, Any]] = {}
    lines = zip(seeds, numbers, texts, accuracies, there.tolist(), strict=True)
    for seed, number, text, accuracy, known in lines:
        run = runs.get(seed)
        if run is None:
            at: list[int] = []
            run = {"seed": seed, "whole": False, "steps": [], "at": at}
            runs[seed] = run | {"accuracies": [], "incumbents": at}
            run = runs[seed]
        code = codes.setdefault(str(text), len(codes)) if known else -1
        if known and run["steps"][-1:] != [code]:
            run["steps"].append(code)
            run["at"].append(number)
            run["accuracies"].append(_percent(accuracy))
    return list(runs.values())


def _known(texts: list[str], benchmark: Benchmark | None) -> dict[str, Any]:
    """Return what can be drawn of the architectures."""
    if benchmark is None:
        return {}
    space = benchmark.space
    known: dict[str, Any] = {"full": benchmark.epochs, "space": space_form(space)}
    if isinstance(space, LayerSpace):
        known["layers"] = layers_of(space, [space.parse(text) for text in texts])
    return known


def _percent(accuracy: float) -> float | None:
    return round(100 * accuracy, 4) if accuracy == accuracy else None
