"""The accuracies of a whole space as a landscape for local search."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import SearchSpace
from tabular.analysis.ascent import Ascent, plateau_ascent, strict_ascent
from tabular.analysis.autocorrelation import correlation_length, walk_autocorrelation
from tabular.analysis.class_trials import ClassTrials
from tabular.analysis.fitness_distance import fitness_distance_correlation
from tabular.analysis.interactions import variance_by_order
from tabular.analysis.neighbourhood import (
    NEIGHBOUR_LIMIT,
    neighbour_count,
    neighbour_matrix,
)
from tabular.table import Table

BASINS = 5
"""How many of the largest basins are named."""


@dataclass(frozen=True)
class Basin:
    """A local optimum and what ascends to it.

    Attributes:
        architecture: Text form of the optimum; of several, the smallest index.
        accuracy: Its value.
        share: Part of all architectures whose ascent ends there.
    """

    architecture: str
    accuracy: float
    share: float


@dataclass(frozen=True)
class Landscape:
    """What local search meets; dead cells are a part of it.

    A step changes one decision. A step to an architecture of the same class is
    neutral: it costs nothing and changes nothing.

    Attributes:
        architectures: How many there are.
        neutral_share: Part of all steps that stay in their class.
        local_optima: Plateaus (architectures of equal value that neutral steps join)
            that no step leads up from.
        local_optimum_classes: Classes on these plateaus.
        to_best_share: Part of all architectures whose steepest ascent, with neutral
            steps where nothing leads up, ends at the largest value.
        stuck_architectures: Architectures without a better neighbour: the ends of
            ascent without neutral steps.
        to_best_share_strict: As `to_best_share`, without neutral steps.
        largest_basins: Of the ascent with neutral steps, the largest first.
        autocorrelation: Of a random walk, at the lags 1 to 10.
        correlation_length: Steps.
        variance_by_order: Shares that single decisions explain, pairs, and so on;
            empty for a space with combinations that are not valid.
        fitness_distance: Correlation of accuracy and distance to the optimum.
    """

    architectures: int
    neutral_share: float
    local_optima: int
    local_optimum_classes: int
    to_best_share: float
    stuck_architectures: int
    to_best_share_strict: float
    largest_basins: tuple[Basin, ...]
    autocorrelation: tuple[float, ...]
    correlation_length: float
    variance_by_order: tuple[float, ...]
    fitness_distance: float


def why_no_landscape(table: Table, trials: ClassTrials) -> str | None:
    """Say in one phrase why a table has no landscape; None where it has one."""
    known, wanted = len(trials.classes), len(table.read("classes/representative"))
    if known < wanted:
        return (
            f"a landscape needs an accuracy of every class; the table has {known:,} of "
            f"{wanted:,}"
        )
    entries = table.space.size * neighbour_count(table.space)
    if entries > NEIGHBOUR_LIMIT:
        return (
            f"{table.space.name} has {entries:,} pairs of neighbours; a landscape is "
            f"computed up to {NEIGHBOUR_LIMIT:,}"
        )
    return None


def landscape(
    space: SearchSpace, class_of: NDArray[np.int32], accuracy: NDArray[np.float64]
) -> Landscape:
    """Return the landscape of an accuracy on a whole space.

    Args:
        space: The space.
        class_of: ``(size,)``, the class of every index; -1 where it is not valid.
        accuracy: ``(classes,)``.
    """
    values = np.append(accuracy, np.nan)[class_of]
    valid = class_of >= 0
    neighbours = neighbour_matrix(space, valid)
    ascent = plateau_ascent(values, neighbours)
    strict = strict_ascent(values, neighbours)
    correlations = walk_autocorrelation(values, neighbours)
    steps = valid[:, None] & (neighbours >= 0)
    same_class = class_of[neighbours] == class_of[:, None]
    return Landscape(
        architectures=int(valid.sum()),
        neutral_share=float(same_class[steps].mean()) if steps.any() else math.nan,
        local_optima=len(np.unique(ascent.end_of[valid])),
        local_optimum_classes=len(np.unique(class_of[ascent.ends_here & valid])),
        to_best_share=_share_to_best(values, ascent, valid),
        stuck_architectures=int((strict.ends_here & valid).sum()),
        to_best_share_strict=_share_to_best(values, strict, valid),
        largest_basins=_largest_basins(space, values, ascent.end_of[valid]),
        autocorrelation=correlations,
        correlation_length=correlation_length(correlations[0]),
        variance_by_order=_orders(space, values),
        fitness_distance=fitness_distance_correlation(values, space),
    )


def _share_to_best(
    values: NDArray[np.float64], ascent: Ascent, valid: NDArray[np.bool_]
) -> float:
    return float((values[ascent.end_of[valid]] == np.nanmax(values)).mean())


def _largest_basins(
    space: SearchSpace, values: NDArray[np.float64], ends: NDArray[np.int64]
) -> tuple[Basin, ...]:
    summits, counts = np.unique(ends, return_counts=True)
    order = np.lexsort((summits, -counts))[:BASINS]
    return tuple(
        Basin(
            architecture=space.format(space.architecture_at(int(summits[i]))),
            accuracy=float(values[summits[i]]),
            share=float(counts[i] / len(ends)),
        )
        for i in order
    )


def _orders(space: SearchSpace, values: NDArray[np.float64]) -> tuple[float, ...]:
    whole = not np.isnan(values).any()
    return variance_by_order(values, space.radices) if whole else ()
