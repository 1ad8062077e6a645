"""Costs of every architecture with what simulated targets say of it, computed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from math import nan
from typing import Any, TypeAlias

import numpy as np

from nasbench.benchmark import CostModel, Measurements, StaticCosts
from nasbench.errors import NasbenchError, unknown
from nasbench.hardware.layer_shapes import network_schedule
from nasbench.hardware.roofline import Roofline, RooflineDevice, roofline_targets
from nasbench.hardware.systolic import SYSTOLIC, SystolicArray
from nasbench.hardware.target import ModelledCost, RejectedError
from nasbench.networks.cost import SkeletonCosts
from nasbench.spaces import Architecture

Modelled: TypeAlias = SystolicArray | Roofline
"""Targets whose numbers can be stored: with them the answers stay what they are."""


@dataclass(frozen=True)
class ModelledCosts:
    """A cost model that also asks simulated targets; nothing of it is predicted.

    Attributes:
        counted: Counts parameters, FLOPs and depth.
        targets: Are asked for latency, energy, memory and traffic; what one of them
            has no room for is NaN.
    """

    counted: SkeletonCosts
    targets: tuple[Modelled, ...]

    def __call__(self, architecture: Architecture) -> StaticCosts:
        """Return the costs of `architecture`."""
        counted = self.counted
        costs = counted(architecture)
        schedule = network_schedule(counted.space, architecture, counted.skeleton)
        numbers: dict[str, float] = {}
        for target in self.targets:
            try:
                cost = target.schedule_cost(schedule)
            except RejectedError:
                cost = ModelledCost(nan, nan)
            numbers[f"latency:{target.name}"] = cost.latency_ms
            numbers[f"energy:{target.name}"] = cost.energy_mj
            numbers[f"memory:{target.name}"] = cost.memory_bytes
            numbers[f"traffic:{target.name}"] = cost.moved_bytes
        return dataclasses.replace(costs, modelled=Measurements(numbers))


def with_targets(costs: CostModel) -> CostModel:
    """Return a cost model that also asks all simulated targets that ship.

    What is no count in a skeleton is returned as it is, and so are counts in spaces
    whose layer shapes are not known.
    """
    if not isinstance(costs, SkeletonCosts):
        return costs
    made = ModelledCosts(costs, (*SYSTOLIC.values(), *roofline_targets().values()))
    first = costs.space.sample(np.random.default_rng(0))
    try:
        made(first)
    except NasbenchError:
        return costs
    return made


def describe_target(target: Modelled) -> dict[str, Any]:
    """Return all numbers of a target, for a header; `rebuild_target` takes it."""
    kind = "systolic" if isinstance(target, SystolicArray) else "roofline"
    return {"kind": kind, **dataclasses.asdict(target)}


def rebuild_target(described: dict[str, Any]) -> Modelled:
    """Return the target that was described.

    Raises:
        NasbenchError: It is of no kind that is known here.
    """
    numbers = {key: value for key, value in described.items() if key != "kind"}
    if described["kind"] == "systolic":
        return SystolicArray(**numbers)
    if described["kind"] != "roofline":
        known = ("systolic", "roofline")
        raise NasbenchError(unknown("kind of target", described["kind"], known))
    device = dict(numbers["device"])
    device["sources"] = tuple(device["sources"])
    return Roofline(numbers["name"], RooflineDevice(**device))
