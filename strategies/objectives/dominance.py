"""Which of several outcomes are better where there is more than one objective."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture

Floats = NDArray[np.float64]


class Outcome(NamedTuple):
    """An architecture with what it is worth.

    Attributes:
        architecture: What was trained.
        scores: One number per objective, larger better; all -inf where it failed.
        violation: By how much limits are broken; 0: all are kept; inf where it failed.
    """

    architecture: Architecture
    scores: tuple[float, ...]
    violation: float


def outcome_of(
    context: SearchContext, proposal: Proposal, evaluation: Evaluation
) -> Outcome:
    """Return what an evaluation means for the objectives and limits of a search."""
    scores = tuple(one.score(evaluation) for one in context.objectives)
    # A number that is missing makes an outcome as useless as a failed training.
    violation = inf if -inf in scores else context.violation(evaluation)
    return Outcome(proposal.architecture, scores, violation)


def dominance(
    scores: ArrayLike, violations: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Return ``(n, n) bool``: whether outcome i dominates outcome j.

    One dominates another by being at least as good in all objectives and better in
    one. With violations it does so among outcomes that keep all limits; any of these
    dominates one that does not, and of two that do not the one with the smaller
    violation dominates (Deb et al., IEEE TEC 2002, definition 1).

    Args:
        scores: ``(n, objectives)``, larger better.
        violations: ``(n,)``, 0 where all limits are kept.
    """
    values = np.asarray(scores, np.float64)
    first, second = values[:, None, :], values[None, :, :]
    better = (first >= second).all(axis=2) & (first > second).any(axis=2)
    if violations is None:
        return np.asarray(better)
    excess = np.asarray(violations, np.float64)
    kept = excess == 0
    less = excess[:, None] < excess[None, :]
    return np.where(kept[:, None] & kept[None, :], better, less)


def front_numbers(
    scores: ArrayLike, violations: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Return the ``(n,)`` number of the front that each outcome is in; 0 is the best.

    Front 0 is what nothing dominates, front 1 what only front 0 dominates, and so on
    (the fast non-dominated sort of Deb et al., IEEE TEC 2002, in whole arrays).
    """
    dominates = dominance(scores, violations)
    numbers = np.full(len(dominates), -1, np.int64)
    dominators = dominates.sum(axis=0)
    number = 0
    while (numbers < 0).any():
        front = (dominators == 0) & (numbers < 0)
        numbers[front] = number
        dominators = dominators - dominates[front].sum(axis=0)
        number += 1
    return numbers


def crowding_distances(scores: ArrayLike) -> Floats:
    """Return the ``(n,)`` crowding distances within one front.

    It is the sum over objectives of the distance between an outcome's two neighbours
    in that objective, as a share of the front's range, and infinite at either end
    (Deb et al., IEEE TEC 2002). An objective in which all are equal adds nothing.
    """
    values = np.asarray(scores, np.float64)
    distances = np.zeros(len(values))
    for column in values.T:
        order = np.argsort(column, kind="stable")
        ordered = column[order]
        if not np.isfinite(ordered).all() or ordered[0] == ordered[-1]:
            continue
        span = ordered[-1] - ordered[0]
        distances[order[1:-1]] += (ordered[2:] - ordered[:-2]) / span
        distances[order[[0, -1]]] = inf
    return distances


def crowding_by_front(scores: ArrayLike, numbers: NDArray[np.int64]) -> Floats:
    """Return ``(n,)`` crowding distances, each taken within its own front alone."""
    values = np.asarray(scores, np.float64)
    distances = np.empty(len(values))
    for number in range(int(numbers.max(initial=-1)) + 1):
        front = numbers == number
        distances[front] = crowding_distances(values[front])
    return distances
