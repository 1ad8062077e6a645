"""What a latency predictor sees of a network: where which operations run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError, unknown
from nasbench.hardware.dead_branches import reaching_graph, unpruned_graph
from nasbench.hardware.layer_shapes import graph_schedule, network_schedule
from nasbench.networks import Skeleton
from nasbench.spaces import (
    Architecture,
    Architectures,
    Graph,
    LayerSpace,
    SearchSpace,
    TopologyCell,
)
from nasbench.spaces.operations import NONE

Rows: TypeAlias = NDArray[np.float32]

GraphKind: TypeAlias = Literal["pruned", "reaching", "whole"]
"""What a target runs: the pruned graph; or also what is fed with zeros and reaches the
output; or all of the cell. Ours run the pruned one; of published tables it shows only
in their numbers."""

FeatureSet: TypeAlias = Literal["macs", "operations", "positions", "all"]
"""``macs``: multiply-adds alone. ``operations``: how often each operation runs.
``positions``: which operation runs on which edge or in which layer. ``all``: both."""


@dataclass(frozen=True)
class LatencyFeatures:
    """Turns architectures into rows for predictors.

    Attributes:
        space: The space: topology cells, or layers in sequence.
        skeleton: The frame of the networks.
        graph: Which graph the target runs; for layers both are one.
    """

    space: SearchSpace
    skeleton: Skeleton
    graph: GraphKind = "pruned"

    def __post_init__(self) -> None:
        """Check space and graph.

        Raises:
            NasbenchError: The shapes of this kind of space are not known.
        """
        if self.graph not in get_args(GraphKind):
            raise NasbenchError(unknown("graph", self.graph, get_args(GraphKind)))
        if not isinstance(self.space, TopologyCell | LayerSpace):
            raise NasbenchError(
                f"latency predictors know cells of operations and layers in sequence, "
                f"not {self.space.name}"
            )

    def rows(self, architectures: Architectures, wanted: FeatureSet = "all") -> Rows:
        """Return ``(n, features) float32``.

        Args:
            architectures: ``(n, decisions) uint8``.
            wanted: Which features.

        Raises:
            NasbenchError: There are no such features.
        """
        if wanted not in get_args(FeatureSet):
            raise NasbenchError(unknown("features", wanted, get_args(FeatureSet)))
        batch = np.asarray(architectures, np.uint8)
        parts = []
        if wanted in ("positions", "all"):
            parts.append(self.positions(batch))
        if wanted in ("operations", "all"):
            parts.append(self._counts(batch)[:, 1:])
        if wanted == "macs":
            parts.append(self._counts(batch)[:, :1])
        return np.hstack(parts).astype(np.float32)

    def positions(self, architectures: Architectures) -> Rows:
        """Return which operation runs on which edge, or which option in which layer.

        Of topology cells ``(n, edges * operations)`` without those that pass nothing
        on; an edge that the graph leaves out has zeros.
        """
        batch = np.asarray(architectures, np.uint8)
        marked = self.space.one_hot(batch).astype(np.float32)
        if not isinstance(self.space, TopologyCell):
            return marked
        operations = len(self.space.operations)
        shaped = marked.reshape(len(batch), len(self.space.edges), operations)
        edges = LiveEdges.of(self.space, batch)
        if self.graph == "pruned":
            shaped = shaped * edges.live[:, :, None]
        elif self.graph == "reaching":
            shaped = shaped * edges.useful[:, :, None]
        kept = [k for k, name in enumerate(self.space.operations) if name != NONE]
        return np.ascontiguousarray(shaped[:, :, kept]).reshape(len(batch), -1)

    def _counts(self, architectures: Architectures) -> Rows:
        """Return ``(n, 1 + kinds)``: millions of multiply-adds, then what is counted.

        Of topology cells how many edges carry each operation, how many carry one at
        all, sums, depth, and whether the input reaches the output: networks that it
        does not reach are constants, which compilers fold. Of layers multiply-adds
        and numbers moved, as shares of those of the network of all last options.
        """
        found = [self._count(tuple(row)) for row in architectures.tolist()]
        counts = np.array(found, np.float32).reshape(len(found), -1)
        if not isinstance(self.space, TopologyCell):
            largest = self._count(tuple(radix - 1 for radix in self.space.radices))
            return np.hstack([counts[:, :1], counts / np.array(largest, np.float32)])
        placed = self.positions(architectures)
        by_operation = placed.reshape(len(placed), len(self.space.edges), -1).sum(
            axis=1
        )
        total = by_operation.sum(axis=1, keepdims=True)
        alive = LiveEdges.of(self.space, architectures).reaches_output[:, None]
        parts = [counts[:, :1], by_operation, total, counts[:, 1:], alive]
        if self.graph == "reaching":
            pruned = replace(self, graph="pruned").positions(architectures)
            parts.append(
                pruned.reshape(len(pruned), len(self.space.edges), -1).sum(axis=1)
            )
        return np.hstack(parts).astype(np.float32)

    def _count(self, architecture: tuple[int, ...]) -> tuple[float, ...]:
        known = self._counted.get(architecture)
        if known is None:
            known = self._counted[architecture] = self._count_anew(architecture)
        return known

    def _count_anew(self, architecture: tuple[int, ...]) -> tuple[float, ...]:
        space = self.space
        if not isinstance(space, TopologyCell):
            schedule = network_schedule(space, architecture, self.skeleton)
            return schedule.macs / 1e6, schedule.moved / 1e6
        graph = _GRAPHS[self.graph](space, architecture)
        # One cell per stage: the others repeat it.
        schedule = graph_schedule(graph, replace(self.skeleton, cells_per_stage=1))
        adds = sum(step.operation == "add" for step in schedule.steps)
        return schedule.macs / 1e6, adds / len(self.skeleton.stages()), graph.depth

    @cached_property
    def _counted(self) -> dict[tuple[int, ...], tuple[float, ...]]:
        return {}


_GRAPHS: Mapping[GraphKind, Callable[[TopologyCell, Architecture], Graph]] = {
    "pruned": TopologyCell.graph,
    "reaching": reaching_graph,
    "whole": unpruned_graph,
}


@dataclass(frozen=True, eq=False)
class LiveEdges:
    """Which edges of topology cells matter.

    Attributes:
        fed: ``(n, edges) bool``: passes on something of the cell's input.
        useful: ``(n, edges) bool``: something of it reaches the output.
        reaches_output: ``(n,) bool``: whether the input does.
    """

    fed: NDArray[np.bool_]
    useful: NDArray[np.bool_]
    reaches_output: NDArray[np.bool_]

    @property
    def live(self) -> NDArray[np.bool_]:
        """Both: on a way from the input to the output, ``(n, edges) bool``."""
        return self.fed & self.useful

    @classmethod
    def of(cls, space: TopologyCell, architectures: Architectures) -> Self:
        """Walk through ``(n, decisions) uint8`` cells, forwards and backwards."""
        nothing = [k for k, name in enumerate(space.operations) if name == NONE]
        passes = ~np.isin(np.asarray(architectures), nothing)
        reached = np.zeros((len(passes), space.nodes), np.bool_)
        useful = np.zeros_like(reached)
        reached[:, 0] = useful[:, -1] = True
        # Edges are sorted by their target, so every node is whole when it is read.
        for edge, (source, target) in enumerate(space.edges):
            reached[:, target] |= passes[:, edge] & reached[:, source]
        for edge, (source, target) in sorted(
            enumerate(space.edges), key=lambda one: -one[1][1]
        ):
            useful[:, source] |= passes[:, edge] & useful[:, target]
        sources, targets = (list(ends) for ends in zip(*space.edges, strict=True))
        return cls(
            passes & reached[:, sources], passes & useful[:, targets], reached[:, -1]
        )
