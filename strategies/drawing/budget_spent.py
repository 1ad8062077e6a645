"""How far a search is into its budget, for schedules that cool down on the way."""

from __future__ import annotations

from nasbench.benchmark import Evaluation
from nasbench.search import Budget, Proposal


class BudgetSpent:
    """Adds up what a strategy was told, in the unit of its budget.

    It is the strategy's own estimate: repeats count like first times, and what the
    runner charges may be less.

    Attributes:
        budget: What the whole run may spend.
        spent: The sum since the last `begin`.
        amount: What there was left to spend then.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.spent = 0.0
        self.amount = budget.amount

    @property
    def share(self) -> float:
        """The share that is spent, in [0, 1]."""
        return min(self.spent / self.amount, 1.0)

    def add(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Count one outcome."""
        costs = {
            "evaluations": 1.0,
            "epochs": float(proposal.epochs),
            "seconds": evaluation.cost_seconds,
        }
        self.spent += costs[self.budget.unit]

    def begin(self) -> None:
        """Start a new schedule on what is left, or on a whole budget after the end."""
        left = self.amount - self.spent
        self.amount = left if left > 0 else self.budget.amount
        self.spent = 0.0
