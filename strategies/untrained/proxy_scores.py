"""Proxy scores for strategies: out of the context, at its price, or the free costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.search import SearchContext
from nasbench.spaces import Architectures

FREE, ALL = "free", "all"


def scores_to_ask(
    context: SearchContext, architectures: Architectures, names: str
) -> NDArray[np.float64]:
    """Return ``(n, k)`` scores of architectures without training, larger better.

    Args:
        context: Where they come from. The runner charges their seconds.
        architectures: ``(n, decisions) uint8``.
        names: ``nwot`` or several joined by plus signs, ``nwot+synflow``. ``free``
            are the parameters and the FLOPs, which cost nothing: the baseline that
            every proxy has to beat. ``all`` are all proxies that the benchmark has,
            and the free costs where it has none.

    Raises:
        NasbenchError: The benchmark does not have a proxy that is named.
    """
    source = context.proxies
    if names == FREE or (names == ALL and (source is None or not source.names)):
        return _free(context, architectures)
    if source is None:
        raise NasbenchError(
            f"this benchmark has no proxies, so not {names!r}; take {FREE!r}, or score "
            "its table with `nasbench proxies score`"
        )
    return source.scores(architectures, None if names == ALL else names.split("+"))


def standardised(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(n, k)`` normal scores of the ranks in each column; missing ones lowest.

    Proxies have any scale, some over many orders of magnitude.
    """
    from strategies.bayesian.normal_scores import normal_scores

    plain = np.where(np.isnan(scores), -np.inf, scores)
    return np.column_stack([normal_scores(column) for column in plain.T])


def _free(context: SearchContext, architectures: Architectures) -> NDArray[np.float64]:
    known = [context.costs(tuple(row)) for row in architectures.tolist()]
    return np.array([(one.parameters, one.flops) for one in known], np.float64)
