"""PNAS: decide one thing after another, keep a beam, let a predictor judge ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.permitted import ATTEMPTS
from strategies.networks_in_numpy.predictor import Predictor, encode
from strategies.predictors.candidates import Shortlist
from strategies.settings import Count, Within
from strategies.strategy import Strategy

Prefix = tuple[int, ...]
"""The options of the first decisions; the others are open."""


class Progressive(Strategy):
    """Extend prefixes by one decision at a time; train the most promising ones.

    Liu et al., "Progressive neural architecture search", ECCV 2018. Level b holds
    architectures in which b things are decided. The beam of level b is extended by
    all options of the next decision, a predictor that was trained on all levels so
    far ranks the extensions, and the best K of them are trained and are the next
    beam. With K as large as the space, level after level is enumerated.

    What has to be added for networks that cannot be trained half decided (the paper's
    cells grow, and are whole at every size): open decisions take the options of a
    template, the best of some random architectures that are trained first. Where that
    is no valid combination, the open decisions are drawn at random, up to 100 times;
    a prefix without a valid completion goes into the beam if there is room, and
    nothing is trained for it. An architecture that a prefix shares with one before is
    trained once.

    The paper ends with the last level. Here the best architecture so far then becomes
    the template of another pass; a pass that brings nothing new doubles K.

    Outcomes that come late are learned with the next level.

    Args:
        context: What to search.
        beam_size: K; 256 in the paper, for 1,280 trainings.
        samples: How many random architectures are trained for the first template.
    """

    slow: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        beam_size: Annotated[int, Within(1, 1000)] = 20,
        samples: Count = 10,
    ) -> None:
        super().__init__(context)
        self.beam_size = beam_size
        self.samples_to_ask = samples
        self.shortlist = Shortlist(self.space.size)
        self.outcomes: list[tuple[Architecture, float]] = []
        self.template: Architecture = ()
        self.beam: list[Prefix] = []
        self.asked_in_pass = 1
        self.queue: deque[Architecture] = deque()
        self.predictors: list[Predictor] = []
        self.learned = 0

    def ask(self) -> Proposal:
        """Return a random architecture, or the next one of the level.

        Raises:
            SearchExhausted: Everything that keeps the limits has been proposed.
        """
        if self.samples_to_ask > 0 or not self.outcomes:
            self.samples_to_ask -= 1
            return self.propose(self.shortlist.draw(self.context, self.rng))
        while not self.queue and self.beam_size < 2 * self.space.size:
            if not self.beam or len(self.beam[0]) == self.space.decisions:
                self._start_pass()
            self._decide_next()
        if not self.queue:
            return self.propose(self.shortlist.draw(self.context, self.rng))
        self.asked_in_pass += 1
        return self.propose(self.queue.popleft())

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the outcome for the next level."""
        self.outcomes.append((proposal.architecture, self.score(evaluation)))

    def ranking(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """Return ``(n,)`` numbers by which the beam is chosen, larger first."""
        scores = np.array([score for _, score in self.outcomes])
        self.learn(scores[:, None])
        return self.predictors[0].predict(encode(self.space, architectures))

    def learn(self, scores: NDArray[np.float64]) -> None:
        """Fit a predictor per column of ``(n, columns)``, if there are new outcomes."""
        if self.learned == len(self.outcomes):
            return
        self.learned = len(self.outcomes)
        features = encode(self.space, [one for one, _ in self.outcomes])
        self.predictors = []
        for column in scores.T:
            self.predictors.append(Predictor(self.space, self.rng))
            self.predictors[-1].fit(features, column)

    def pick_template(self) -> Architecture:
        """Return whose options the open decisions of the next pass take."""
        return max(self.outcomes, key=lambda one: one[1])[0]

    def _start_pass(self) -> None:
        if not self.asked_in_pass:
            self.beam_size *= 2
        self.asked_in_pass = 0
        self.template = self.pick_template()
        self.beam = [()]

    def _decide_next(self) -> None:
        """Move the beam by one decision, and queue what is new in it."""
        options = range(self.space.radices[len(self.beam[0])])
        extended = [(*prefix, option) for prefix in self.beam for option in options]
        completed = [self._complete(prefix) for prefix in extended]
        whole = [place for place, one in enumerate(completed) if one is not None]
        order: list[int] = []
        if whole:
            ranking = self.ranking([one for one in completed if one is not None])
            best_first = np.argsort(-ranking, kind="stable").tolist()
            order = [whole[place] for place in best_first]
        if len(self.beam[0]) + 1 < self.space.decisions:
            order += [place for place, one in enumerate(completed) if one is None]
        kept = order[: self.beam_size]
        self.beam = [extended[place] for place in kept]
        ranked = [one for one in (completed[place] for place in kept) if one]
        self.queue.extend(self.shortlist.take(self.context, ranked, len(ranked)))

    def _complete(self, prefix: Prefix) -> Architecture | None:
        """Return an architecture that begins with `prefix`; None if none is found."""
        completed = (*prefix, *self.template[len(prefix) :])
        if self.space.is_valid(completed):
            return completed
        open_radices = self.space.radices[len(prefix) :]
        for _ in range(ATTEMPTS if open_radices else 0):
            drawn = self.rng.integers(open_radices).tolist()
            if self.space.is_valid((*prefix, *drawn)):
                return (*prefix, *drawn)
        return None
