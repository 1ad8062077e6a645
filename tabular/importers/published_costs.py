"""Parameters, FLOPs and depth of published architectures."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import StaticCosts
from nasbench.networks import Skeleton, count_costs
from nasbench.spaces import Architecture, Graph, SearchSpace
from tabular.importers.csv_rows import PublishedRows
from tabular.importers.mapping import Mapping as ColumnMapping
from tabular.importers.metric import Quantity
from tabular.schema import TableError


@dataclass(frozen=True, eq=False)
class PublishedCosts:
    """A cost model that looks up; a strategy may hold it, it knows no accuracy.

    Attributes:
        space: The space.
        costs: Per architecture index, of those that have a row.
    """

    space: SearchSpace
    costs: Mapping[int, StaticCosts]

    def __call__(self, architecture: Architecture) -> StaticCosts:
        """Return the static costs of `architecture`.

        Raises:
            TableError: The table has no row of it.
        """
        found = self.costs.get(self.space.index(architecture))
        if found is None:
            raise TableError(f"the costs of {architecture!r} were not published")
        return found


def costs_of_rows(
    rows: PublishedRows, mapping: ColumnMapping, space: SearchSpace
) -> dict[str, NDArray[np.int64]]:
    """Return ``(rows,) int64`` parameters, FLOPs and depth, or nothing if not known.

    They are counted in the mapping's skeleton. Where it has none, parameters and FLOPs
    are the published columns, and depth is that of the graph, or the number of
    decisions where the space has no graphs.
    """
    if mapping.skeleton is not None:
        counted = _counted(rows.indices, mapping.skeleton, space)
        table = np.array([(c.parameters, c.flops, c.depth) for c in counted], np.int64)
        return dict(zip(("parameters", "flops", "depth"), table.T.copy(), strict=True))
    parameters = _published(rows, mapping, "parameters")
    flops = _published(rows, mapping, "flops")
    if parameters is None or flops is None:
        return {}
    depth = np.array([_depth(space, int(i)) for i in rows.indices], np.int64)
    return {"parameters": parameters, "flops": flops, "depth": depth}


def _counted(
    indices: NDArray[np.int64], skeleton: Skeleton, space: SearchSpace
) -> list[StaticCosts]:
    """Count once per class: members of one are the same network."""
    known: dict[Hashable, StaticCosts] = {}
    counted = []
    for index in indices:
        architecture = space.architecture_at(int(index))
        canonical = space.canonical(architecture)
        if canonical not in known:
            known[canonical] = count_costs(space, architecture, skeleton)
        counted.append(known[canonical])
    return counted


def _published(
    rows: PublishedRows, mapping: ColumnMapping, quantity: Quantity
) -> NDArray[np.int64] | None:
    fitting = [m for m in mapping.metrics if m.quantity == quantity]
    if not fitting:
        return None
    if len(fitting) > 1:
        raise TableError(
            f"mapping {mapping.name} has {len(fitting)} {quantity} columns"
        )
    values = rows.columns[fitting[0].name]
    if np.isnan(values).any():
        missing = int(np.isnan(values).sum())
        raise TableError(
            f"column {fitting[0].column!r} lacks the {quantity} of {missing} rows; "
            "give the mapping a [skeleton] from which they are counted"
        )
    return np.rint(values).astype(np.int64)


@runtime_checkable
class _HasGraph(Protocol):
    def graph(self, architecture: Architecture) -> Graph: ...


def _depth(space: SearchSpace, index: int) -> int:
    if isinstance(space, _HasGraph):
        return space.graph(space.architecture_at(index)).depth
    return space.decisions
