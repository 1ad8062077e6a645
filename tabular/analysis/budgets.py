"""How well accuracy after few epochs ranks architectures as full training does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabular.analysis.kendall import RankAgreement, rank_agreement


@dataclass(frozen=True)
class BudgetAgreement:
    """The ranking after some epochs against the one after all.

    Attributes:
        epochs: After how many epochs.
        ranks: The agreement; the best are those after full training.
    """

    epochs: int
    ranks: RankAgreement


def budget_agreement(curves: NDArray[np.float64]) -> tuple[BudgetAgreement, ...]:
    """Return the agreement of every epoch but the last with the last.

    Both sides are the same trainings, with one learning-rate schedule over all
    epochs, as multi-fidelity search reads them: they share the noise of their seeds.

    Args:
        curves: ``(n, epochs)`` accuracy in [0, 1], means over seeds.
    """
    final = curves[:, -1]
    return tuple(
        BudgetAgreement(epochs, rank_agreement(curves[:, epochs - 1], final, final))
        for epochs in range(1, curves.shape[1])
    )
