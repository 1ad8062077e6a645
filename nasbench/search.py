"""What a strategy is built from, what it asks and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from nasbench.benchmark import CostModel, Evaluation
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture, SearchSpace

BudgetUnit: TypeAlias = Literal["evaluations", "epochs", "seconds"]


class SearchExhausted(NasbenchError):  # noqa: N818 - an end, not an error
    """Say that a strategy has nothing left to propose; ends a run early."""


@dataclass(frozen=True)
class Budget:
    """How much a run may spend.

    Attributes:
        amount: How many units; the evaluation that reaches it is the last.
        unit: Evaluations, epochs of training, or simulated CPU seconds.
    """

    amount: float
    unit: BudgetUnit = "evaluations"

    def __post_init__(self) -> None:
        """Check the amount.

        Raises:
            NasbenchError: The amount is not positive, or not finite.
        """
        if not 0 < self.amount < float("inf"):
            raise NasbenchError(
                f"a budget is positive and finite, not {self.amount} {self.unit}"
            )


@dataclass(frozen=True)
class Objective:
    """A column of `Evaluation` and which direction is better.

    Attributes:
        column: The name of a number in `Evaluation`.
        maximise: Whether larger is better.
    """

    column: Literal["validation_accuracy", "cost_seconds", "parameters", "flops"]
    maximise: bool

    def score(self, evaluation: Evaluation) -> float:
        """Return the value with larger always better; -inf for a failed training."""
        value = getattr(evaluation, self.column)
        if value is None or evaluation.validation_accuracy is None:
            return float("-inf")
        return float(value) if self.maximise else -float(value)


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
    """

    space: SearchSpace
    epochs: int
    budget: Budget
    costs: CostModel
    seed: int
    objectives: tuple[Objective, ...] = (VALIDATION_ACCURACY,)


@dataclass(frozen=True)
class Proposal:
    """A request to train an architecture.

    Attributes:
        architecture: What to train.
        epochs: For how many epochs, 1 to the context's `epochs`.
    """

    architecture: Architecture
    epochs: int


class AskTell(Protocol):
    """What a runner needs of a strategy; `strategies.Strategy` is the base class.

    Asking again before telling works, for parallel workers. Two objects built from
    equal contexts give equal trajectories for equal answers, and so does one that
    continues from another's `state`.
    """

    def ask(self) -> Proposal:
        """Return what to evaluate next.

        Raises:
            SearchExhausted: Nothing is left to propose.
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
