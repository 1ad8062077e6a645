"""Neural predictor: train some at random, predict all others, train the best."""

from __future__ import annotations

from typing import ClassVar

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.networks_in_numpy.predictor import Predictor, encode
from strategies.predictors.candidates import Shortlist, best_first, pool_of
from strategies.settings import Count
from strategies.strategy import Strategy


class NeuralPredictor(Strategy):
    """Propose the architectures that a network, trained on random ones, ranks highest.

    Wen, Liu, Chen, Li, Bender & Kindermans, ECCV 2020. N random architectures are
    trained; the predictor learns from them and ranks every other architecture of the
    space (a random pool of 10,000, where there are more than 20,000); the best K are
    trained. The paper ends there. Here the predictor then learns from all outcomes
    and the next K follow, as long as the budget lasts.

    What we changed: the predictor is an ensemble of perceptrons on the options taken,
    where the paper has a graph network that knows the cell, so that it works on any
    space; it learns ranks. Nothing is proposed twice, and one architecture of a
    function is enough.

    An outcome that comes late is learned with the next K.

    Args:
        context: What to search.
        samples: N, the random architectures; 172 in the paper.
        batch_size: K, the proposals per ranking.
        pool_size: How many architectures are ranked where the space is too large.
    """

    slow: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        samples: Count = 100,
        batch_size: Count = 20,
        pool_size: Count = 10_000,
    ) -> None:
        super().__init__(context)
        self.samples_to_ask = samples
        self.batch_size = batch_size
        self.pool_size = pool_size
        self.shortlist = Shortlist(self.space.size)
        self.queue: list[Architecture] = []
        self.outcomes: list[tuple[Architecture, float]] = []

    def ask(self) -> Proposal:
        """Return a random architecture, or the next best of the ranking.

        Raises:
            SearchExhausted: Everything that keeps the limits has been proposed.
        """
        if self.samples_to_ask > 0 or not self.outcomes:
            self.samples_to_ask -= 1
            return self.propose(self.shortlist.draw(self.context, self.rng))
        if not self.queue:
            self.queue = self._best_of_all()
        if not self.queue:
            return self.propose(self.shortlist.draw(self.context, self.rng))
        return self.propose(self.queue.pop(0))

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the outcome for the next ranking."""
        self.outcomes.append((proposal.architecture, self.score(evaluation)))

    def _best_of_all(self) -> list[Architecture]:
        pool = pool_of(self.context, self.pool_size, self.rng)
        trained, scores = zip(*self.outcomes, strict=True)
        predictor = Predictor(self.space, self.rng)
        predictor.fit(encode(self.space, trained), scores)
        ranked = best_first(pool, predictor.predict(encode(self.space, pool)))
        return self.shortlist.take(self.context, ranked, self.batch_size)
