"""Random search, without and with replacement: what every strategy has to beat."""

from __future__ import annotations

from typing import ClassVar

from nasbench.search import Proposal, SearchContext, SearchExhausted
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture
from strategies.drawing.permitted import sample_permitted
from strategies.strategy import Strategy


class RandomSearch(Strategy):
    """Propose every architecture once, in random order.

    Bergstra & Bengio, JMLR 2012; as a baseline of NAS, Li & Talwalkar, UAI 2019. The
    draws are uniform over the architectures that are left, in spaces of any size. Two
    architectures of the same function are two proposals. What a limit on a free column
    forbids is passed over.

    On a table of N distinct accuracies v_1 < ... < v_N, the best of n proposals is v_i
    with probability C(i-1, n-1) / C(N, n).
    """

    several_objectives: ClassVar[bool] = True

    def __init__(self, context: SearchContext) -> None:
        super().__init__(context)
        self.order = LazyShuffle(self.space.size)

    def ask(self) -> Proposal:
        """Return an architecture that was not proposed before.

        Raises:
            SearchExhausted: The whole space has been proposed.
        """
        while True:
            architecture = draw_architecture(self.order, self.space, self.rng)
            if architecture is None:
                raise SearchExhausted(f"all of {self.space.name} has been proposed")
            if self.context.permits(architecture):
                return self.propose(architecture)


class RandomSearchWithReplacement(Strategy):
    """Propose independent uniform draws; the same architecture may come again.

    On a table of N distinct accuracies v_1 < ... < v_N, the best of n proposals is v_i
    with probability (i/N)^n - ((i-1)/N)^n: an exact law to test a runner with.
    """

    several_objectives: ClassVar[bool] = True

    def ask(self) -> Proposal:
        """Return a uniform draw from the space."""
        return self.propose(sample_permitted(self.context, self.rng))
