"""What a weight-sharing method writes: a step of training, and a choice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nasbench.networks.supernet.supernet import PLAIN, SupernetForm
from nasbench.spaces import Architecture
from strategies.weight_sharing.shared_weights import Batch, SharedWeights


@dataclass(frozen=True)
class NoSettings:
    """A method without settings of its own."""


class Method(ABC):
    """Learns, beside the shared weights, which architecture is best.

    A subclass writes `step` and `choose`; `parameters` where it has architecture
    parameters, `end_epoch` where it does something between epochs. It draws its random
    numbers from `self.rng`; choices draw from a generator of their own, so that looking
    does not change the search.

    Attributes:
        Settings: A frozen dataclass of the method's settings, all with defaults.
        estimates_any: Whether the shared weights fit any architecture of the space, so
            that random ones can be estimated at the end. Where they do not, none are.
        shared: The supernet in training.
        settings: The method's settings.
        rng: Its source of randomness.
        space: What it searches.
    """

    Settings: ClassVar[type] = NoSettings
    estimates_any: ClassVar[bool] = True
    settings: Any

    def __init__(
        self, shared: SharedWeights, settings: object, rng: np.random.Generator
    ) -> None:
        self.shared = shared
        self.space = shared.problem.space
        self.rng = rng
        self.settings = settings

    @classmethod
    def form(cls, settings: object) -> SupernetForm:
        """Return the form of the supernet that the method trains."""
        del settings
        return PLAIN

    @abstractmethod
    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Learn from a training batch, and from validation batches if need be.

        Returns:
            The training loss.
        """

    @abstractmethod
    def choose(self, rng: np.random.Generator, last: bool) -> Architecture:
        """Return the architecture that the search would return now.

        Args:
            rng: For what is drawn in choosing.
            last: Whether the search has ended. Where choosing is costly, it may be less
                thorough before.
        """

    def begin_epoch(self, epoch: int) -> None:  # noqa: B027 - most have no schedule
        """Set what depends on the epoch, counted from 0."""

    def end_epoch(self, valid: Iterator[Batch]) -> None:  # noqa: B027 - most do nothing
        """Learn between two epochs."""

    def parameters(self) -> NDArray[np.float32]:
        """Return the ``(p,)`` architecture parameters, option after option."""
        return np.empty(0, np.float32)
