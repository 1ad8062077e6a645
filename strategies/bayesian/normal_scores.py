"""What the models of this folder are trained on: normal scores of the ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def normal_scores(values: Sequence[float]) -> NDArray[np.float64]:
    """Return the ``(n,)`` normal scores of the ranks of ``(n,)`` values (Blom, 1958).

    They do not depend on the scale of the objective, a few architectures at chance
    level do not drown the differences among the good ones, and a failed training, at
    -inf, is one that did no better than the worst. Equal values share the score of
    their mean rank.

    >>> normal_scores([0.1, 0.9, float("-inf")]).round(2).tolist()
    [0.0, 0.87, -0.87]
    """
    from scipy.special import ndtri

    numbers = np.asarray(values, np.float64)
    ordered = np.sort(numbers)
    below = np.searchsorted(ordered, numbers, "left")
    up_to = np.searchsorted(ordered, numbers, "right")
    rank = (below + up_to + 1) / 2
    return np.asarray(ndtri((rank - 0.375) / (len(numbers) + 0.25)))
