"""Single-path one-shot: train uniform paths, then let evolution search them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import SupernetForm
from nasbench.spaces import Architecture
from strategies.weight_sharing.evolution import Evolution, EvolutionSettings
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.shared_weights import Batch


class SinglePath(Method):
    """Train one uniformly drawn architecture per step; evolve by estimates.

    Guo et al., ECCV 2020 (SPOS). Batch norm keeps running statistics. While all paths
    train they fit none, so that before every estimate they are computed anew for that
    architecture; without that the supernet is at chance level.
    """

    Settings: ClassVar[type] = EvolutionSettings
    settings: EvolutionSettings

    @classmethod
    def form(cls, settings: object) -> SupernetForm:
        """Return a supernet with running statistics."""
        del settings
        return SupernetForm(running_statistics=True)

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Train the weights of one architecture."""
        del valid
        path = Mixture.path(self.space.sample(self.rng))
        return self.shared.update(self.shared.loss(train, path))

    def choose(self, rng: np.random.Generator, last: bool) -> Architecture:
        """Return the best that evolution finds; before the end, that a sample holds."""
        evolution = Evolution(self.space, self.settings, rng)
        generations = self.settings.generations if last else 0
        return evolution.best(self.shared.estimate_path, generations)
