"""Means with deviations, as the commands on recorded searches show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nasbench.cli.terminal import output
from strategies.weight_sharing.method_scores import Spread


def shown(spread: Spread, digits: int, scale: float = 1.0) -> str:
    """Return ``mean ± deviation``; a dash for what there is not."""
    if spread.mean != spread.mean:
        return "-"
    text = f"{scale * spread.mean:,.{digits}f}"
    if spread.deviation == spread.deviation:
        text += f" ± {scale * spread.deviation:,.{digits}f}"
    return text


def print_markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table for a document; columns but the first are aligned to the right."""
    for line in (header, ("---", *["---:"] * (len(header) - 1)), *rows):
        output.print("| " + " | ".join(line) + " |", soft_wrap=True, markup=False)
