"""Hyperband: successive halving with every trade of breadth for depth in turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.fidelities.bracket import Brackets, Plan, standing
from strategies.fidelities.deck import Deck
from strategies.fidelities.rungs import (
    Convention,
    Eta,
    bracket_sizes,
    chosen_rungs,
    halving_sizes,
    require_budget,
)
from strategies.settings import Count
from strategies.strategy import Strategy


class Hyperband(Strategy):
    """Go through brackets that begin with many short, to few full trainings.

    Li, Jamieson, DeSalvo, Rostamizadeh & Talwalkar, JMLR 2018. Bracket s, from s_max
    down to 0, is successive halving with s + 1 rungs; the last trains a few random
    architectures to the end, which bounds the harm where short trainings mislead.
    After the last bracket the first comes again, with new architectures; none comes
    again before the whole space has been drawn.

    The paper has two conventions for the number of architectures (see
    `strategies.fidelities.rungs.Convention`); the default is its table's, which the
    authors' code and hpbandster have too.

    Workers that ask while a rung is incomplete begin the next bracket.

    Args:
        context: What to search.
        eta: One in how many goes on, and the factor between rungs; 3 in the paper.
        least_epochs: Fewest epochs of a first rung.
        convention: ``"table"`` or ``"formula"``.
        rungs: The epochs of the rungs, up to the full budget, where the benchmark
            holds only some; None for the full budget divided by powers of `eta`.
    """

    several_fidelities: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        eta: Eta = 3,
        least_epochs: Count = 1,
        convention: Convention = "table",
        rungs: Sequence[Count] | None = None,
    ) -> None:
        super().__init__(context)
        epochs = chosen_rungs(context, eta, least_epochs, rungs)
        plans = hyperband_plans(epochs, eta, convention)
        require_budget("Hyperband", context, plans[0].sizes, plans[0].epochs)
        self.brackets = Brackets(plans)
        self.deck = Deck(self.space.size)

    def ask(self) -> Proposal:
        """Return the next training of the oldest bracket that has one.

        Raises:
            SearchExhausted: The whole space has been trained to the end.
        """
        proposal = self.brackets.ask(self._draw)
        self.deck.note_ask(proposal, self.context.epochs)
        return proposal

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Note the outcome; the last of a rung decides who goes on."""
        self.deck.note_outcome(proposal, evaluation)
        self.brackets.tell(proposal, standing(self.context, evaluation))

    def _draw(self) -> Architecture:
        return self.deck.draw(self.context, self.rng)


def hyperband_plans(
    epochs: tuple[int, ...], eta: int, convention: Convention
) -> tuple[Plan, ...]:
    """Return the brackets of one round of Hyperband, the broadest first.

    >>> for plan in hyperband_plans((1, 3, 9), 3, "table"):
    ...     print(plan.sizes, plan.epochs)
    (9, 3, 1) (1, 3, 9)
    (3, 1) (3, 9)
    (3,) (9,)

    Args:
        epochs: The epochs of all rungs.
        eta: One in how many goes on.
        convention: How many architectures the brackets begin with.
    """
    starts = bracket_sizes(len(epochs), eta, convention)
    return tuple(
        Plan(halving_sizes(start, len(epochs) - skipped, eta), epochs[skipped:])
        for skipped, start in enumerate(starts)
    )
