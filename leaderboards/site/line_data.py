"""Lines with intervals, one per strategy, as the page draws them and as CSV rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leaderboards.measures.estimate import Floats
from leaderboards.site.packed import rounded

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = 4


@dataclass(frozen=True, eq=False)
class Lines:
    """The lines of one figure.

    Attributes:
        scope: Over which benchmarks.
        kind: Which of the figures of its place it is.
        label: What is across.
        across: ``(g,) float64``.
        strategies: Names, in the order of the first axis of `shares`.
        parts: The shares, ``(k, g)`` in [0, 1], as ``value``; where there are bounds
            also ``low`` and ``high``.
    """

    scope: str
    kind: str
    label: str
    across: Floats
    strategies: tuple[str, ...]
    parts: Mapping[str, Floats]


def lines_data(figures: list[Lines]) -> list[dict[str, Any]]:
    """Return the figures as JSON."""
    return [
        {
            "scope": one.scope,
            "kind": one.kind,
            "label": one.label,
            "grid": rounded(one.across, DECIMALS),
            "lines": {
                strategy: {
                    part: rounded(values[i], DECIMALS)
                    for part, values in one.parts.items()
                }
                for i, strategy in enumerate(one.strategies)
            },
        }
        for one in figures
    ]


def lines_frame(figures: list[Lines], across: str, kind: str) -> pd.DataFrame:
    """Return the same numbers as one row per point of a line.

    Args:
        figures: The figures.
        across: What the column of the numbers across is called.
        kind: What the column of the kinds is called.
    """
    import pandas as pd

    parts = []
    for one in figures:
        columns: dict[str, Any] = {
            "scope": one.scope,
            kind: one.kind,
            across: np.tile(np.round(one.across, DECIMALS), len(one.strategies)),
            "strategy": np.repeat(one.strategies, len(one.across)),
        }
        for part, values in one.parts.items():
            name = "share" if part == "value" else f"share_{part}"
            columns[name] = np.round(values, DECIMALS).reshape(-1)
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)
