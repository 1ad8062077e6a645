"""Random search with weight sharing: train uniform paths, keep the best of some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nasbench.networks.supernet.mixture import Mixture
from nasbench.spaces import Architecture
from strategies.checked_fields import check_fields
from strategies.settings import Count
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.shared_weights import Batch


@dataclass(frozen=True)
class RandomSharingSettings:
    """How the architecture is chosen.

    Attributes:
        candidates: Architectures that the trained supernet ranks at the end; 100 in
            NAS-Bench-201.
        candidates_before: The same after the earlier epochs.
    """

    candidates: Count = 100
    candidates_before: Count = 20

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        check_fields(self)


class RandomSharing(Method):
    """Train one uniformly drawn architecture per step; return the best of 100.

    Li & Talwalkar, UAI 2019 (RSPS). Batch norm takes the statistics of the batch. All
    candidates are ranked by the same validation images; NAS-Bench-201's code gives each
    a batch of its own, which adds noise to the ranks. It draws candidates whose nodes
    are all fed; ours are uniform over the space, cells that pass nothing on included.
    """

    Settings: ClassVar[type] = RandomSharingSettings
    settings: RandomSharingSettings

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Train the weights of one architecture."""
        del valid
        path = Mixture.path(self.space.sample(self.rng))
        return self.shared.update(self.shared.loss(train, path))

    def choose(self, rng: np.random.Generator, last: bool) -> Architecture:
        """Return the candidate with the highest estimate; the first on ties."""
        settings = self.settings
        count = settings.candidates if last else settings.candidates_before
        candidates = [self.space.sample(rng) for _ in range(count)]
        return max(candidates, key=self.shared.estimate_path)
