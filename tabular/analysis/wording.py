"""How an analysis words its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

MISSING = "-"
BARS = " ▁▂▃▄▅▆▇█"


def accuracy(value: float) -> str:
    """Return an accuracy in [0, 1] with four decimals."""
    return MISSING if math.isnan(value) else f"{value:.4f}"


def points(value: float) -> str:
    """Return a fraction as percentage points, as in ``2.88``."""
    return MISSING if math.isnan(value) else f"{100 * value:.2f}"


def correlation(value: float) -> str:
    """Return a correlation, or a share of a variance, with two decimals."""
    return MISSING if math.isnan(value) else f"{value:.2f}".replace("-0.00", "0.00")


def percent(value: float) -> str:
    """Return a fraction in [0, 1] as percent with one decimal."""
    return MISSING if math.isnan(value) else f"{100 * value:.1f} %"


def number(value: float) -> str:
    """Return a number with three significant digits, as in ``8.78`` or ``1,210``."""
    if not math.isfinite(value):
        return MISSING if math.isnan(value) else "infinite"
    return f"{float(f'{value:.3g}'):,g}"


def bars(counts: Sequence[int]) -> str:
    """Return counts as a row of bars; the smallest bar is one that is not 0.

    >>> bars([0, 1, 50, 100])
    ' ▁▄█'
    """
    highest = max(counts)
    steps = len(BARS) - 1
    return "".join(
        BARS[0 if not count else max(1, count * steps // highest)] for count in counts
    )
