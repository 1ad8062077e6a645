"""Reptile: first weights from which any architecture adapts in a few steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch
from torch import Tensor

from nasbench.networks.supernet.mixture import Mixture
from nasbench.spaces import Architecture
from strategies.checked_fields import check_fields
from strategies.settings import Count, Within
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.shared_weights import Batch, SharedWeights


@dataclass(frozen=True)
class ReptileSettings:
    """How long an architecture adapts, and how far the first weights follow.

    Attributes:
        inner_steps: Steps of one architecture from the first weights; 5 to 10 in the
            paper.
        outer_rate: How far the first weights then go towards the adapted ones, in
            (0, 1].
        candidates: Architectures that are ranked at the end; 100.
        candidates_before: The same after the earlier epochs.
    """

    inner_steps: Count = 5
    outer_rate: Annotated[float, Within(0, 1, above=True)] = 0.5
    candidates: Count = 100
    candidates_before: Count = 20

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        check_fields(self)


class Reptile(Method):
    """Let random architectures adapt from shared weights, and follow each a little.

    Nichol, Achiam & Schulman, 2018, with architectures in the place of tasks (as in
    MetaNAS, Elsken et al., CVPR 2020, the weights of a supernet are learned so that
    they adapt well, not so that they are good at once). An architecture is drawn,
    takes `inner_steps` steps of its own from the first weights, and the first weights
    go a part of the way to where it arrived.

    The supernet holds the first weights after every epoch; `Supernet.inherit` gives
    them to a network that is to be trained. With one inner step and a rate of 1 this is
    random search with weight sharing, bit for bit; the inner momentum persists.
    """

    Settings: ClassVar[type] = ReptileSettings
    settings: ReptileSettings

    def __init__(
        self,
        shared: SharedWeights,
        settings: ReptileSettings,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(shared, settings, rng)
        self._first: list[Tensor] = []
        self._path: Mixture | None = None
        self._taken = 0

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Take one inner step; after the last of them move the first weights."""
        del valid
        if self._path is None:
            self._path = Mixture.path(self.space.sample(self.rng))
            weights = self.shared.supernet.parameters()
            self._first = [weight.detach().clone() for weight in weights]
        loss = self.shared.update(self.shared.loss(train, self._path))
        self._taken += 1
        if self._taken == self.settings.inner_steps:
            self._follow()
        return loss

    def end_epoch(self, valid: Iterator[Batch]) -> None:
        """Follow the architecture that is adapting, as far as it came."""
        del valid
        if self._path is not None:
            self._follow()

    def choose(self, rng: np.random.Generator, last: bool) -> Architecture:
        """Return the candidate with the highest estimate; the first on ties."""
        settings = self.settings
        count = settings.candidates if last else settings.candidates_before
        candidates = [self.space.sample(rng) for _ in range(count)]
        return max(candidates, key=self.shared.estimate_path)

    def _follow(self) -> None:
        """Set the first weights a part of the way to the adapted ones."""
        adapted = self.shared.supernet.parameters()
        with torch.no_grad():
            for weight, first in zip(adapted, self._first, strict=True):
                weight.copy_(torch.lerp(first, weight, self.settings.outer_rate))
        self._path, self._first, self._taken = None, [], 0
