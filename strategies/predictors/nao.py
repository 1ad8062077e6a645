"""NAO: walk uphill where architectures are points, and read off where it leads."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.networks_in_numpy.autoencoder import Autoencoder, random_batches
from strategies.networks_in_numpy.predictor import encode, normal_scores
from strategies.predictors.candidates import Shortlist
from strategies.settings import Count, InnerShare, Within
from strategies.strategy import Strategy

STEP = 0.1
LONGEST_STEP = 10.0
STEPS = 15
FIRST_STEPS, LATER_STEPS = 600, 150


class NAO(Strategy):
    """Embed the best architectures, go up the predicted score, decode what is there.

    Luo, Tian, Qin, Chen & Liu, "Neural architecture optimization", NeurIPS 2018. An
    encoder maps architectures to a continuous space, a predictor gives the score of a
    point, a decoder maps points back; the three are trained together. Every round
    moves the embeddings of the best architectures along the predictor's gradient and
    decodes them; of the points that a step reaches, those of the highest prediction
    come first. Where a step leads back to known architectures it grows, up to a
    hundredfold; what is then missing of a round is sought uphill of random
    architectures, and where that is nothing, the next proposal is random.

    What we changed: all architectures of a space have the same decisions, so that
    perceptrons take the place of the LSTMs, and the gradient is scaled to length 1,
    which gives the step a meaning. The decoder also learns from random architectures,
    which need no training (as do the unlabelled ones of SemiNAS, Luo et al., NeurIPS
    2020): a hundred trained ones are too few to reconstruct all others. Predictions
    are of ranks. Nothing is proposed twice.

    Outcomes that come late are learned with the next round.

    Args:
        context: What to search.
        samples: Random architectures at the start; 600 in the paper.
        best: How many of the best are moved, and of random ones where these fail.
        batch_size: Proposals per round; 300 in the paper.
        trade_off: Weight of the predictor in the loss; 0.8 in the paper.
    """

    slow: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        samples: Count = 50,
        best: Annotated[int, Within(1, 1000)] = 50,
        batch_size: Annotated[int, Within(1, 1000)] = 20,
        trade_off: InnerShare = 0.8,
    ) -> None:
        super().__init__(context)
        self.samples_to_ask = samples
        self.best = best
        self.batch_size = batch_size
        self.shortlist = Shortlist(self.space.size)
        self.queue: list[Architecture] = []
        self.outcomes: list[tuple[Architecture, float]] = []
        self.networks = Autoencoder(self.space, trade_off, self.rng)

    def ask(self) -> Proposal:
        """Return a random architecture, or one that lies uphill.

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
        """Return a whole round, or what is left of the space."""
        self.learn()
        ranked = sorted(self.outcomes, key=lambda one: -one[1])[: self.best]
        found = self._uphill([one for one, _ in ranked], self.batch_size)
        missing = self.batch_size - len(found)
        if missing:
            randoms = [self.space.sample(self.rng) for _ in range(self.best)]
            found += self._uphill(randoms, missing)
        return found

    def _uphill(self, starts: list[Architecture], count: int) -> list[Architecture]:
        """Return up to `count` new architectures uphill of some, the nearest first."""
        points = self.networks.embed(encode(self.space, starts))
        found: list[Architecture] = []
        for step in np.geomspace(STEP, LONGEST_STEP, STEPS).tolist():
            reached = self.networks.uphill(points, step)
            order = np.argsort(-self.networks.predict(reached), kind="stable")
            decoded = self.networks.decode(reached[order])
            valid = filter(self.space.is_valid, dict.fromkeys(decoded))
            found += self.shortlist.take(self.context, valid, count - len(found))
            if len(found) == count:
                break
        return found

    def learn(self) -> None:
        """Train encoder, predictor and decoder on all outcomes so far."""
        trained, scores = zip(*self.outcomes, strict=True)
        steps = LATER_STEPS if self.networks.steps else FIRST_STEPS
        self.networks.train(
            (encode(self.space, trained), normal_scores(scores)),
            random_batches(self.space, steps, self.rng),
        )
