"""What a strategy is built from, what it asks and what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, nan
from typing import Any, Literal, Protocol, TypeAlias, get_args

from nasbench.benchmark import (
    BenchmarkSpec,
    CostModel,
    Evaluation,
    StaticCosts,
    Status,
)
from nasbench.errors import NasbenchError, unknown
from nasbench.given import is_number, shown
from nasbench.proxy_source import MeteredProxies
from nasbench.spaces import Architecture, SearchSpace

BudgetUnit: TypeAlias = Literal["evaluations", "epochs", "seconds"]

Column: TypeAlias = str
"""The name of a number of an `Evaluation`: one of `COLUMNS`, or ``family:name``."""


@dataclass(frozen=True)
class ColumnKind:
    """What is known of a column whatever its values are.

    Attributes:
        unit: The unit of the numbers.
        maximise: Whether larger is better.
        free: Whether `SearchContext.costs` knows it of any architecture, untrained.
    """

    unit: str
    maximise: bool = False
    free: bool = False


COLUMNS: Mapping[Column, ColumnKind] = {
    "validation_accuracy": ColumnKind("fraction in [0, 1]", maximise=True),
    "cost_seconds": ColumnKind("CPU seconds of the training"),
    "parameters": ColumnKind("learned parameters", free=True),
    "flops": ColumnKind("floating-point operations of one image", free=True),
}
"""The columns that every `Evaluation` has, under the names of its attributes."""

FAMILIES: Mapping[str, ColumnKind] = {
    "accuracy": ColumnKind("fraction in [0, 1]", maximise=True),
    "latency": ColumnKind("milliseconds of one image"),
    "energy": ColumnKind("millijoules of one image"),
    "memory": ColumnKind("bytes of activations at once"),
    "traffic": ColumnKind("bytes moved for one image"),
}
"""Columns by what stands before the colon, as in ``latency:TARGET``; an evaluation
has those of its benchmark, under their whole names in `Evaluation.measured`."""

FREE_COLUMNS: tuple[Column, ...] = tuple(c for c, k in COLUMNS.items() if k.free)
"""Columns that `SearchContext.costs` knows of any architecture before training, on
every benchmark; `read_cost` reads them, and what simulated targets say besides."""


def column_kind(column: Column) -> ColumnKind:
    """Return what is known of a column by its name.

    Raises:
        NasbenchError: There is no such column and no such family.
    """
    if not isinstance(column, str):
        raise NasbenchError(f"a column is named by a text, not {shown(column)}")
    family, colon, member = column.partition(":")
    if colon and member and family in FAMILIES:
        return FAMILIES[family]
    if column not in COLUMNS:
        known = [*COLUMNS, *(f"{family}:NAME" for family in FAMILIES)]
        raise NasbenchError(unknown("column", column, known))
    return COLUMNS[column]


def read_column(column: Column, evaluation: Evaluation) -> float | None:
    """Return the number in a column; None for what a failed training does not have.

    Raises:
        NasbenchError: The benchmark does not measure the column.
    """
    if column in COLUMNS:
        value: float | None = getattr(evaluation, column)
        return value
    if column in evaluation.measured:
        return evaluation.measured[column]
    if evaluation.status is Status.FAILED:
        return None
    known = [*COLUMNS, *evaluation.measured]
    raise NasbenchError(f"{unknown('column', column, known)} in this benchmark")


def read_cost(column: Column, costs: StaticCosts) -> float | None:
    """Return the number in a free column; None where only an evaluation shows it."""
    if column in FREE_COLUMNS:
        value: float = getattr(costs, column)
        return value
    return costs.modelled.get(column)


class SearchExhausted(NasbenchError):  # noqa: N818 - an end, not an error
    """Say that a strategy has nothing left to propose; ends a run early."""


@dataclass(frozen=True)
class Budget:
    """How much a run may spend.

    Attributes:
        amount: How many units; nothing starts once they are spent.
        unit: Evaluations, epochs of training, or simulated CPU seconds.
    """

    amount: float
    unit: BudgetUnit = "evaluations"

    def __post_init__(self) -> None:
        """Check amount and unit.

        Raises:
            NasbenchError: The amount is no positive and finite number, or there is no
                such unit.
        """
        if self.unit not in get_args(BudgetUnit):
            unit = self.unit if isinstance(self.unit, str) else shown(self.unit)
            raise NasbenchError(unknown("budget unit", unit, get_args(BudgetUnit)))
        if not is_number(self.amount) or not 0 < self.amount < inf:
            raise NasbenchError(
                f"a budget is a positive and finite number, not {shown(self.amount)} "
                f"{self.unit}"
            )


@dataclass(frozen=True)
class Objective:
    """A column of `Evaluation` and which direction is better.

    Attributes:
        column: One of `COLUMNS`, or a member of one of `FAMILIES`.
        maximise: Whether larger is better.
    """

    column: Column
    maximise: bool

    def __post_init__(self) -> None:
        """Check column and direction.

        Raises:
            NasbenchError: An `Evaluation` has no such number, or `maximise` is not
                True or False.
        """
        column_kind(self.column)
        if not isinstance(self.maximise, bool):
            raise NasbenchError(
                f"maximise of objective {self.column} is True or False, not "
                f"{shown(self.maximise)}"
            )

    def value(self, evaluation: Evaluation) -> float:
        """Return the number in its own unit; NaN for a failed training."""
        value = read_column(self.column, evaluation)
        if value is None or evaluation.validation_accuracy is None:
            return nan
        return float(value)

    def score(self, evaluation: Evaluation) -> float:
        """Return the value with larger always better; -inf for a failed training."""
        value = self.value(evaluation)
        if value != value:
            return -inf
        return value if self.maximise else -value


@dataclass(frozen=True)
class Constraint:
    """A limit that a column of `Evaluation` must keep.

    Attributes:
        column: One of `COLUMNS`, or a member of one of `FAMILIES`.
        limit: The largest value that is allowed; the smallest, where `at_least`.
        at_least: Whether the limit is a lower one.
    """

    column: Column
    limit: float
    at_least: bool = False

    def __post_init__(self) -> None:
        """Check the column and the limit.

        Raises:
            NasbenchError: An `Evaluation` has no such number, or the limit is none.
        """
        column_kind(self.column)
        if not is_number(self.limit) or self.limit != self.limit:
            raise NasbenchError(
                f"the limit of {self.column} is not a number: {shown(self.limit)}"
            )
        if not isinstance(self.at_least, bool):
            raise NasbenchError(
                f"at_least of the limit of {self.column} is True or False, not "
                f"{shown(self.at_least)}"
            )

    def excess(self, value: float | None) -> float:
        """Return by how much `value` breaks the limit, as a share of the limit.

        It is 0 where the limit is kept, and infinite where there is no value.
        """
        if value is None or value != value:
            return inf
        beyond = self.limit - value if self.at_least else value - self.limit
        return max(0.0, beyond) / (abs(self.limit) or 1.0)

    def violation(self, evaluation: Evaluation) -> float:
        """Return the `excess` of what was evaluated."""
        return self.excess(read_column(self.column, evaluation))


VALIDATION_ACCURACY = Objective("validation_accuracy", maximise=True)


@dataclass(frozen=True)
class SearchContext:
    """All that a strategy is given; there is no way from here to a test accuracy.

    Attributes:
        space: What to search.
        epochs: The full training budget of one architecture.
        budget: What the whole run may spend.
        costs: Parameters, FLOPs and depth of any architecture, free of charge.
        seed: The only source of randomness.
        objectives: What to optimise, one or several columns.
        constraints: What an architecture must keep to be worth anything.
        proxies: Scores of untrained networks, at a price; None where there are none.
        benchmark_spec: Which benchmark it is, for what was recorded on it: task,
            recipe and digest, and no number of its own; None where it has no spec.
        run: The number of the run on its board, 0 or more: which of several recordings
            it takes, so that as many runs take each once. It is no source of
            randomness, and says nothing that the seed, made of it, would not.
    """

    space: SearchSpace
    epochs: int
    budget: Budget
    costs: CostModel
    seed: int
    objectives: tuple[Objective, ...] = (VALIDATION_ACCURACY,)
    constraints: tuple[Constraint, ...] = ()
    # The meter runs, so it is no part of what makes two contexts equal.
    proxies: MeteredProxies | None = field(default=None, compare=False)
    benchmark_spec: BenchmarkSpec | None = None
    run: int = 0

    def permits(self, architecture: Architecture) -> bool:
        """Return whether no limit on a free column forbids `architecture`.

        Nothing is charged for the question; limits on other columns show only when
        the architecture is evaluated.
        """
        if not self.constraints:
            return True
        costs = self.costs(architecture)
        known = ((one, read_cost(one.column, costs)) for one in self.constraints)
        return all(value is None or not one.excess(value) for one, value in known)

    def violation(self, evaluation: Evaluation) -> float:
        """Return the sum of the relative excesses over all limits; 0: all are kept."""
        return sum(one.violation(evaluation) for one in self.constraints)


@dataclass(frozen=True)
class Proposal:
    """A request to train an architecture.

    Attributes:
        architecture: What to train.
        epochs: For how many epochs, 1 to the context's `epochs`.
        search_seconds: CPU seconds that were spent on finding it, on the machine of the
            benchmark, as by training a supernet. The runner charges them before the
            training begins.
    """

    architecture: Architecture
    epochs: int
    search_seconds: float = 0.0


class AskTell(Protocol):
    """What a runner needs of a strategy; `strategies.Strategy` is the base class.

    Asking again before telling works, for parallel workers. Two objects built from
    equal contexts give equal trajectories for equal answers, and so does one that
    continues from another's `state`.
    """

    def ask(self) -> Proposal:
        """Return what to evaluate next.

        Raises:
            SearchExhausted: Nothing is left to propose; for good, or, where outcomes
                are still awaited, until the next of them is told.
        """

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Take the outcome of an earlier proposal."""

    def state(self) -> dict[str, Any]:
        """Return everything needed to go on from here; `restore` takes it."""

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from what `state` returned."""


class StrategyFactory(Protocol):
    """Builds a strategy from its context alone: a strategy class, or a partial."""

    def __call__(self, context: SearchContext) -> AskTell:
        """Return a new strategy."""
