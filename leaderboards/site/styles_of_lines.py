"""The look of every strategy, the same in all figures of a site."""

from __future__ import annotations

from typing import Any

from leaderboards.report.figures import line_style

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")


def looks(strategies: list[str]) -> dict[str, dict[str, Any]]:
    """Return colour, dashes and marker by strategy.

    No two of 28 strategies have the same line, and lines that share a colour differ in
    dashes and marker, so that nothing is told by colour alone.
    """
    found: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(strategies):
        colour, dashes = line_style(number)
        lengths = [round(2 * length, 1) for length in dashes]
        found[name] = {
            "colour": colour,
            "dash": ",".join(f"{length:g}px" for length in lengths) or "solid",
            "dashes": " ".join(f"{length:g}" for length in lengths),
            "symbol": SYMBOLS[number % len(SYMBOLS)],
        }
    return found
