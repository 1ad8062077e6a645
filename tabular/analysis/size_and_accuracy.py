"""Whether larger networks are better ones, and which are the best of their size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from tabular.analysis.kendall import RankAgreement, rank_agreement


@dataclass(frozen=True)
class SizeAgreement:
    """How far the size of a network tells its accuracy.

    Attributes:
        ranks: Kendall's tau-b; the best are the most accurate.
        spearman: Spearman's rank correlation over all classes; NaN where it is not
            defined.
    """

    ranks: RankAgreement
    spearman: float


def size_agreement(
    size: NDArray[np.int64], accuracy: NDArray[np.float64]
) -> SizeAgreement:
    """Return the rank correlations of a size and an accuracy.

    Args:
        size: ``(n,)``, parameters or FLOPs.
        accuracy: ``(n,)`` in [0, 1].
    """
    sizes = size.astype(np.float64)
    defined = len(size) > 1 and np.ptp(sizes) > 0 and np.ptp(accuracy) > 0
    return SizeAgreement(
        ranks=rank_agreement(sizes, accuracy, accuracy),
        spearman=float(spearmanr(sizes, accuracy).statistic)
        if defined
        else float("nan"),
    )


def pareto_front(
    cost: NDArray[np.int64], accuracy: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the rows that no other row is as cheap and as accurate as, or better.

    Of rows that are equal in both, the first is returned.

    Args:
        cost: ``(n,)``; smaller is better.
        accuracy: ``(n,)``; larger is better.

    Returns:
        ``(front,) int64``, by ascending cost and accuracy.
    """
    order = np.lexsort((np.arange(len(cost)), -accuracy, cost))
    sorted_accuracy = accuracy[order]
    before = np.maximum.accumulate(np.append(-np.inf, sorted_accuracy))[:-1]
    return np.asarray(order[sorted_accuracy > before])
