"""What single runs evaluated, step by step, for the pages of strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leaderboards.site.drawings import layers_of
from nasbench.benchmark import Benchmark

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def walks_data(
    walks: pd.DataFrame, benchmarks: Mapping[str, Benchmark]
) -> list[dict[str, Any]]:
    """Return the runs of one strategy, as JSON.

    Each holds the distinct ``architectures`` as text and in ``steps`` which one every
    evaluation was of, with the epochs of its training in ``epochs``. Where the
    benchmark can be opened, ``layers`` draws architectures of layers, and
    ``accuracies`` are the mean validation accuracies in percent, after as many epochs
    as the step trained.
    """
    found = []
    keys = ["benchmark", "seed"]
    for (name, _), rows in walks.groupby(keys, sort=False, observed=True):
        texts = list(dict.fromkeys(map(str, rows["architecture"])))
        code_of = {text: code for code, text in enumerate(texts)}
        walk: dict[str, Any] = {
            "benchmark": str(name),
            "seed": int(rows["seed"].iloc[0]),
            "architectures": texts,
            "steps": [code_of[str(text)] for text in rows["architecture"]],
            "epochs": [int(epochs) for epochs in rows["trained_epochs"]],
        }
        benchmark = benchmarks.get(str(name))
        if benchmark is not None:
            walk |= _known(walk, benchmark)
        found.append(walk)
    return found


def _known(walk: dict[str, Any], benchmark: Benchmark) -> dict[str, Any]:
    architectures = [benchmark.space.parse(text) for text in walk["architectures"]]
    accuracies = []
    for code, epochs in zip(walk["steps"], walk["epochs"], strict=True):
        accuracy = benchmark.evaluate(
            architectures[code], epochs=epochs
        ).validation_accuracy
        accuracies.append(None if accuracy is None else round(100 * accuracy, 4))
    known: dict[str, Any] = {"accuracies": accuracies, "full": benchmark.epochs}
    layers = layers_of(benchmark.space, architectures)
    return known if layers is None else {**known, "layers": layers}
