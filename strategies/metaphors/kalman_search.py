"""The heuristic Kalman algorithm: a normal distribution, measured by its best draws."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.metaphors.relaxation import Relaxation, Vector
from strategies.settings import Within
from strategies.strategy import Strategy


class KalmanSearch(Strategy):
    """Draw from a normal distribution; let its best draws measure the optimum.

    The heuristic Kalman algorithm (HKA) of Toscano & Lyonnet 2009. There is no Kalman
    filter for architectures in print that we found; this is the metaheuristic of that
    name, in effect a cross-entropy method with a gain. A draw has one real number per
    option of every decision and stands for the architecture of the largest numbers.
    The mean and the variance of a generation's best draws are taken for a noisy
    measurement of the optimum, and correct the distribution as a Kalman filter does
    (`update`).

    Ours: the distribution begins as a standard normal one (decoding does not depend on
    the unit). When a generation holds no new architecture, it begins again.

    Workers need no barrier: draws are always from the distribution of the moment, and
    it is updated as soon as enough outcomes are told, whichever they are.

    Args:
        context: What to search.
        draws: Draws of a generation; 20 leaves ten generations to 200 evaluations.
        best: How many of them measure.
        slowdown: How fast the spread may shrink, in (0, 1]; on NAS-Bench-201 it hardly
            matters from 0.4 to 0.9.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        draws: Annotated[int, Within(2, 10_000)] = 20,
        best: Annotated[int, Within(2, 10_000)] = 5,
        slowdown: Annotated[float, Within(0, 1, above=True)] = 0.7,
    ) -> None:
        super().__init__(context)
        if best > draws:
            raise NasbenchError(f"2 to all of the draws measure, not {best} of {draws}")
        self.draws = draws
        self.best = best
        self.slowdown = slowdown
        self.relaxation = Relaxation(self.space.radices)
        self.known: set[Architecture] = set()
        # The vectors of what was asked and not yet told.
        self.waiting: dict[Architecture, list[Vector]] = {}
        self._begin()

    def ask(self) -> Proposal:
        """Return the architecture of a draw."""
        normal = self.rng.standard_normal(self.relaxation.length)
        vector = self.belief.mean + self.belief.deviation * normal
        architecture = self.relaxation.decode(vector, self.context, self.rng)
        self.waiting.setdefault(architecture, []).append(vector)
        return self.propose(architecture)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Add an outcome; with the last of a generation, measure and correct."""
        architecture = proposal.architecture
        vectors = self.waiting.get(architecture)
        if not vectors:
            return
        self.told.append((self.score(evaluation), vectors.pop(0)))
        if not vectors:
            del self.waiting[architecture]
        self.found_new |= architecture not in self.known
        self.known.add(architecture)
        if len(self.told) == self.draws:
            self._correct()

    def _begin(self) -> None:
        length = self.relaxation.length
        self.belief = Belief(np.zeros(length), np.ones(length))
        self._next_generation()

    def _next_generation(self) -> None:
        self.told: list[tuple[float, Vector]] = []
        self.found_new = False

    def _correct(self) -> None:
        if not self.found_new:
            self._begin()
            return
        self.told.sort(key=lambda one: one[0], reverse=True)
        best = [vector for score, vector in self.told if score > float("-inf")]
        if len(best) >= 2:  # of fewer there is no variance
            self.belief = update(
                self.belief, np.array(best[: self.best]), self.slowdown
            )
        self._next_generation()


class Belief(NamedTuple):
    """A normal distribution with independent coordinates.

    Attributes:
        mean: ``(length,) float64``.
        deviation: ``(length,) float64`` standard deviations.
    """

    mean: Vector
    deviation: Vector


def update(belief: Belief, best: Vector, slowdown: float) -> Belief:
    """Correct a belief by a measurement, the mean of the ``(k, length)`` best draws.

    With the variance v of the best and S^2 of the belief, the gain is
    L = S^2 / (S^2 + v), the mean moves by L (measured - mean), and the variance after
    the measurement is (1 - L) S^2 = L v. Of that the deviation takes a step only,

        S <- S + a (sqrt(L v) - S),  a = slowdown s^2 / (s^2 + max of L v),

    where s is the mean of sqrt(v), at most 1. A gain and an a of 1 are the update of
    the cross-entropy method: mean and variance of the best.
    """
    measured, noise = best.mean(axis=0), best.var(axis=0)
    variance = belief.deviation**2
    total = variance + noise
    gain = np.divide(variance, total, out=np.zeros_like(total), where=total > 0)
    after = gain * noise
    spread = min(1.0, float(np.sqrt(noise).mean())) ** 2
    largest = float(after.max())
    step = slowdown * spread / (spread + largest) if spread > 0 else 0.0
    mean = belief.mean + gain * (measured - belief.mean)
    return Belief(mean, belief.deviation + step * (np.sqrt(after) - belief.deviation))
