"""FBNetV3's search: a predictor that knows costs first, then evolution on it alone."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.permitted import sample_permitted
from strategies.networks_in_numpy.mlp import Perceptrons
from strategies.networks_in_numpy.predictor import (
    MEMBERS,
    WIDTHS,
    Predictor,
    encode,
    normal_scores,
    train,
)
from strategies.networks_in_numpy.weights import Floats
from strategies.predictors.candidates import Shortlist, best_first, pool_of
from strategies.settings import Count, Within
from strategies.strategy import Strategy

PRETRAINING_SAMPLES = 1000
PATIENCE = 3
MOST_GENERATIONS = 50


class PredictorEvolution(Strategy):
    """Train a predictor on what it ranks highest, then let a population climb it.

    Dai et al., "FBNetV3: Joint architecture-recipe search using predictor
    pretraining", CVPR 2021, for architectures alone. Before anything is trained, the
    predictor learns the free statistics (parameters, FLOPs, depth) of random
    architectures; its layers but the last are kept for the accuracies.

    Stage 1, constrained iterative optimisation: in every round the predictor learns
    from all outcomes, and the best it ranks of a random pool, within the free limits,
    are trained; the first round is random. Stage 2, an adaptive genetic algorithm:
    the best outcomes and as many random architectures are mutated and crossed, the
    predictor alone decides who lives, fresh random architectures join in every
    generation, and it stops when the best prediction has not risen for three
    generations. The best of the population are trained. The paper ends there; here
    stage 2 is repeated with the new outcomes as long as the budget lasts.

    What we changed: perceptrons learn ranks, and there is no training recipe to
    search.

    Args:
        context: What to search.
        rounds: Rounds of stage 1, the random one included.
        batch_size: Proposals per round.
        pool_size: Architectures that a round of stage 1 ranks.
        population_size: Members of the population in stage 2.
    """

    slow: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        rounds: Count = 4,
        batch_size: Count = 20,
        pool_size: Count = 1000,
        population_size: Annotated[int, Within(2, 1000)] = 100,
    ) -> None:
        super().__init__(context)
        self.rounds = rounds
        self.rounds_done = 0
        self.batch_size = batch_size
        self.pool_size = pool_size
        self.population_size = population_size
        self.shortlist = Shortlist(self.space.size)
        self.queue: list[Architecture] = []
        self.outcomes: list[tuple[Architecture, float]] = []
        self.founders_to_ask = batch_size
        self.trunk: list[Floats] = []

    def ask(self) -> Proposal:
        """Return a random architecture of the first round, or one of promise.

        Raises:
            SearchExhausted: Everything that keeps the limits has been proposed.
        """
        if self.founders_to_ask <= 0 and self.outcomes and not self.queue:
            self.queue = self._next_round()
        if not self.queue:
            self.founders_to_ask -= 1
            return self.propose(self.shortlist.draw(self.context, self.rng))
        return self.propose(self.queue.pop(0))

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the outcome for the next round."""
        self.outcomes.append((proposal.architecture, self.score(evaluation)))

    def _next_round(self) -> list[Architecture]:
        self.rounds_done += 1
        self.trunk = self.trunk or self.pretrained_trunk()
        trained, scores = zip(*self.outcomes, strict=True)
        predictor = Predictor(self.space, self.rng, self.trunk)
        predictor.fit(encode(self.space, trained), scores)
        if self.rounds_done < self.rounds:
            draws = range(self.pool_size)
            pool = [self.space.sample(self.rng) for _ in draws]
            ranked = best_first(pool, predictor.predict(encode(self.space, pool)))
        else:
            ranked = self.evolve(predictor)
        return self.shortlist.take(self.context, ranked, self.batch_size)

    def pretrained_trunk(self) -> list[Floats]:
        """Return all layers but the last of networks that know the free statistics."""
        pool = pool_of(self.context, PRETRAINING_SAMPLES, self.rng)
        chosen = self.rng.permutation(len(pool))[:PRETRAINING_SAMPLES].tolist()
        costs = [self.context.costs(pool[place]) for place in chosen]
        statistics = np.column_stack(
            [
                normal_scores([one.parameters for one in costs]),
                normal_scores([one.flops for one in costs]),
                normal_scores([one.depth for one in costs]),
            ]
        )
        sizes = (sum(self.space.radices), *WIDTHS, statistics.shape[1])
        networks = Perceptrons(sizes, MEMBERS, self.rng)
        train(networks, encode(self.space, [pool[i] for i in chosen]), statistics)
        return list(networks.weights.arrays().values())[:-2]

    def evolve(self, predictor: Predictor) -> list[Architecture]:
        """Return a population that has climbed the predictor, best first."""
        known = sorted(self.outcomes, key=lambda one: -one[1])
        population = [one for one, _ in known[: self.population_size // 2]]
        population += self._randoms(self.population_size - len(population))
        best, stalled = -np.inf, 0
        for _ in range(MOST_GENERATIONS):
            everyone = dict.fromkeys([*population, *self._children(population)])
            everyone.update(dict.fromkeys(self._randoms(self.population_size // 10)))
            candidates = [one for one in everyone if self.context.permits(one)]
            if not candidates:
                break
            said = predictor.predict(encode(self.space, candidates))
            population = best_first(candidates, said)[: self.population_size]
            stalled = 0 if said.max() > best else stalled + 1
            best = max(best, float(said.max()))
            if stalled == PATIENCE:
                break
        return population

    def _children(self, population: list[Architecture]) -> list[Architecture]:
        """Return as many children as parents, half by mutation, half by crossover."""
        pairs = self.rng.integers(len(population), size=(len(population), 2)).tolist()
        half = len(pairs) // 2
        crossed = [
            self.space.crossover(population[one], population[other], self.rng)
            for one, other in pairs[:half]
        ]
        parents = [population[one] for one, _ in pairs[half:]]
        mutable = [one for one in parents if self.space.neighbours(one)]
        return crossed + [self.space.mutate(one, self.rng) for one in mutable]

    def _randoms(self, count: int) -> list[Architecture]:
        return [sample_permitted(self.context, self.rng) for _ in range(count)]
