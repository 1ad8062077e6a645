"""How the commands show the latencies of a table: always with their kind."""

from __future__ import annotations

import numpy as np

from nasbench.cli.terminal import output, print_columns
from tabular.latency_columns import COMPLETE, FAILED, FAMILIES, LatencyColumns
from tabular.table import Table

HEADINGS = (
    "latencies",
    "kind",
    "networks",
    "missing",
    "min ms",
    "median ms",
    "max ms",
    "repeats: tau",
    "within 10 %",
    "unsteady",
)


def print_latencies(table: Table) -> None:
    """Print a line per target; nothing where the table holds no latencies.

    Repeats are how well the target agrees with itself, odd rounds with even ones: no
    prediction of it is worth more.
    """
    if table.latencies:
        output.print()
        print_columns(
            HEADINGS,
            (_line(name, held) for name, held in sorted(table.latencies.items())),
            numbers_from=2,
        )


def latency_facts(table: Table, class_number: int) -> list[tuple[str, str]]:
    """Return what every target says of one class, or why it says nothing."""
    facts = []
    for name, held in sorted(table.latencies.items()):
        latency = held.median_ms()[class_number]
        if np.isnan(latency):
            said = f"missing, {held.kind}{_reason(held, class_number)}"
        else:
            said = f"{latency:.4g} ms, {held.kind}"
            if held.rounds > 1:
                spread = 100 * held.spread()[class_number]
                said += f", {held.rounds} rounds within {spread:.1f} %"
        facts.append((f"latency:{name}", said))
        facts += _further(name, held, class_number)
    return facts


def _further(
    name: str, held: LatencyColumns, class_number: int
) -> list[tuple[str, str]]:
    """Return energy, memory and traffic, where the target says them."""
    facts = []
    for family, dataset in FAMILIES.items():
        values = getattr(held, dataset)
        if values is None or np.isnan(values[class_number]):
            continue
        value = float(values[class_number])
        if family == "energy":
            said = f"{value:.4g} mJ, {held.kind}"
        else:
            said = f"{value:,.0f} bytes, counted"
        facts.append((f"{family}:{name}", said))
    return facts


def _reason(held: LatencyColumns, class_number: int) -> str:
    if held.reason is None:
        return ""
    reason = bytes(held.reason[class_number]).decode("utf-8", "replace")
    return f": {reason}" if reason else ""


def _line(name: str, held: LatencyColumns) -> list[str]:
    latency = held.median_ms()
    there = latency[np.isfinite(latency)]
    lowest = highest = middle = "-"
    if len(there):
        quantiles = np.quantile(there, [0, 0.5, 1])
        lowest, middle, highest = (f"{value:.4g}" for value in quantiles)
    repeats = held.repeats()
    ceiling = ["-"] * 3
    if repeats is not None:
        shares = (repeats.within_10, repeats.noisy)
        ceiling = [f"{repeats.kendall:.3f}", *(f"{100 * s:.0f} %" for s in shares)]
    rejected = int((held.status == FAILED).sum())
    missing = int((held.status != COMPLETE).sum())
    return [
        name,
        held.kind,
        f"{len(there):,}",
        f"{missing:,}" + (f", {rejected:,} rejected" if rejected else ""),
        lowest,
        middle,
        highest,
        *ceiling,
    ]
