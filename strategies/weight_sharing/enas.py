"""ENAS: a recurrent controller learns to draw what the shared weights do well."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from nasbench.networks.supernet.mixture import Mixture
from nasbench.spaces import Architecture
from strategies.checked_fields import check_fields
from strategies.networks_in_numpy.controller import Controller, policy_gradient
from strategies.networks_in_numpy.weights import Adam
from strategies.settings import (
    MOST,
    Count,
    HiddenUnits,
    LearningRate,
    Momentum,
    NotNegative,
    Within,
)
from strategies.weight_sharing.controller_marginals import option_probabilities
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.shared_weights import Batch, SharedWeights

ATTEMPTS = 100
"""Draws before an invalid one is replaced by a uniform one."""


@dataclass(frozen=True)
class ENASSettings:
    """How the controller learns, and how the architecture is chosen.

    Attributes:
        controller_steps: Steps of the controller after every epoch; 50 in
            NAS-Bench-201.
        aggregates: Architectures of one step; 20 there.
        controller_learning_rate: Step length of its Adam; 0.001 there, for 2,500 or
            more steps.
        baseline_momentum: Weight of the past in the reward's baseline; 0.99 in ENAS.
        entropy: Weight of the policy's entropy; 1e-4 in ENAS.
        hidden: Units of the LSTM.
        candidates: Draws of the trained controller, of which the best is returned; 100
            in NAS-Bench-201.
    """

    controller_steps: Annotated[int, Within(0, MOST)] = 50
    aggregates: Count = 20
    controller_learning_rate: LearningRate = 0.005
    baseline_momentum: Momentum = 0.95
    entropy: NotNegative = 1e-4
    hidden: HiddenUnits = 32
    candidates: Count = 100

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        check_fields(self)


class ENAS(Method):
    """Train what the controller draws; reward it by accuracy on one batch.

    Pham et al., ICML 2018. An epoch of the shared weights, one draw per step, then so
    many steps of the controller: REINFORCE with a moving average as baseline, which a
    reward enters after it was compared. The controller is the LSTM of `RnnReinforce`.
    At the end the best of 100 draws is returned, all by the same validation images.
    """

    Settings: ClassVar[type] = ENASSettings
    settings: ENASSettings

    def __init__(
        self, shared: SharedWeights, settings: ENASSettings, rng: np.random.Generator
    ) -> None:
        super().__init__(shared, settings, rng)
        # A child of the generator: to look at the controller takes nothing from `rng`.
        (self._looking,) = rng.spawn(1)
        self.controller = Controller(self.space.radices, settings.hidden, rng)
        self._adam = Adam(
            len(self.controller.weights.vector), settings.controller_learning_rate
        )
        self.baseline: float | None = None

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Train the weights of one draw."""
        del valid
        path = Mixture.path(self.draw(self.rng))
        return self.shared.update(self.shared.loss(train, path))

    def end_epoch(self, valid: Iterator[Batch]) -> None:
        """Let the controller learn."""
        for _ in range(self.settings.controller_steps):
            drawn = [self.draw(self.rng) for _ in range(self.settings.aggregates)]
            self.reinforce(drawn, [self._reward(one, next(valid)) for one in drawn])

    def reinforce(self, drawn: list[Architecture], rewards: list[float]) -> None:
        """Move the controller up the gradient of reward less baseline.

        Args:
            drawn: Architectures that the present controller drew.
            rewards: Their accuracies in [0, 1].
        """
        settings = self.settings
        if self.baseline is None:
            self.baseline = float(np.mean(rewards))
        reading = self.controller.read(drawn)
        advantage = (np.array(rewards) - self.baseline) / len(drawn)
        advantages = np.tile(advantage, (self.space.decisions, 1))
        gradient = self.controller.gradient(
            reading,
            policy_gradient(reading, advantages, settings.entropy / len(drawn)),
            by_values=np.zeros_like(advantages),
        )
        self.controller.weights.vector += self._adam.step(gradient)
        keep = settings.baseline_momentum ** len(drawn)
        self.baseline = keep * self.baseline + (1 - keep) * float(np.mean(rewards))

    def draw(self, rng: np.random.Generator) -> Architecture:
        """Return a valid draw of the controller."""
        for _ in range(ATTEMPTS):
            drawn = self.controller.draw(rng)
            if self.space.is_valid(drawn):
                return drawn
        return self.space.sample(rng)

    def choose(self, rng: np.random.Generator, last: bool) -> Architecture:
        """Return the draw with the highest estimate; the first on ties."""
        count = self.settings.candidates if last else self.settings.candidates // 5
        drawn = [self.draw(rng) for _ in range(max(1, count))]
        return max(drawn, key=self.shared.estimate_path)

    def parameters(self) -> NDArray[np.float32]:
        """Return the ``(p,)`` probabilities of all options, decision after decision.

        The controller has no number per option; its weights are not kept. The same
        random numbers after every epoch: what differs is what the controller learned.
        """
        return option_probabilities(self.controller, copy.deepcopy(self._looking))

    def _reward(self, architecture: Architecture, batch: Batch) -> float:
        with torch.inference_mode():
            logits = self.shared.supernet(batch.images, Mixture.path(architecture))
        return float((logits.argmax(1) == batch.labels).float().mean())
