"""REINFORCE with a recurrent controller, as the first of neural architecture search."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from strategies.networks_in_numpy.controller import Controller, policy_gradient
from strategies.networks_in_numpy.weights import Adam
from strategies.reinforcement.permitted_draw import permitted_draw
from strategies.reinforcement.rewards import MovingAverage, Rewards
from strategies.settings import HiddenUnits, LearningRate, Momentum, Weight
from strategies.strategy import Strategy


class RnnReinforce(Strategy):
    """Let an LSTM decide one thing after another; reinforce what did well.

    Zoph & Le, ICLR 2017. The controller reads an embedding of the option taken last
    and draws the next, so that later decisions depend on earlier ones, which the
    factorised `Reinforce` cannot express. One step of Adam per evaluation:

        weights <- weights + Adam(gradient of A * log policy(architecture)
                                  + entropy * entropy of every softmax),

    where the advantage A is the reward less an exponential moving average of the
    earlier rewards, in units of the earlier rewards' standard deviation. Without the
    unit the weight of the entropy would depend on how accuracies are written.

    What we changed: one layer of 64 units instead of two of 35 (100 in NASNet), one
    architecture per step instead of batches from parallel workers, and a learning
    rate that suits hundreds of evaluations instead of 12,800.

    Failures and invalid draws are treated as in `Reinforce`. Outcomes may be told
    late; the gradient is that of the policy of the moment.

    Args:
        context: What to search.
        learning_rate: Step length of Adam; 0.0006 in the paper.
        baseline_momentum: Weight of the past in the baseline.
        entropy: Weight of the entropy; 0.0001 in ENAS (Pham et al., ICML 2018).
        hidden: Units of the LSTM.
    """

    slow: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        learning_rate: LearningRate = 0.01,
        baseline_momentum: Momentum = 0.9,
        entropy: Weight = 0.1,
        hidden: HiddenUnits = 64,
    ) -> None:
        super().__init__(context)
        self.baseline = MovingAverage(baseline_momentum)
        self.rewards = Rewards()
        self.entropy = entropy
        self.controller = Controller(self.space.radices, hidden, self.rng)
        self.adam = Adam(len(self.controller.weights.vector), learning_rate)

    def ask(self) -> Proposal:
        """Return a draw from the policy."""
        drawn = permitted_draw(self.controller.draw, self.context, self.rng)
        return self.propose(drawn)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Move the policy along the gradient, then the baseline."""
        reward = self.rewards.reward(self.score(evaluation))
        if reward is None:
            return  # nothing but failures so far: there is no reward to compare with
        if self.baseline.value is not None and self.rewards.deviation > 0:
            advantage = (reward - self.baseline.value) / self.rewards.deviation
            reading = self.controller.read([proposal.architecture])
            advantages = np.full((self.space.decisions, 1), advantage)
            gradient = self.controller.gradient(
                reading,
                policy_gradient(reading, advantages, self.entropy),
                by_values=np.zeros_like(advantages),
            )
            self.controller.weights.vector += self.adam.step(gradient)
        self.rewards.take(reward)
        self.baseline.take(reward)
