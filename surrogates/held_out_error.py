"""How far a model is off on samples that it has not seen, by cross-validation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.float32]
Fitter: TypeAlias = Callable[[Rows, Floats], Callable[[Rows], Floats]]
"""Learns from rows and scores, and returns what predicts scores of rows."""

COVERED = 0.9
"""Which share of the held-out samples the intervals are made to cover."""

NORMAL_QUANTILE = 1.6448536269514722
"""A normal variable lies so many standard deviations around its mean with it."""

SMALLEST_VARIANCE = 1e-12
"""No prediction is exact."""


def held_out_residuals(
    fitter: Fitter, rows: Rows, scores: Floats, folds: int, seed: int
) -> Floats:
    """Return ``(n,)`` scores minus what models say that have not seen them.

    Equal rows, as members of one class often are, lie in one fold: apart, the model
    would have seen the answer.

    Args:
        fitter: Makes the models.
        rows: ``(n, features)``.
        scores: ``(n,)``.
        folds: How many models, 2 or more.
        seed: Decides which samples lie in which fold.
    """
    _, group = np.unique(rows, axis=0, return_inverse=True)
    group = group.reshape(-1)
    distinct = int(group.max()) + 1
    if distinct < 2:
        return np.asarray(scores - scores.mean())
    parts = min(folds, distinct)
    order = np.random.default_rng(seed).permutation(distinct)
    fold_of = order[group] % parts
    residuals = np.empty(len(scores))
    for fold in range(parts):
        out = fold_of == fold
        residuals[out] = scores[out] - fitter(rows[~out], scores[~out])(rows[out])
    return residuals


def missing_variance(residuals: Floats, spread: Floats) -> float:
    """Return what has to be added to the members' variance to explain residuals.

    Members of an ensemble agree too well: they share their training data, and none of
    them knows the noise of a new trial. With the constant, 90 % of the residuals lie
    in the central 90 % intervals of normal distributions; a quantile, because a few
    networks that fail to train would decide a mean of squares.

    Args:
        residuals: ``(n,)`` of `held_out_residuals`.
        spread: ``(n,)`` standard deviations between members.
    """
    wide = float(np.quantile(np.abs(residuals), COVERED)) / NORMAL_QUANTILE
    return max(wide**2 - float(np.mean(spread**2)), SMALLEST_VARIANCE)
