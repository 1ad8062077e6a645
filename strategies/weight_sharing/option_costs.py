"""What every option of a space costs: a table of additive parts, fitted to a column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nasbench.errors import NasbenchError, unknown
from nasbench.hardware.named import make_target, target_names
from nasbench.hardware.target import RejectedError, SimulatedTarget
from nasbench.networks.cost import count_costs
from nasbench.spaces import Architecture, SearchSpace
from strategies.weight_sharing.problem import SearchProblem

COUNTED = ("flops", "parameters")
"""Costs that are counted, not timed."""

FITTED = 1500
"""At most so many architectures are looked up; smaller spaces are taken whole."""


@dataclass(frozen=True, eq=False)
class OptionCosts:
    """A look-up table: a cost is the fixed part plus one part per decision.

    Attributes:
        parts: ``(decisions, largest radix) float64``, the cheapest option of every
            decision at 0; missing options at 0.
        fixed: The rest: stem, reductions, classifier.
        explained: Share of the variance of the costs that the sum explains, 0 to 1.
    """

    parts: NDArray[np.float64]
    fixed: float
    explained: float

    def expected(self, weights: Tensor) -> Tensor:
        """Return the cost of a mixture, linear in its ``(decisions, options)`` weights.

        On one-hot rows it is the cost of an architecture.
        """
        parts = torch.from_numpy(self.parts).to(weights.dtype)
        return self.fixed + (parts * weights).sum()

    def of(self, architecture: Architecture) -> float:
        """Return the cost of an architecture by this table."""
        chosen = self.parts[np.arange(len(self.parts)), list(architecture)]
        return float(self.fixed + chosen.sum())


def fit_option_costs(
    space: SearchSpace,
    architectures: Sequence[Architecture],
    costs: NDArray[np.float64],
) -> OptionCosts:
    """Fit additive parts to known costs by least squares.

    FBNet (Wu et al., CVPR 2019) times every block alone and adds up; a measured or
    modelled whole, split up by least squares, holds what lies between the blocks too.

    Args:
        space: The space.
        architectures: n architectures of it.
        costs: ``(n,)``; NaN where there is none.

    Raises:
        NasbenchError: Too few costs are known.
    """
    known = np.isfinite(costs)
    width = max(space.radices)
    chosen = np.array(architectures, np.int64)[known]  # (n, decisions)
    needed = 1 + sum(radix - 1 for radix in space.radices)
    if len(chosen) < needed:
        raise NasbenchError(
            f"{len(chosen)} costs of {space.name} are known; a table of its options "
            f"takes {needed} or more"
        )
    one_hot = np.zeros((len(chosen), space.decisions * width + 1))
    one_hot[:, -1] = 1
    columns = chosen + width * np.arange(space.decisions)
    np.put_along_axis(one_hot, columns, 1.0, 1)
    # Of the many equal tables, the one of least norm; then each cheapest is put at 0.
    solution = np.linalg.lstsq(one_hot, costs[known], rcond=None)[0]
    errors = costs[known] - one_hot @ solution
    parts = np.asarray(solution[:-1], np.float64).reshape(space.decisions, width)
    fixed = float(solution[-1])
    for row, radix in zip(parts, space.radices, strict=True):
        least = row[:radix].min()
        row[:radix] -= least
        row[radix:] = 0
        fixed += float(least)
    spread = float(np.var(costs[known]))
    explained = 1 - float(np.mean(errors**2)) / spread if spread > 0 else 1.0
    return OptionCosts(parts, fixed, explained)


def option_costs(problem: SearchProblem, cost: str, table: str = "") -> OptionCosts:
    """Return the table of a cost on a problem's space, task and recipe.

    Args:
        problem: What is searched.
        cost: ``flops``, ``parameters``, the name of a simulated target, or of a target
            whose latencies a table holds.
        table: Path or id of that table; empty for none.

    Raises:
        NasbenchError: There is no such cost.
    """
    known = _measured(problem, cost, table) if table else _computed(problem, cost)
    space = problem.space
    if space.size <= FITTED:
        architectures = list(space)
    else:
        # A fixed sample: the table does not depend on the seed of the search.
        rng = np.random.default_rng(0)
        architectures = [space.sample(rng) for _ in range(FITTED)]
    costs = np.array([known(one) for one in architectures])
    return fit_option_costs(space, architectures, costs)


def _computed(problem: SearchProblem, cost: str) -> Callable[[Architecture], float]:
    space = problem.space
    skeleton = problem.recipe.skeleton(problem.task.shape, problem.task.classes)
    if cost in COUNTED:
        return lambda one: float(getattr(count_costs(space, one, skeleton), cost))
    if cost not in target_names():
        raise NasbenchError(unknown("cost", cost, [*COUNTED, *target_names()]))
    target = make_target(cost)
    if not isinstance(target, SimulatedTarget):
        raise NasbenchError(
            f"{cost} is measured; name a table that holds its latencies, or take a "
            "simulated target"
        )

    def latency_ms(one: Architecture) -> float:
        try:
            return target.cost(space, one, skeleton).latency_ms
        except RejectedError:
            return float("nan")

    return latency_ms


def _measured(
    problem: SearchProblem, cost: str, table: str
) -> Callable[[Architecture], float]:
    from nasbench.benchmark import benchmark_ids, make
    from tabular import Table

    held = make(table) if table in benchmark_ids() else Table.open(table)
    if not isinstance(held, Table) or held.space.name != problem.space.name:
        raise NasbenchError(
            f"{table} is no table of {problem.space.name}: it has no latencies for it"
        )
    columns = held.latencies
    if cost not in columns:
        raise NasbenchError(f"{unknown('target', cost, list(columns))} in {table}")
    latency_ms = columns[cost].median_ms()  # (classes,)
    return lambda one: float(latency_ms[held.class_number(one)])
