"""NPENAS: evolution that bears many children and trains those of promise."""

from __future__ import annotations

from typing import ClassVar

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.networks_in_numpy.predictor import Predictor, encode
from strategies.predictors.candidates import Shortlist, best_first
from strategies.settings import Count
from strategies.strategy import Strategy


class NPENAS(Strategy):
    """Mutate the best, let a predictor choose among the children, train the chosen.

    Wei et al., "NPENAS: Neural predictor guided evolution for neural
    architecture search", 2020 (arXiv 2003.12857). After some random architectures,
    every round trains the predictor on all outcomes, bears children by one mutation
    each of the best architectures so far, and proposes those with the highest
    predictions. It exploits only: nothing is proposed for being uncertain. Each child
    comes from a parent, never from another child.

    What we changed: the predictor is an ensemble of perceptrons on the options taken
    instead of a graph network, so that it works on any space; it learns ranks.
    Nothing is proposed twice.

    An outcome that comes late is learned in the next round.

    Args:
        context: What to search.
        samples: Random architectures at the start.
        parents: How many of the best have children, in turn.
        children: Children per round.
        batch_size: Proposals per round.
    """

    slow: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        samples: Count = 20,
        parents: Count = 10,
        children: Count = 100,
        batch_size: Count = 10,
    ) -> None:
        super().__init__(context)
        if children < batch_size:
            raise NasbenchError(
                f"a round bears at least batch_size children: {batch_size}, "
                f"not {children}"
            )
        self.samples_to_ask = samples
        self.parents = parents
        self.children = children
        self.batch_size = batch_size
        self.shortlist = Shortlist(self.space.size)
        self.queue: list[Architecture] = []
        self.outcomes: list[tuple[Architecture, float]] = []

    def ask(self) -> Proposal:
        """Return a random architecture, or a child of promise.

        Raises:
            SearchExhausted: Everything that keeps the limits has been proposed.
        """
        if self.samples_to_ask <= 0 and self.outcomes and not self.queue:
            self.queue = self._next_round()
        if not self.queue:
            self.samples_to_ask -= 1
            return self.propose(self.shortlist.draw(self.context, self.rng))
        return self.propose(self.queue.pop(0))

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the outcome for the next round."""
        self.outcomes.append((proposal.architecture, self.score(evaluation)))

    def _next_round(self) -> list[Architecture]:
        """Return the most promising children; none where all are known already."""
        children = self._bear()
        if not children:
            return []
        trained, scores = zip(*self.outcomes, strict=True)
        predictor = Predictor(self.space, self.rng)
        predictor.fit(encode(self.space, trained), scores)
        ranked = best_first(children, predictor.predict(encode(self.space, children)))
        return self.shortlist.take(self.context, ranked, self.batch_size)

    def _bear(self) -> list[Architecture]:
        """Return different new children of the best, each one mutation away."""
        ranked = sorted(self.outcomes, key=lambda one: -one[1])
        families = [self._new_neighbours(one) for one, _ in ranked[: self.parents]]
        born: dict[Architecture, None] = {}
        while len(born) < self.children and any(families):
            for family in families:
                if family and len(born) < self.children:
                    born[family.pop()] = None
        return list(born)

    def _new_neighbours(self, parent: Architecture) -> list[Architecture]:
        """Return the mutations of a parent that are new, in random order."""
        known = self.shortlist.unvisited.visited
        new = [one for one in self.space.neighbours(parent) if one not in known]
        return [new[i] for i in self.rng.permutation(len(new)).tolist()]
