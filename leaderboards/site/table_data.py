"""A table as the explorer reads it: columns per class, classes per architecture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from leaderboards.site.drawings import layers_of, space_form
from leaderboards.site.packed import packed
from leaderboards.site.repeat_data import repeats_data
from nasbench.benchmark import Split
from nasbench.spaces import TopologyCell
from nasbench.training.trial import SPLITS
from tabular.schema import COMPLETE, MISSING, TableFile
from tabular.table import Table

if TYPE_CHECKING:
    import pandas as pd

STORED: dict[Split, str] = {"validation": "valid", "test": "test"}


@dataclass(frozen=True, eq=False)
class Axis:
    """A number of every class that points can be placed by.

    Attributes:
        key: Its name in the data and in the CSV file.
        label: Its name on the page.
        unit: The unit of the numbers.
        numbers: ``(classes,)``; NaN where there is none.
        family: What kind of number it is: accuracy, cost, latency, energy, proxy.
    """

    key: str
    label: str
    unit: str
    numbers: NDArray[Any]
    family: str


def axes_of(table: Table) -> list[Axis]:
    """Return the numbers of every class, in the order in which they are offered."""
    return [*_accuracies(table), *_costs(table), *_latencies(table), *_proxies(table)]


def table_data(table: Table, axes: list[Axis]) -> dict[str, Any]:
    """Return what the explorer of a table needs, as JSON.

    Accuracies of trials are counts of images, so that the page shows the very numbers
    of the table; axes are 32-bit floats or integers.
    """
    space = table.space
    class_of = table.read("classes/class_of")
    valid = np.flatnonzero(class_of >= 0)
    images = dict(zip(SPLITS, table.identity.images, strict=True))
    data: dict[str, Any] = {
        "name": table.name,
        "digest": table.digest,
        "space": space_form(space),
        "index": packed(valid),
        "classOf": packed(class_of[valid]),
        "representative": packed(table.read("classes/representative")),
        "seeds": list(table.seeds),
        "epochs": table.epochs,
        "images": {split: int(images[row]) for split, row in STORED.items()},
        "complete": packed(table.read("trials/status") == COMPLETE),
        "correct": {
            split: packed(table.read(f"trials/correct_{row}"))
            for split, row in STORED.items()
        },
        "axes": [_described(axis) for axis in axes],
        "repeats": repeats_data(table),
    }
    if not isinstance(space, TopologyCell):
        members = [space.architecture_at(int(index)) for index in valid]
        data["texts"] = "\n".join(map(space.format, members))
        chosen = table.read("classes/representative").tolist()
        data["layers"] = layers_of(space, list(map(space.architecture_at, chosen)))
    return data


def table_frame(table: Table, axes: list[Axis]) -> pd.DataFrame:
    """Return what the explorer shows as one row per class, for a CSV file."""
    import pandas as pd

    representatives = table.read("classes/representative")
    class_of = table.read("classes/class_of")
    texts = [
        table.space.format(table.space.architecture_at(int(index)))
        for index in representatives
    ]
    columns: dict[str, Any] = {
        "architecture": texts,
        "index": representatives,
        "members": np.bincount(class_of[class_of >= 0]),
    }
    return pd.DataFrame({**columns, **{axis.key: axis.numbers for axis in axes}})


def _described(axis: Axis) -> dict[str, Any]:
    return {
        "key": axis.key,
        "label": axis.label,
        "unit": axis.unit,
        "family": axis.family,
        "values": packed(axis.numbers),
    }


def _accuracies(table: Table) -> Iterator[Axis]:
    representatives = table.read("classes/representative")
    for split in STORED:
        values = table.accuracies(representatives, split)
        label = f"{split.capitalize()} accuracy"
        key = f"{split}_accuracy"
        yield Axis(key, label, "fraction, mean over seeds", values, "accuracy")


def _costs(table: Table) -> Iterator[Axis]:
    for key, label, unit in (
        ("parameters", "Parameters", "learned parameters"),
        ("flops", "FLOPs", "operations per image"),
        ("depth", "Depth", "operations on the longest path"),
    ):
        yield Axis(key, label, unit, table.read(f"costs/{key}"), "cost")
    unit = "CPU seconds, mean over seeds"
    yield Axis("training_seconds", "Training time", unit, _seconds(table), "cost")


def _seconds(table: Table) -> NDArray[np.float64]:
    """Return the ``(classes,)`` CPU seconds of one training; NaN without one."""
    spent = np.zeros(table.read("trials/status").shape)
    for row in ("train", "valid"):
        spent += table.read(f"measured/cpu_seconds_{row}").sum(axis=2, dtype=np.float64)
    tried = table.read("trials/status") != MISSING
    total, count = np.where(tried, spent, 0.0).sum(axis=1), tried.sum(axis=1)
    mean: NDArray[np.float64] = np.full(len(total), np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def _latencies(table: Table) -> Iterator[Axis]:
    for name, columns in table.latencies.items():
        batch = columns.provenance.get("batch", "1")
        images = "one image" if batch == "1" else f"batch of {batch}"
        values, label = columns.median_ms(), f"Latency on {name} ({columns.kind})"
        yield Axis(f"latency:{name}", label, f"ms, {images}", values, "latency")
        if columns.energy_mj is not None:
            label, unit = f"Energy on {name} ({columns.kind})", f"mJ, {images}"
            yield Axis(f"energy:{name}", label, unit, columns.energy_mj, "energy")


def _proxies(table: Table) -> Iterator[Axis]:
    for name, columns in TableFile(table.path).proxies().items():
        seeds = len(columns.seeds)
        unit = "score" if seeds == 1 else f"score, mean over {seeds} seeds"
        yield Axis(f"proxy:{name}", f"Proxy {name}", unit, columns.mean(), "proxy")
