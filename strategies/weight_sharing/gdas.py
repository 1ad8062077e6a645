"""GDAS: draw one option per decision, run it alone, and learn through the draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from nasbench.networks.supernet.mixture import Mixture
from strategies.settings import Positive
from strategies.weight_sharing.architecture_parameters import AdamSettings
from strategies.weight_sharing.gumbel import soft_sample, straight_through
from strategies.weight_sharing.relaxed import RelaxedMethod
from strategies.weight_sharing.shared_weights import Batch


@dataclass(frozen=True)
class GumbelSettings(AdamSettings):
    """How architecture parameters are learned, and how sharp draws are.

    Attributes:
        first_temperature: Of the first epoch.
        last_temperature: Of the last epoch; linear between.
    """

    first_temperature: Positive = 10.0
    last_temperature: Positive = 0.1


class GumbelMethod(RelaxedMethod):
    """A method whose temperature falls linearly from epoch to epoch.

    Attributes:
        temperature: Of this epoch.
    """

    Settings: ClassVar[type] = GumbelSettings
    settings: GumbelSettings
    temperature: float = 1.0

    def begin_epoch(self, epoch: int) -> None:
        """Set the temperature."""
        first, last = self.settings.first_temperature, self.settings.last_temperature
        share = epoch / max(1, self.shared.settings.epochs - 1)
        self.temperature = first + (last - first) * share


class GDAS(GumbelMethod):
    """Run one drawn option per decision; gradients reach all by straight-through.

    Dong & Yang, CVPR 2019. The forward value is exactly that of the drawn architecture.
    Options that did not run add their weight, which is 0, as a number, and learn from
    the gradient of that sum. All cells share one draw per step. The weights move first,
    then the architecture parameters by a draw of their own, as in the authors' code;
    the largest parameters are returned, not a draw.
    """

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Move the weights of one draw, then the architecture parameters by another."""
        drawn = self.draw()
        fixed = Mixture.path(tuple(options[0] for options in drawn.active))
        loss = self.shared.update(self.shared.loss(train, fixed))
        self.descend(next(valid), self.draw())
        return loss

    def draw(self) -> Mixture:
        """Return one option per decision, with weights that carry the gradient."""
        soft = soft_sample(self.alphas.logits(), self.temperature, self.rng)
        taken = tuple(soft.detach().argmax(1).tolist())
        return Mixture.sampled(straight_through(soft), taken)
