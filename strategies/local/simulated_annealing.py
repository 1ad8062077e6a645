"""Simulated annealing: a random walk that turns from free to greedy."""

from __future__ import annotations

import math
from typing import Annotated, TypeAlias

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.budget_spent import BudgetSpent
from strategies.drawing.permitted import draw_permitted, sample_permitted
from strategies.settings import Within
from strategies.strategy import Strategy

Temperature: TypeAlias = Annotated[float, Within(1e-12, 1e12)]
"""Objectives have any unit; beyond, a share of a temperature is no number."""

_NOTHING_YET = float("-inf")


class SimulatedAnnealing(Strategy):
    """Move to a random neighbour if it is better, else with probability exp(d / T).

    Kirkpatrick, Gelatt & Vecchi, Science 1983. d is the (negative) change of the
    objective, T the temperature. At a constant temperature the walk visits
    architecture a in the long run with a frequency in proportion to exp(score(a) / T)
    (Metropolis et al. 1953), since a neighbour is proposed as often as it proposes
    back. T falls geometrically over the budget,

        T = initial (final / initial)^(share of the budget that is spent),

    from almost a free walk to almost strict climbing. After the end of its budget a
    search that goes on begins anew, at a random architecture.

    A proposal changes one decision (`SearchSpace.mutate`) and may have been evaluated
    before. Parallel workers propose neighbours of the current point; an outcome is
    compared with the current point of the moment when it is told.

    Args:
        context: What to search.
        initial_temperature: In the unit of the objective; the default is three points
            of accuracy, a fraction in [0, 1].
        final_temperature: As above; the default is a twentieth of a point.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        initial_temperature: Temperature = 0.03,
        final_temperature: Temperature = 0.0005,
    ) -> None:
        super().__init__(context)
        if final_temperature > initial_temperature:
            raise NasbenchError(
                "temperatures fall, not from "
                f"{initial_temperature} to {final_temperature}"
            )
        self.initial_temperature = initial_temperature
        self.final_temperature = final_temperature
        self.budget = BudgetSpent(context.budget)
        self.current: Architecture | None = None
        self.current_score = _NOTHING_YET

    @property
    def temperature(self) -> float:
        """The temperature of the moment, in the unit of the objective."""
        fall = self.final_temperature / self.initial_temperature
        return float(self.initial_temperature * fall**self.budget.share)

    def ask(self) -> Proposal:
        """Return a neighbour of the current point, or a random first one."""
        current = self.current
        if current is None:
            return self.propose(sample_permitted(self.context, self.rng))
        return self.propose(
            draw_permitted(self.context, lambda: self.space.mutate(current, self.rng))
        )

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Move or stay, and cool down."""
        score = self.score(evaluation)
        if self.current is None or self._accepts(score - self.current_score):
            self.current, self.current_score = proposal.architecture, score
        self.budget.add(proposal, evaluation)
        if self.budget.share == 1:
            self.budget.begin()
            self.current, self.current_score = None, _NOTHING_YET

    def _accepts(self, change: float) -> bool:
        """Return whether to move; NaN is a failed training beside another."""
        if change >= 0 or math.isnan(change):
            return True
        return bool(self.rng.random() < math.exp(change / self.temperature))
