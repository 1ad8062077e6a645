"""Gravitational search: architectures as masses that attract each other."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.budget_spent import BudgetSpent
from strategies.drawing.permitted import sample_permitted
from strategies.metaphors.relaxation import Relaxation
from strategies.settings import Weight, Within
from strategies.strategy import Strategy

Agents = NDArray[np.float64]
"""``(agents, sum of radices) float64``."""

BOUND = 4.0
"""Positions stay in [-4, 4]."""

_SOFTENING = 1e-12


class GravitationalSearch(Strategy):
    """Let agents fall towards the better ones, under a gravity that dies away.

    Rashedi, Nezamabadi-pour & Saryazdi, Information Sciences 2009. A metaphor: bodies
    attract each other, the better ones being heavier. Little speaks for it in
    architecture search, and the literature on metaphors as methods is critical
    (Sorensen 2015); it stands here as a faithful baseline of that kind.

    An agent has a position x, one real number per option of every decision, and stands
    for the architecture of the largest numbers. Of a generation with scores f,

        m_i = (f_i - worst) / (best - worst),  M_i = m_i / sum of m
        a_i = sum over the K best j of  rand G M_j (x_j - x_i) / (R_ij + e)
        v_i <- rand v_i + a_i,  x_i <- x_i + v_i

    with G = G0 exp(-decay t), where t is the share of the budget that is spent, K
    falling from all to one, the distance R and not its square, as published. Written
    so, the own mass, which is zero for the worst, is never divided by.

    Ours: a number that leaves [-4, 4] is drawn anew (at the bound, options would tie);
    equal scores give equal masses; failures weigh nothing. A generation without a new
    architecture makes the agents start anew, under a gravity that begins anew on what
    is left of the budget.

    Workers that ask while the last of a generation are still in training get random
    architectures, which do not take part.

    Args:
        context: What to search.
        agents: How many. The paper has 50, which leaves four generations to 200
            evaluations.
        gravity: G0, 100 in the paper; with 0 there is no force, and velocities only
            shrink.
        decay: The exponent at the end of the budget. The paper has 20, for long runs;
            in ten generations gravity is then gone after two, and on NAS-Bench-201 the
            search is worse than a random one (71.7 % against 72.0 % on CIFAR-100 after
            200 evaluations; 72.6 % with 1).
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        agents: Annotated[int, Within(2, 500)] = 20,
        gravity: Annotated[float, Within(0, 1e6)] = 100.0,
        decay: Weight = 1.0,
    ) -> None:
        super().__init__(context)
        self.agents = agents
        self.gravity = gravity
        self.decay = decay
        self.relaxation = Relaxation(self.space.radices)
        self.budget = BudgetSpent(context.budget)
        self.known: set[Architecture] = set()
        # The agents of the generation that are asked, and whom an outcome is for.
        self.next_agent = 0
        self.waiting: dict[Architecture, list[int]] = {}
        self.found_new = False
        self._begin()

    def ask(self) -> Proposal:
        """Return the architecture of the next agent; a random one if all are asked."""
        if self.next_agent == self.agents:
            return self.propose(sample_permitted(self.context, self.rng))
        agent, self.next_agent = self.next_agent, self.next_agent + 1
        position = self.positions[agent]
        architecture = self.relaxation.decode(position, self.context, self.rng)
        self.waiting.setdefault(architecture, []).append(agent)
        return self.propose(architecture)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Note the score of an agent; with the last one, all agents move."""
        self.budget.add(proposal, evaluation)
        architecture = proposal.architecture
        self.found_new |= architecture not in self.known
        self.known.add(architecture)
        agents = self.waiting.get(architecture)
        if not agents:
            return
        self.scores[agents.pop(0)] = self.score(evaluation)
        if not np.isnan(self.scores).any():
            self._move()

    def _begin(self) -> None:
        """Place the agents at random, at rest."""
        shape = (self.agents, self.relaxation.length)
        self.positions: Agents = self.rng.uniform(-BOUND, BOUND, shape)
        self.velocities: Agents = np.zeros(shape)
        self._next_generation()

    def _next_generation(self) -> None:
        self.scores = np.full(self.agents, np.nan)
        self.waiting = {}
        self.next_agent = 0
        self.found_new = False

    def _move(self) -> None:
        if not self.found_new:
            self.budget.begin()
            self._begin()
            return
        share = self.budget.share
        pull = Pull(
            strength=self.gravity * math.exp(-self.decay * share),
            heaviest=round(self.agents - (self.agents - 1) * share),
        )
        acceleration = accelerations(
            self.positions, masses(self.scores), pull, self.rng
        )
        inertia = self.rng.random(self.velocities.shape)
        self.velocities = inertia * self.velocities + acceleration
        moved = self.positions + self.velocities
        drawn = self.rng.uniform(-BOUND, BOUND, moved.shape)
        self.positions = np.where(np.abs(moved) > BOUND, drawn, moved)
        self._next_generation()


class Pull(NamedTuple):
    """Gravity at a moment: G, and how many of the heaviest agents attract."""

    strength: float
    heaviest: int


def masses(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ``(n,)`` masses, which sum to 1; larger scores weigh more.

    Failures (-inf) weigh nothing; equal scores, and all failures, weigh the same.
    """
    succeeded = scores > -np.inf
    if not succeeded.any():
        return np.full(len(scores), 1 / len(scores))
    worst, best = scores[succeeded].min(), scores[succeeded].max()
    if worst == best:
        return np.asarray(succeeded / succeeded.sum())
    relative = np.where(succeeded, (scores - worst) / (best - worst), 0)
    return np.asarray(relative / relative.sum())


def accelerations(
    positions: Agents, mass: NDArray[np.float64], pull: Pull, rng: np.random.Generator
) -> Agents:
    """Return the ``(agents, length)`` accelerations under the pull of the heaviest."""
    attracting = np.argsort(-mass, kind="stable")[: pull.heaviest]
    # (agents, attracting, length): from each agent to each that attracts it.
    ways = positions[attracting] - positions[:, None]
    distances = np.sqrt((ways**2).sum(axis=2, keepdims=True))
    pulls = pull.strength * mass[attracting, None] * ways / (distances + _SOFTENING)
    return np.asarray((rng.random(pulls.shape) * pulls).sum(axis=1))
