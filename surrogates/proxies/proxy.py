"""What a zero-cost proxy is, and what it says that it needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

if TYPE_CHECKING:
    from surrogates.proxies.specimen import Specimen

LOG_OF_ZERO = float(np.log(np.finfo(np.float64).tiny))
"""What stands for log 0: the log of the smallest normal double, about -708.4."""


@dataclass(frozen=True)
class Needs:
    """What a proxy depends on beyond the architecture.

    Attributes:
        images: Whether it looks at images of the task.
        labels: Whether it looks at their labels.
        mode: Whether batch norm uses the batch's statistics (``train``), its first
            running ones (``eval``), is left out (``bypassed``), or does not matter.
        weights: First weights: those that the training with the same seed starts
            from (``trial``), standard normal (``normal``; Lin et al., 2021), normal
            with the variance 2/fan-in (``kaiming``; He et al., 2015), or none.
        dtype: The floating-point type of the network.
    """

    images: bool = False
    labels: bool = False
    mode: Literal["train", "eval", "bypassed", "any"] = "any"
    weights: Literal["trial", "normal", "kaiming", "none"] = "none"
    dtype: Literal["float32", "float64", "none"] = "none"

    @property
    def deterministic(self) -> bool:
        """Whether the architecture alone decides the score, whatever the seed."""
        return not self.images and self.weights == "none"


class Proxy(ABC):
    """A score of an untrained network; larger is meant to be better.

    A proxy leaves the specimen as it found it, weights, buffers, modes and hooks
    included, draws every random number from `Specimen.rng`, and gives a finite number
    for every specimen, networks whose output does not depend on the image included:
    then sums over nothing are 0 and the log of 0 is `LOG_OF_ZERO`.

    Attributes:
        name: The name by which `make_proxy` finds it.
        summary: One line that says what is computed.
        needs: What the score depends on.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    needs: ClassVar[Needs] = Needs()

    @abstractmethod
    def score(self, specimen: Specimen) -> float:
        """Return the score of the specimen's network."""
