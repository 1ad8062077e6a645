"""What ensembles reach, network by network, on the task of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nasbench.benchmark import BenchmarkSpec
from strategies.growth.growth import Growth
from strategies.weight_sharing.method_scores import Spread


@dataclass(frozen=True)
class EnsembleScore:
    """Ensembles of one method with so many networks; means over growths.

    Accuracies are those of several networks together: they are not in the table and
    are not ranked among its architectures.

    Attributes:
        method: What grew them.
        networks: How many networks were taken; some may have weight 0.
        growths: How many growths came so far, of those that did not fail.
        failed: How many failed, at whatever size; they are in no mean.
        validation_accuracy: Of the ensemble, in [0, 1].
        test_accuracy: Of the ensemble, in [0, 1].
        parameters: Learned parameters of all networks with a weight.
        seconds: CPU seconds of all training and fitting so far.
    """

    method: str
    networks: int
    growths: int
    failed: int
    validation_accuracy: Spread
    test_accuracy: Spread
    parameters: Spread
    seconds: Spread


def fitting(growths: Sequence[Growth], spec: BenchmarkSpec) -> list[Growth]:
    """Return the growths on the space, task and recipe of a benchmark, by seed."""
    there = [growth for growth in growths if growth.fits(spec)]
    return sorted(there, key=lambda one: (one.identity.method, one.identity.seed))


def score_growths(growths: Sequence[Growth]) -> list[EnsembleScore]:
    """Return the means by method and number of networks."""
    scores = []
    for method in sorted({growth.identity.method for growth in growths}):
        own = [growth for growth in growths if growth.identity.method == method]
        whole = [growth for growth in own if not growth.failed]
        failed = len(own) - len(whole)
        most = max((len(growth.rounds) for growth in whole), default=0)
        for networks in range(1, most + 1):
            there = [g.rounds[networks - 1] for g in whole if len(g.rounds) >= networks]
            scores.append(
                EnsembleScore(
                    method=method,
                    networks=networks,
                    growths=len(there),
                    failed=failed,
                    validation_accuracy=Spread.of(
                        [one.validation_accuracy for one in there]
                    ),
                    test_accuracy=Spread.of([one.test_accuracy for one in there]),
                    parameters=Spread.of([float(one.parameters) for one in there]),
                    seconds=Spread.of([one.seconds for one in there]),
                )
            )
    return scores


def ensemble_curve(
    growths: Sequence[Growth], seconds: ArrayLike
) -> NDArray[np.float64]:
    """Return the mean test accuracy of the ensembles that stand at certain moments.

    An ensemble stands from the end of its round on, and after the last round for ever.

    Args:
        growths: Of one method; those that failed are left out.
        seconds: ``(n,)`` CPU seconds since the start.

    Returns:
        ``(n,) float64`` in [0, 1]; NaN until every growth has a first network.
    """
    moments = np.asarray(seconds, np.float64)
    curves = []
    for growth in growths:
        if growth.failed:
            continue
        ends = np.array([one.seconds for one in growth.rounds])
        accuracies = np.array([np.nan, *(one.test_accuracy for one in growth.rounds)])
        curves.append(accuracies[np.searchsorted(ends, moments, side="right")])
    return np.mean(curves, axis=0) if curves else np.full(moments.shape, np.nan)
