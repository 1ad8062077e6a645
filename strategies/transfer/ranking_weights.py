"""How far to believe each of several models, by how they order what was observed."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

DROP_QUANTILE = 0.95


def misordered_pairs(draws: Floats, values: Floats) -> NDArray[np.int64]:
    """Return ``(draws,)`` counts of pairs that a draw orders other than the values.

    Args:
        draws: ``(draws, n)`` predictions of the n observations.
        values: ``(n,)`` what was observed.
    """
    first, second = np.triu_indices(len(values), k=1)
    observed = values[first] < values[second]
    predicted = draws[:, first] < draws[:, second]
    differ = values[first] != values[second]
    return np.asarray(((predicted != observed) & differ).sum(axis=1), np.int64)


def ranking_weights(losses: NDArray[np.int64]) -> Floats:
    """Return the ``(models,)`` weights of an ensemble; the last model is the target's.

    A model's weight is the share of draws in which its loss is the smallest; where
    several are equal the target's model takes the draw if it is one of them, else
    they share it. Models whose median loss is above the 95 % quantile of the target
    model's are dropped first, lest many bad sources, each lucky now and then, take
    the weight together (Feurer, Letham & Bakshy, 2018, section 4.3).

    Args:
        losses: ``(models, draws)``.
    """
    target = losses[-1]
    dropped = np.median(losses, axis=1) > np.quantile(target, DROP_QUANTILE)
    dropped[-1] = False
    held = np.where(dropped[:, None], np.iinfo(np.int64).max, losses)
    best = held == held.min(axis=0)
    best[:-1] &= ~best[-1]
    return np.asarray((best / best.sum(axis=0)).mean(axis=1))


def left_out_predictions(covariance: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return ``(n,)`` means and deviations of each value by all others.

    In closed form (Rasmussen & Williams, 2006, equations 5.10 to 5.12).

    Args:
        covariance: ``(n, n)`` of the observations, noise included.
        values: ``(n,)``.
    """
    inverse = np.linalg.inv(covariance)
    precision = np.diag(inverse)
    return values - (inverse @ values) / precision, np.sqrt(1 / precision)
