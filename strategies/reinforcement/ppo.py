"""Proximal policy optimisation: learn a batch several times, but do not go far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.networks_in_numpy.controller import (
    Controller,
    Reading,
    policy_gradient,
)
from strategies.networks_in_numpy.weights import Adam, Floats
from strategies.reinforcement.permitted_draw import permitted_draw
from strategies.reinforcement.rewards import Rewards
from strategies.settings import Count, InnerShare, LearningRate, Weight, Within
from strategies.strategy import Strategy


@dataclass(frozen=True)
class Episode:
    """An architecture, the log-probabilities it was drawn with, and its reward."""

    architecture: Architecture
    log_probabilities: tuple[float, ...]
    reward: float


class PPO(Strategy):
    """Collect a batch of outcomes, then climb a clipped objective for some epochs.

    Schulman et al., 2017 (arXiv 1707.06347), the objective with clipped ratios; for
    NAS, Zoph et al., CVPR 2018 (NASNet). States, actions, controller and critic are
    those of `ActorCritic`. With r_t the policy's probability of option t over the one
    it was drawn with, the step goes up along the gradient of the mean over a
    minibatch of

        sum over decisions of min(r_t * A_t, clip(r_t, 1 - clip, 1 + clip) * A_t)
                              + entropy * entropy of the softmax
                              - critic_weight / 2 * (R - V(prefix_t))^2.

    Each decision is an action and has a ratio of its own, as in the paper. (One ratio
    per architecture, the product over all decisions, leaves the range sooner, the
    more decisions there are.) Rewards are standardised by all rewards so far; the
    advantages A_t = R - V(prefix_t) are taken once per batch and normalised over it.
    An epoch after which the policy has moved further than `kl_limit` is the last.

    The probabilities an architecture was drawn with are kept from its `ask` on, also
    in a saved state: a late outcome is not taken for one of the present policy. (Of
    two proposals of one architecture the earlier is taken to be told first.)

    Args:
        context: What to search.
        learning_rate: Step length of Adam; 0.0003 in the paper, for a million steps.
        batch_size: Outcomes per round; NASNet has 20.
        minibatches: Into how many parts an epoch splits the batch.
        epochs: Passes over a batch; 10 in the paper.
        clip: How far a ratio may go; 0.2 in the paper.
        entropy: Weight of the entropy.
        kl_limit: Mean Kullback-Leibler divergence per decision that ends a round.
    """

    slow: ClassVar[bool] = True
    CRITIC_WEIGHT = 0.5
    HIDDEN = 64

    def __init__(  # noqa: PLR0913 - the settings of the method, all with defaults
        self,
        context: SearchContext,
        *,
        learning_rate: LearningRate = 0.01,
        batch_size: Count = 20,
        minibatches: Count = 4,
        epochs: Annotated[int, Within(1, 1000)] = 10,
        clip: InnerShare = 0.2,
        entropy: Weight = 0.01,
        kl_limit: Annotated[float, Within(0, 1000, above=True)] = 0.05,
    ) -> None:
        super().__init__(context)
        if minibatches > batch_size:
            raise NasbenchError(
                f"a batch of {batch_size} has no {minibatches} minibatches; take a "
                "batch_size of minibatches or more"
            )
        self.batch_size, self.minibatches, self.epochs = batch_size, minibatches, epochs
        self.clip, self.entropy, self.kl_limit = clip, entropy, kl_limit
        self.controller = Controller(self.space.radices, self.HIDDEN, self.rng)
        self.adam = Adam(len(self.controller.weights.vector), learning_rate)
        self.rewards = Rewards()
        self.asked: dict[Architecture, list[tuple[float, ...]]] = {}
        self.batch: list[Episode] = []

    def ask(self) -> Proposal:
        """Return a draw from the policy."""
        drawn = permitted_draw(self.controller.draw, self.context, self.rng)
        self.asked.setdefault(drawn, []).append(self._log_probabilities(drawn))
        return self.propose(drawn)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Add an outcome to the batch; learn from it when it is full."""
        architecture = proposal.architecture
        if architecture in self.asked:
            drawn_with = self.asked[architecture].pop(0)
            if not self.asked[architecture]:
                del self.asked[architecture]
        else:
            drawn_with = self._log_probabilities(architecture)
        reward = self.rewards.reward(self.score(evaluation))
        if reward is None:
            return  # nothing but failures so far: there is no reward to compare with
        self.rewards.take(reward)
        self.batch.append(Episode(architecture, drawn_with, reward))
        if len(self.batch) == self.batch_size:
            if self.rewards.deviation > 0:
                self._learn()
            self.batch = []

    def _log_probabilities(self, architecture: Architecture) -> tuple[float, ...]:
        return tuple(self.controller.read([architecture]).taken()[:, 0].tolist())

    def _learn(self) -> None:
        """Climb for some epochs, or until the policy has moved far enough."""
        options = np.array([one.architecture for one in self.batch], np.int64)
        old = np.array([one.log_probabilities for one in self.batch]).T
        rewards = np.array([one.reward for one in self.batch])
        targets = (rewards - self.rewards.mean) / self.rewards.deviation
        advantages = targets - self.controller.read(options).values
        advantages -= advantages.mean()
        advantages /= advantages.std() or 1.0
        for _ in range(self.epochs):
            order = self.rng.permutation(len(options))
            for part in np.array_split(order, self.minibatches):
                reading = self.controller.read(options[part])
                gradient = self._gradient(
                    reading, old[:, part], advantages[:, part], targets[part]
                )
                self.controller.weights.vector += self.adam.step(gradient)
            logs = self.controller.read(options).taken() - old
            # An estimate of the divergence that is never negative: r - 1 - log r.
            if np.mean(np.exp(logs) - 1 - logs) > self.kl_limit:
                break

    def _gradient(
        self,
        reading: Reading,
        old: Floats,
        advantages: Floats,
        targets: NDArray[np.float64],
    ) -> Floats:
        """Return the gradient of the mean objective of a minibatch by the weights."""
        count = len(targets)
        ratios = np.exp(reading.taken() - old)
        by_logits = policy_gradient(
            reading, clipped_weights(ratios, advantages, self.clip), self.entropy
        )
        by_values = self.CRITIC_WEIGHT * (targets - reading.values)
        return self.controller.gradient(reading, by_logits / count, by_values / count)


def clipped_weights(ratios: Floats, advantages: Floats, clip: float) -> Floats:
    """Return what the gradients of the log-probabilities are multiplied with.

    It is ratio times advantage, or 0 where the ratio has already gone beyond the range
    in the direction of its advantage: there the clipped objective is flat.
    """
    flat = np.where(advantages > 0, ratios > 1 + clip, ratios < 1 - clip)
    return np.where(flat, 0.0, ratios * advantages)
