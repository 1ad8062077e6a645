"""Architectures that are worth naming: the best, and the best of their size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nasbench.benchmark import Split
from nasbench.spaces import SearchSpace
from tabular.analysis.class_trials import ClassTrials
from tabular.analysis.size_and_accuracy import pareto_front

BEST_SHOWN = 5


@dataclass(frozen=True)
class Listed:
    """One class with its means over seeds.

    Attributes:
        architecture: Text form of its representative.
        validation: Accuracy in [0, 1] after full training.
        test: Likewise.
        validation_rank: 1 for the class with the best; ties share the best rank.
        test_rank: Likewise.
        parameters: Learned parameters.
        flops: Floating-point operations per image.
    """

    architecture: str
    validation: float
    test: float
    validation_rank: int
    test_rank: int
    parameters: int
    flops: int


def best_classes(
    trials: ClassTrials, space: SearchSpace, split: Split
) -> tuple[Listed, ...]:
    """Return the five best classes by an accuracy; of equals, the first."""
    order = np.argsort(-trials.mean(split), kind="stable")[:BEST_SHOWN]
    return _listed(trials, space, order.tolist())


def front_classes(trials: ClassTrials, space: SearchSpace) -> tuple[Listed, ...]:
    """Return the Pareto front of FLOPs and validation accuracy, cheapest first.

    Dead classes are left out: a network that is a constant trades nothing.
    """
    live = np.flatnonzero(trials.live)
    front = pareto_front(trials.flops[live], trials.mean("validation")[live])
    return _listed(trials, space, live[front].tolist())


def _listed(
    trials: ClassTrials, space: SearchSpace, rows: Iterable[int]
) -> tuple[Listed, ...]:
    validation, test = trials.mean("validation"), trials.mean("test")
    return tuple(
        Listed(
            architecture=space.format(
                space.architecture_at(int(trials.representatives[row]))
            ),
            validation=float(validation[row]),
            test=float(test[row]),
            validation_rank=1 + int((validation > validation[row]).sum()),
            test_rank=1 + int((test > test[row]).sum()),
            parameters=int(trials.parameters[row]),
            flops=int(trials.flops[row]),
        )
        for row in rows
    )
