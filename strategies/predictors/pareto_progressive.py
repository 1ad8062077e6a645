"""DPP-Net: the progressive search whose beam is a set of trade-offs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Evaluation
from nasbench.search import Objective, Proposal, SearchContext, read_cost
from nasbench.spaces import Architecture
from strategies.networks_in_numpy.predictor import encode
from strategies.objectives.dominance import crowding_by_front, front_numbers
from strategies.predictors.progressive import Progressive
from strategies.settings import Count, Within


class ParetoProgressive(Progressive):
    """Keep the extensions that nothing beats in predicted accuracy and known costs.

    Dong, Cheng, Juan, Wei & Sun, "DPP-Net: Device-aware progressive search for
    Pareto-optimal neural architectures", ECCV 2018. It is `Progressive` in all but
    the order of a level: extensions are sorted into fronts by what the predictor says
    of the accuracy and by what is known of the costs without training, and within a
    front by how far they lie from their neighbours.

    Objectives that are free (parameters, FLOPs, what simulated targets say) are
    computed; every other one, as a measured latency, has a predictor of its own. With
    the accuracy as the sole objective, parameters and FLOPs are to be small too, as in
    the paper. The template of a pass is a random one of the front.

    Args:
        context: What to search, with one or more objectives.
        beam_size: K of `Progressive`.
        samples: How many random architectures are trained first.
    """

    several_objectives: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        beam_size: Annotated[int, Within(1, 1000)] = 20,
        samples: Count = 10,
    ) -> None:
        super().__init__(context, beam_size=beam_size, samples=samples)
        self.wanted = context.objectives
        if len(self.wanted) == 1:
            taken = self.wanted[0].column
            added = [Objective(one, maximise=False) for one in ("parameters", "flops")]
            self.wanted += tuple(one for one in added if one.column != taken)
        # (n, wanted) scores of all outcomes, in their order.
        self.scores: list[list[float]] = []

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the outcome in all objectives for the next level."""
        failed = self.context.violation(evaluation) > 0
        scores = [one.score(evaluation) for one in self.wanted]
        if failed or -np.inf in scores:
            scores = [-np.inf] * len(scores)
        self.scores.append(scores)
        self.outcomes.append((proposal.architecture, scores[0]))

    def ranking(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """Return ``(n,)`` numbers: better fronts first, in a front the loneliest."""
        scores = self.expected(architectures)
        fronts = front_numbers(scores)
        order = np.lexsort((-crowding_by_front(scores, fronts), fronts))
        ranking = np.empty(len(order))
        ranking[order] = -np.arange(len(order))
        return ranking

    def expected(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """Return ``(n, wanted)`` scores that are predicted or known, larger better."""
        told = np.array(self.scores)
        costs = [self.context.costs(one) for one in architectures]
        guessed = [
            place
            for place, objective in enumerate(self.wanted)
            if read_cost(objective.column, costs[0]) is None
        ]
        self.learn(told[:, guessed])
        asked = encode(self.space, architectures)
        scores = np.empty((len(architectures), len(self.wanted)))
        for place, objective in enumerate(self.wanted):
            if place in guessed:
                predictor = self.predictors[guessed.index(place)]
                scores[:, place] = predictor.predict(asked)
            else:
                known = [read_cost(objective.column, one) for one in costs]
                signed = np.array(known, np.float64) * (1 if objective.maximise else -1)
                # What a target has no room for is the worst of all.
                scores[:, place] = np.where(np.isnan(signed), -np.inf, signed)
        return scores

    def pick_template(self) -> Architecture:
        """Return a random architecture of the front of all outcomes."""
        front = np.flatnonzero(front_numbers(self.scores) == 0)
        return self.outcomes[int(self.rng.choice(front))][0]
