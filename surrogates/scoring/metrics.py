"""How well predictions agree with what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from tabular.analysis.kendall import kendall

Floats: TypeAlias = NDArray[np.float64]

SPARSE = 0.001
"""The step of sparse Kendall: 0.1 % of accuracy (Yu et al., ICLR 2020)."""

TOP = 20
"""How many predicted best are looked at."""


@dataclass(frozen=True)
class Scores:
    """Agreement of predictions with the truth; n samples.

    Attributes:
        samples: How many.
        r2: 1 - squared error / variance of the truth; below 0 for what is worse than
            the mean.
        mae: Mean absolute error, in the unit of the truth.
        rmse: Root of the mean squared error.
        pearson: Linear correlation, signed.
        spearman: Rank correlation.
        kendall: Kendall's tau-b.
        sparse_kendall: The same with truth and predictions rounded to 0.1 %, so that
            differences which do not matter do not count.
        precision: Share of the truly best 20 among the predicted best 20.
        best_rank: The rank, from 1, of the truly best of the predicted best 20.
        regret: By how much the truly best of the predicted best 20 is worse than the
            best of all.
    """

    samples: int
    r2: float
    mae: float
    rmse: float
    pearson: float
    spearman: float
    kendall: float
    sparse_kendall: float
    precision: float
    best_rank: int
    regret: float


def score(truth: Floats, predicted: Floats, top: int = TOP) -> Scores:
    """Return all measures.

    Args:
        truth: ``(n,)`` accuracies in [0, 1].
        predicted: ``(n,)``.
        top: How many predicted best are looked at.

    Raises:
        NasbenchError: The shapes differ, values are not finite, or there are fewer
            than two samples.
    """
    if truth.shape != predicted.shape or truth.ndim != 1 or len(truth) < 2:
        raise NasbenchError(
            "scores need two samples or more, and a prediction of each; given "
            f"{truth.shape} and {predicted.shape}"
        )
    if not (np.isfinite(truth).all() and np.isfinite(predicted).all()):
        raise NasbenchError("scores need finite truths and predictions")
    error = predicted - truth
    variance = float(np.var(truth))
    return Scores(
        samples=len(truth),
        r2=1 - float(np.mean(error**2)) / variance if variance else float("nan"),
        mae=float(np.mean(np.abs(error))),
        rmse=float(np.sqrt(np.mean(error**2))),
        pearson=pearson(truth, predicted),
        spearman=spearman(truth, predicted),
        kendall=kendall(truth, predicted),
        sparse_kendall=sparse_kendall(truth, predicted),
        precision=precision_at(truth, predicted, top),
        best_rank=best_rank_at(truth, predicted, top),
        regret=regret_at(truth, predicted, top),
    )


def pearson(truth: Floats, predicted: Floats) -> float:
    """Return the linear correlation in [-1, 1]; NaN where one side is constant."""
    if np.ptp(truth) == 0 or np.ptp(predicted) == 0:
        return float("nan")
    return float(np.corrcoef(truth, predicted)[0, 1])


def spearman(truth: Floats, predicted: Floats) -> float:
    """Return the correlation of ranks, ties sharing their mean rank."""
    from scipy.stats import rankdata

    return pearson(rankdata(truth), rankdata(predicted))


def sparse_kendall(truth: Floats, predicted: Floats, step: float = SPARSE) -> float:
    """Return Kendall's tau-b of values rounded to multiples of `step`.

    Both sides are rounded, as Yu et al. (ICLR 2020) do; the code of NAS-Bench-301
    rounds predictions only.
    """
    return kendall(np.round(truth / step), np.round(predicted / step))


def precision_at(truth: Floats, predicted: Floats, top: int) -> float:
    """Return which share of the predicted best `top` are among the truly best `top`.

    Whatever ties with the last of the truly best is one of them. Among equal
    predictions none is preferred: they count with the share of their group that is
    chosen.
    """
    count = min(top, len(truth))
    good = truth >= np.sort(truth)[-count]
    return float((_chosen(predicted, count) * good).sum() / count)


def best_rank_at(truth: Floats, predicted: Floats, top: int) -> int:
    """Return the true rank, from 1, of the best of the predicted best `top`.

    Of equal predictions at the border all are looked at.
    """
    chosen = _chosen(predicted, min(top, len(truth))) > 0
    return int((truth > truth[chosen].max()).sum()) + 1


def regret_at(truth: Floats, predicted: Floats, top: int) -> float:
    """Return what the best of the predicted best `top` lacks to the best of all."""
    chosen = _chosen(predicted, min(top, len(truth))) > 0
    return float(truth.max() - truth[chosen].max())


def _chosen(predicted: Floats, count: int) -> Floats:
    """Return ``(n,)`` weights that sum to `count`: 1 above the border, shares at it."""
    border = np.sort(predicted)[-count]
    above, at = predicted > border, predicted == border
    return np.asarray(above + at * (count - above.sum()) / at.sum(), np.float64)
