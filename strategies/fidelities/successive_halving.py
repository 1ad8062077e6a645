"""Successive halving: train many briefly, keep the best of them, train these longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.fidelities.bracket import Brackets, Plan, standing
from strategies.fidelities.deck import Deck
from strategies.fidelities.rungs import Eta, chosen_rungs, halving_sizes, require_budget
from strategies.settings import Count, Within
from strategies.strategy import Strategy


class SuccessiveHalving(Strategy):
    """Train random architectures for few epochs; one in `eta` goes on to more.

    Jamieson & Talwalkar, AISTATS 2016. Of n architectures, the best n / eta (rounded
    down) of every rung are trained on to `eta` times the epochs, and the last ones to
    the end. Then the next bracket begins with new random architectures; none comes
    again before the whole space has been drawn.

    A rung is decided when all of it is told. Workers that ask before begin the next
    bracket. What failed is not promoted.

    Since every bracket begins with `configurations` uniform draws without repeats, the
    best of its first rung follows the law of random search; curves that do not cross
    carry it to the end.

    Args:
        context: What to search.
        eta: One in how many goes on, and the factor between rungs; 3 as in Hyperband.
        least_epochs: Fewest epochs of the first rung.
        configurations: Architectures that a bracket begins with; None for as many as
            leave one for the last rung.
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
        configurations: Annotated[int, Within(1, 1_000_000)] | None = None,
        rungs: Sequence[Count] | None = None,
    ) -> None:
        super().__init__(context)
        epochs = chosen_rungs(context, eta, least_epochs, rungs)
        fewest = eta ** (len(epochs) - 1)
        start = fewest if configurations is None else configurations
        if start < fewest:
            raise NasbenchError(
                f"of {start} configurations none reaches the last of {len(epochs)} "
                f"rungs, the full {context.epochs} epochs; take {fewest} or more"
            )
        sizes = halving_sizes(start, len(epochs), eta)
        require_budget("successive halving", context, sizes, epochs)
        self.brackets = Brackets((Plan(sizes, epochs),))
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
