"""Curves out of arrays of regrets, and what their tests draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from leaderboards.measures import RunCurves

TIED = st.integers(0, 4).map(float)
"""Scores of which many are equal."""


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def curves_from(regrets: ArrayLike, names: Sequence[str] = ()) -> RunCurves:
    """Return curves of ``(k, n, b, t)`` regrets at the evaluations 1 to t.

    Strategies without `names` are s0, s1, ...; benchmarks are b0, b1, ...
    """
    values = np.asarray(regrets, np.float64)
    k, n, b, t = values.shape
    return RunCurves(
        tuple(names or (f"s{i}" for i in range(k))),
        tuple(range(n)),
        tuple(f"b{i}" for i in range(b)),
        np.arange(1.0, t + 1),
        "evaluations",
        "test regret",
        values,
        np.full((k, n, b), float(t)),
    )


def curves_at_the_end(scores: ArrayLike, names: Sequence[str] = ()) -> RunCurves:
    """Return curves of one time with ``(k, n, b)`` regrets."""
    return curves_from(np.asarray(scores)[..., None], names)


def rliable_scores() -> NDArray[np.float64]:
    """Return ``(2, 10, 3)`` scores whose figures by rliable 1.2.0 tests quote."""
    i, j = np.meshgrid(np.arange(10), np.arange(3), indexing="ij")
    first = (37 * i * i + 11 * i * j + 5 * j * j + 3 * i + 7 * j) % 101
    second = (29 * i * i + 17 * i * j + 3 * j * j + 5 * i + 2 * j) % 97
    return np.asarray(np.stack([first, second]) / 100 * (j + 1))
