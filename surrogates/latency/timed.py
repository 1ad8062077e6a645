"""Architectures with their latencies on one target, out of any table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError, unknown
from nasbench.networks import Skeleton
from nasbench.spaces import Architectures, SearchSpace, TopologyCell
from surrogates.latency.features import LatencyFeatures
from surrogates.latency.predictor import GraphChoice
from tabular.importers import PublishedTable
from tabular.latency_columns import NOISY, Kind, Repeats
from tabular.table import Table

PUBLISHED = "published"
"""The kind of others' numbers."""

NB201_SKELETON = Skeleton(3, 32, 32, 10, 16, 5)
"""The frame of NAS-Bench-201, for published cells whose file does not say it."""


@dataclass(frozen=True, eq=False)
class TimedArchitectures:
    """What is known of one target.

    Attributes:
        target: Its name.
        kind: Whether it was measured or computed; ``published`` for others' numbers.
        features: Space and skeleton.
        architectures: ``(n, decisions) uint8``.
        latency_ms: ``(n,) float64``, positive.
        classes: ``(n,) int64``, equal for architectures that are one function.
        ceiling: How well the target repeats itself; None where nobody knows.
        unsteady: ``(n,) bool``, whose rounds differ by more than 10 %; None where
            there are no rounds.
    """

    target: str
    kind: Kind | str
    features: LatencyFeatures
    architectures: Architectures
    latency_ms: NDArray[np.float64]
    classes: NDArray[np.int64]
    ceiling: Repeats | None = None
    unsteady: NDArray[np.bool_] | None = None

    @property
    def graph(self) -> GraphChoice:
        """Which graph predictors look at: ours is known, others' is found out."""
        return "auto" if self.kind == PUBLISHED else "pruned"

    def __len__(self) -> int:
        """Return the number of architectures."""
        return len(self.latency_ms)


def timed_targets(
    table: Table | PublishedTable, target: str | None = None
) -> list[TimedArchitectures]:
    """Return what a table knows of its targets, or of one.

    Missing latencies, and networks that cost nothing, are left out.

    Raises:
        NasbenchError: The table has no latencies, or not of this target.
    """
    if isinstance(table, PublishedTable):
        found = _of_published(table)
    else:
        found = _of_table(table)
    if not found:
        raise NasbenchError(f"{table.path} holds no latencies")
    if target is None:
        return list(found.values())
    if target not in found:
        raise NasbenchError(f"{unknown('target', target, found)} in {table.path}")
    return [found[target]]


def _of_table(table: Table) -> dict[str, TimedArchitectures]:
    identity = table.identity
    skeleton = identity.recipe.skeleton(identity.image_shape, identity.classes)
    indices = table.read("classes/representative")
    everything = table.space.architectures_at(indices.tolist())
    features = LatencyFeatures(table.space, skeleton)
    made = {}
    for target, columns in table.latencies.items():
        latency = columns.median_ms()
        there = np.flatnonzero(np.isfinite(latency) & (latency > 0))
        made[target] = TimedArchitectures(
            target,
            columns.kind,
            features,
            everything[there],
            latency[there],
            there,
            columns.repeats(),
            columns.spread()[there] > NOISY if columns.rounds > 1 else None,
        )
    return made


def _of_published(table: PublishedTable) -> dict[str, TimedArchitectures]:
    space: SearchSpace = table.space
    skeleton = table.mapping.skeleton
    if skeleton is None:
        if not isinstance(space, TopologyCell):
            raise NasbenchError(
                f"{table.path} does not say the [skeleton] of its networks; import it "
                "with one"
            )
        skeleton = NB201_SKELETON
    everything = space.architectures_at(table.indices.tolist())
    classes = space.classes.class_of[table.indices]
    features = LatencyFeatures(space, skeleton)
    made = {}
    for metric in table.metrics:
        if metric.quantity not in ("latency", "energy"):
            continue
        name = str(metric.target)
        if metric.quantity == "energy":
            name = f"energy of {name}"
        values = table.values(metric.name)
        there = np.flatnonzero(np.isfinite(values) & (values > 0))
        made[name] = TimedArchitectures(
            name,
            PUBLISHED,
            features,
            everything[there],
            values[there],
            np.asarray(classes[there], np.int64),
        )
    return made
