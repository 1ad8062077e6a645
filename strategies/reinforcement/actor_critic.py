"""Actor-critic: the baseline of every decision is what the decisions before promise."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from strategies.networks_in_numpy.controller import Controller, policy_gradient
from strategies.networks_in_numpy.weights import Adam
from strategies.reinforcement.permitted_draw import permitted_draw
from strategies.reinforcement.rewards import MovingAverage, Rewards
from strategies.settings import HiddenUnits, LearningRate, Weight
from strategies.strategy import Strategy

CRITICS = ("prefix", "average")


class ActorCritic(Strategy):
    """Compare a reward with what a learned value expected, decision by decision.

    Sutton & Barto, Reinforcement Learning, 2018, section 13.5; Mnih et al., ICML 2016.
    An architecture is an episode: its prefixes are the states, an option is an
    action, the reward R comes at the end and is not discounted. Actor and critic are
    two heads of one LSTM that has read the prefix. One step of Adam per evaluation
    goes up along the gradient of

        sum over decisions of A_t * log policy(option_t | prefix_t)
                              + entropy * entropy of the softmax
                              - critic_weight / 2 * (R - V(prefix_t))^2,

    with A_t = R - V(prefix_t) held fixed. R is standardised by the mean and the
    deviation of the earlier rewards, so that V has no unit to learn.

    With ``critic="average"`` V is the exponential moving average of the rewards,
    whatever the prefix, and the strategy is `RnnReinforce`, step by step.

    Failures and invalid draws are treated as in `Reinforce`.

    Args:
        context: What to search.
        learning_rate: Step length of Adam.
        entropy: Weight of the entropy, 0.01 in Mnih et al.
        critic: ``"prefix"`` or ``"average"``.
        critic_weight: Weight of the critic's error; 0.5 in Mnih et al.'s code.
        hidden: Units of the LSTM.
    """

    slow: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        learning_rate: LearningRate = 0.01,
        entropy: Weight = 0.1,
        critic: Literal["prefix", "average"] = "prefix",
        critic_weight: Weight = 0.5,
        hidden: HiddenUnits = 64,
    ) -> None:
        super().__init__(context)
        self.rewards = Rewards()
        self.average = MovingAverage(0.9)
        self.entropy = entropy
        self.critic = critic
        self.critic_weight = critic_weight
        self.controller = Controller(self.space.radices, hidden, self.rng)
        self.adam = Adam(len(self.controller.weights.vector), learning_rate)

    def ask(self) -> Proposal:
        """Return a draw from the policy."""
        drawn = permitted_draw(self.controller.draw, self.context, self.rng)
        return self.propose(drawn)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Move actor and critic along the gradient."""
        reward = self.rewards.reward(self.score(evaluation))
        if reward is None:
            return  # nothing but failures so far: there is no reward to compare with
        if self.average.value is not None and self.rewards.deviation > 0:
            self._learn(proposal, reward, self.average.value)
        self.rewards.take(reward)
        self.average.take(reward)

    def _learn(self, proposal: Proposal, reward: float, average: float) -> None:
        reading = self.controller.read([proposal.architecture])
        if self.critic == "average":
            surprise = (reward - average) / self.rewards.deviation
            advantages = np.full_like(reading.values, surprise)
            by_values = np.zeros_like(advantages)
        else:
            standardised = (reward - self.rewards.mean) / self.rewards.deviation
            advantages = standardised - reading.values
            by_values = self.critic_weight * advantages
        by_logits = policy_gradient(reading, advantages, self.entropy)
        gradient = self.controller.gradient(reading, by_logits, by_values)
        self.controller.weights.vector += self.adam.step(gradient)
