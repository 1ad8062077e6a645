"""Cost models in surrogate files: a skeleton with targets, or a column per class."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from nasbench.benchmark import Benchmark, CostModel, StaticCosts
from nasbench.errors import NasbenchError
from nasbench.networks.cost import SkeletonCosts
from nasbench.networks.skeleton import Skeleton
from nasbench.spaces import SearchSpace
from surrogates.modelled_costs import (
    ModelledCosts,
    describe_target,
    rebuild_target,
)
from surrogates.observations import first_members
from surrogates.store import Arrays
from tabular.cost_columns import CostColumns
from tabular.importers import PublishedTable
from tabular.table import Table

LARGEST = 2**20
"""Spaces up to this size may have a column of costs instead of a skeleton."""


def costs_of(benchmark: Benchmark) -> CostModel:
    """Return a cost model that can be stored.

    A table's own is a column of looked-up values; its recipe, or the mapping of a
    published one, says the skeleton that they were counted in, which a few numbers
    describe.
    """
    if isinstance(benchmark, Table):
        identity = benchmark.identity
        skeleton = identity.recipe.skeleton(identity.image_shape, identity.classes)
        return SkeletonCosts(benchmark.space, skeleton)
    if isinstance(benchmark, PublishedTable):
        frame = benchmark.mapping.skeleton
        if frame is not None:  # what has no row is counted as well
            return SkeletonCosts(benchmark.space, frame)
    return benchmark.cost_model


def pack_costs(space: SearchSpace, costs: CostModel) -> tuple[dict[str, Any], Arrays]:
    """Return what a header says of a cost model, and its arrays.

    Raises:
        NasbenchError: It is neither a count in a skeleton nor one of a small space.
    """
    if isinstance(costs, ModelledCosts):
        described, _ = pack_costs(space, costs.counted)
        targets = [describe_target(target) for target in costs.targets]
        return {**described, "targets": targets}, {}
    if isinstance(costs, SkeletonCosts):
        return {"skeleton": dataclasses.asdict(costs.skeleton)}, {}
    if space.size > LARGEST:
        raise NasbenchError(
            f"costs of {space.name} ({space.size} combinations) can be stored as a "
            "count in a skeleton only: give nasbench.networks.cost.SkeletonCosts"
        )
    columns = [dataclasses.astuple(costs(each)) for each in first_members(space)]
    return {"skeleton": None}, {"columns": np.array(columns, np.int64)}


def unpack_costs(
    space: SearchSpace, described: dict[str, Any], arrays: Arrays
) -> CostModel:
    """Return the cost model that `pack_costs` stored."""
    if described["skeleton"] is not None:
        counted = SkeletonCosts(space, Skeleton(**described["skeleton"]))
        targets = tuple(map(rebuild_target, described.get("targets", ())))
        return ModelledCosts(counted, targets) if targets else counted
    columns = [StaticCosts(*row) for row in arrays["columns"].tolist()]
    return CostColumns(space, space.classes.class_of, columns)
