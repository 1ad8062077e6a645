"""How the commands show a published table."""

from __future__ import annotations

import numpy as np

from nasbench.cli.terminal import output, print_columns, print_facts
from nasbench.errors import NasbenchError
from tabular.importers import PublishedTable

BEST_SHOWN = 5


def print_published(table: PublishedTable) -> None:
    """Print what a published table holds: its source, its metrics, the best of it."""
    mapping = table.mapping
    print_facts(
        [
            ("table", table.path),
            ("digest", table.digest),
            ("space", f"{mapping.space}, {table.space.size:,} architectures"),
            ("rows", f"{len(table):,}" + ("" if table.is_complete else ", partial")),
            ("task", mapping.task),
            ("epochs", table.epochs),
            ("trials", ", ".join(map(str, table.seeds)) or "one number per cell"),
            ("source", mapping.source),
            ("licence", mapping.licence),
            ("protocol", mapping.protocol),
            *sorted(table.provenance.items()),
        ]
    )
    output.print()
    print_columns(
        ("metric", "unit", "values", "min", "median", "max"),
        (_summary(table, metric.name, metric.stored_unit) for metric in table.metrics),
        numbers_from=2,
    )
    best = _best(table)
    if best:
        output.print()
        print_columns(("best architectures", "validation", "test"), best)


def print_published_entry(table: PublishedTable, architecture: str | int) -> None:
    """Print all that was published of one architecture."""
    row = table.row(architecture)
    cell = table.space.architecture_at(int(table.indices[row]))
    facts: list[tuple[str, object]] = [("architecture", table.space.format(cell))]
    try:
        costs = table.cost_model(cell)
    except NasbenchError:
        pass  # a table without costs says so where they are needed
    else:
        facts += [
            ("parameters", f"{costs.parameters:,}"),
            ("FLOPs", f"{costs.flops:,}"),
            ("depth", costs.depth),
        ]
    for metric in table.metrics:
        value = table.values(metric.name)[row]
        shown = "missing" if np.isnan(value) else f"{value:.6g} {metric.stored_unit}"
        facts.append((metric.name, shown))
    print_facts(facts)


def _summary(table: PublishedTable, name: str, unit: str) -> list[str]:
    values = table.values(name)
    there = values[~np.isnan(values)]
    quantiles = np.quantile(there, [0, 0.5, 1])
    return [name, unit, f"{len(there):,}", *(f"{value:.6g}" for value in quantiles)]


def _best(table: PublishedTable) -> list[list[str]]:
    """Return the best by validation, with what their test accuracies are."""
    try:
        validation = table.accuracies(table.indices)
    except NasbenchError:  # a table of latencies has no best
        return []
    order = np.argsort(-np.nan_to_num(validation, nan=-1), kind="stable")[:BEST_SHOWN]
    cells = [table.space.architecture_at(int(table.indices[row])) for row in order]
    return [
        [
            table.space.format(cell),
            f"{validation[row]:.4f}",
            f"{table.mean_accuracy(cell, 'test'):.4f}",
        ]
        for row, cell in zip(order, cells, strict=True)
    ]
