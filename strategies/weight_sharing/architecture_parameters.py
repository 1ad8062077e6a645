"""Architecture parameters: one real number per option, learned by Adam."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nasbench.spaces import Architecture, SearchSpace
from strategies.checked_fields import check_fields
from strategies.settings import NotNegative, Positive

INITIAL_SCALE = 1e-3
"""Parameters start normal with this deviation (Liu et al., ICLR 2019)."""


@dataclass(frozen=True)
class AdamSettings:
    """How architecture parameters are learned.

    The values of DARTS (Liu et al., ICLR 2019) and NAS-Bench-201, but for the learning
    rate: theirs is 0.0003 over 39,000 steps; ours goes with some 1,500 to 6,000.

    Attributes:
        architecture_learning_rate: Step length of Adam.
        architecture_weight_decay: L2 penalty of the architecture parameters.
    """

    architecture_learning_rate: Positive = 0.003
    architecture_weight_decay: NotNegative = 1e-3

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        check_fields(self)


class ArchitectureParameters:
    """A ``(decisions, largest radix)`` tensor; missing options are at -infinity.

    Args:
        space: What is searched.
        settings: How they are learned.
        rng: Draws the first values.
        first_moment: Decay rate of Adam's first moment; 0 leaves parameters without a
            gradient where they are.

    Attributes:
        values: The parameters, a leaf of the graph; what is missing holds 0.
        optimiser: Adam; the decay rate of the second moment is 0.999.
    """

    def __init__(
        self,
        space: SearchSpace,
        settings: AdamSettings,
        rng: np.random.Generator,
        first_moment: float = 0.5,
    ) -> None:
        self.space = space
        shape = (space.decisions, max(space.radices))
        self._exists = np.arange(shape[1]) < np.array(space.radices)[:, None]
        drawn = INITIAL_SCALE * rng.standard_normal(shape) * self._exists
        self.values = torch.tensor(drawn, dtype=torch.float32, requires_grad=True)
        self._missing = torch.from_numpy(
            np.where(self._exists, 0, -np.inf).astype(np.float32)
        )
        self.optimiser = torch.optim.Adam(
            [self.values],
            lr=settings.architecture_learning_rate,
            betas=(first_moment, 0.999),
            weight_decay=settings.architecture_weight_decay,
        )

    def logits(self) -> Tensor:
        """Return the parameters, -infinity for options that a decision lacks."""
        return self.values + self._missing

    def softmax(self) -> Tensor:
        """Return the probabilities, ``(decisions, largest radix)``."""
        return self.logits().softmax(1)

    def descend(self, gradient: Tensor) -> None:
        """Take one step of Adam down a gradient of the shape of `values`."""
        self.values.grad = gradient
        self.optimiser.step()
        self.values.grad = None

    def largest(self) -> Architecture:
        """Return the option with the largest parameter, for every decision."""
        return tuple(self.logits().detach().argmax(1).tolist())

    def flat(self) -> NDArray[np.float32]:
        """Return a copy of the ``(p,)`` parameters that there are."""
        return self.values.detach().numpy()[self._exists].copy()
