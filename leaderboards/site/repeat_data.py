"""All repeats behind the means of a table: latencies by round, proxies and trials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from leaderboards.site.packed import packed
from nasbench.training.trial import SPLITS
from tabular.latency_columns import LatencyColumns
from tabular.schema import COMPLETE, TableFile
from tabular.table import Table

if TYPE_CHECKING:
    import pandas as pd

STORED = {"validation": "valid", "test": "test"}


def repeats_data(table: Table) -> dict[str, Any]:
    """Return latencies by target and proxies by name with all repeats, as JSON.

    ``values`` are ``(classes, rounds)`` where they were measured, and ``(classes,
    seeds)``; ``reasons`` says of classes without a latency why there is none.
    """
    latencies: dict[str, dict[str, Any]] = {
        name: {"kind": columns.kind, "reasons": _reasons(columns)}
        for name, columns in table.latencies.items()
    }
    for name, columns in table.latencies.items():
        if columns.kind == "measured":
            latencies[name]["values"] = packed(columns.latency_ms)
    proxies = {
        name: {"values": packed(columns.score), "seeds": list(columns.seeds)}
        for name, columns in TableFile(table.path).proxies().items()
    }
    return {"latencies": latencies, "proxies": proxies}


def has_repeats(table: Table) -> bool:
    """Return whether the table holds measured latencies, or proxies."""
    measured = any(held.kind == "measured" for held in table.latencies.values())
    return measured or bool(TableFile(table.path).proxies())


def repeats_frame(table: Table) -> pd.DataFrame:
    """Return one row per class: its index, every round of a latency, every score."""
    import pandas as pd

    columns: dict[str, Any] = {"index": table.read("classes/representative")}
    for name, held in table.latencies.items():
        if held.kind == "measured":
            for number in range(held.rounds):
                columns[f"latency:{name}:{number + 1}"] = held.latency_ms[:, number]
    for name, scores in TableFile(table.path).proxies().items():
        for place, seed in enumerate(scores.seeds):
            columns[f"proxy:{name}:seed{seed}"] = scores.score[:, place]
    return pd.DataFrame(columns)


def trials_frame(table: Table) -> pd.DataFrame:
    """Return one row per class and seed: accuracies in [0, 1] after every epoch.

    Classes without a complete trial of a seed have empty cells there.
    """
    import pandas as pd

    representatives = table.read("classes/representative")
    seeds, epochs = len(table.seeds), table.epochs
    columns: dict[str, Any] = {
        "index": np.repeat(representatives, seeds),
        "seed": np.tile(table.seeds, len(representatives)),
    }
    complete = (table.read("trials/status") == COMPLETE).reshape(-1)
    for split, row in STORED.items():
        images = table.identity.images[SPLITS.index(row)]
        correct = table.read(f"trials/correct_{row}").reshape(-1, epochs)
        for epoch in range(epochs):
            shares = np.where(complete, correct[:, epoch] / images, np.nan)
            columns[f"{split}_accuracy:{epoch + 1}"] = shares
    return pd.DataFrame(columns)


def _reasons(columns: LatencyColumns) -> dict[str, str]:
    if columns.reason is None:
        return {}
    given = np.flatnonzero(columns.reason != b"").tolist()
    return {
        str(number): columns.reason[number].decode("utf-8", "replace")
        for number in given
    }
