"""A fuzzy controller: two inputs, nine rules, two outputs; a pure function."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Term: TypeAlias = Literal["low", "mid", "high"]

TERMS: tuple[Term, ...] = ("low", "mid", "high")
PEAKS = {"low": 0.0, "mid": 0.5, "high": 1.0}
"""Triangles over [0, 1], each as wide as to reach the next one's peak."""

RULES: dict[tuple[Term, Term], tuple[Term, Term]] = {
    ("low", "low"): ("high", "low"),
    ("low", "mid"): ("high", "low"),
    ("low", "high"): ("mid", "mid"),
    ("mid", "low"): ("high", "low"),
    ("mid", "mid"): ("mid", "mid"),
    ("mid", "high"): ("low", "mid"),
    ("high", "low"): ("mid", "high"),
    ("high", "mid"): ("low", "high"),
    ("high", "high"): ("low", "high"),
}
"""(diversity, improvement) -> (mutation, pressure). A population that is alike or
stands still needs change and little pressure; a diverse one can bear pressure."""

_GRID = np.linspace(0, 1, 201)


class Control(NamedTuple):
    """What the controller sets, each in [0, 1] from its least to its most."""

    mutation: float
    pressure: float


def membership(value: float) -> dict[Term, float]:
    """Return how far `value` in [0, 1] is low, mid and high; the sum is 1."""
    return {term: max(0.0, 1 - 2 * abs(value - PEAKS[term])) for term in TERMS}


def fuzzy_control(diversity: float, improvement: float) -> Control:
    """Return the outputs for two inputs in [0, 1].

    Mamdani & Assilian 1975: a rule fires as far as the weaker of its two conditions
    holds; it cuts the triangle of its conclusion off at that height; the output is
    the centroid of the union of all triangles.
    """
    of_diversity, of_improvement = membership(diversity), membership(improvement)
    shapes = np.zeros((2, len(_GRID)))
    for (first, second), conclusions in RULES.items():
        fires = min(of_diversity[first], of_improvement[second])
        for shape, conclusion in zip(shapes, conclusions, strict=True):
            np.maximum(shape, np.minimum(_TRIANGLES[conclusion], fires), out=shape)
    return Control(*(_centroid(shape) for shape in shapes))


def _centroid(shape: NDArray[np.float64]) -> float:
    return float(shape @ _GRID / shape.sum())


_TRIANGLES = {
    term: np.maximum(0.0, 1 - 2 * np.abs(_GRID - peak)) for term, peak in PEAKS.items()
}
