"""One client: DARTS on images that nobody else sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from torch import Tensor

from nasbench.networks.supernet.supernet import PLAIN
from strategies.federated.label_skew import Positions
from strategies.weight_sharing.darts import Darts
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.shared_weights import Batch, SharedWeights
from strategies.weight_sharing.training_settings import TrainingSettings


class ClientWeights(SharedWeights):
    """A supernet that learns from some of the images only.

    Pixels are normalised by the statistics of all training images: two numbers per
    channel that the clients are taken to agree on.
    """

    def __init__(
        self,
        problem: SearchProblem,
        settings: TrainingSettings,
        owned: Mapping[str, Positions],
        seeds: Sequence[np.random.SeedSequence],
    ) -> None:
        super().__init__(problem, settings, PLAIN, seeds)
        for split, positions in owned.items():
            self._images[split] = self._images[split][positions]
            self._labels[split] = self._labels[split][positions]
        self.steps = len(self._labels["train"]) // problem.recipe.batch_size

    @property
    def images(self) -> int:
        """How many training images it has: its weight in the average."""
        return len(self._labels["train"])


class Client:
    """Runs plain DARTS on its own images, a step when it is its turn.

    Attributes:
        shared: Its copy of the supernet.
        darts: Its copy of the architecture parameters, and what moves both.
    """

    def __init__(self, shared: ClientWeights, darts: Darts) -> None:
        self.shared = shared
        self.darts = darts
        self._stream = self._batches()

    def step(self, learning_rate: float) -> float:
        """Take one local step at this learning rate; return the training loss."""
        train, valid = next(self._stream)
        self.shared.optimiser.param_groups[0]["lr"] = learning_rate
        return self.darts.step(train, valid)

    def tensors(self) -> list[Tensor]:
        """Return what is averaged: all weights, then the architecture parameters."""
        return [*self.shared.supernet.parameters(), self.darts.alphas.values]

    def _batches(self) -> Iterator[tuple[Batch, Iterator[Batch]]]:
        """Yield its batches for ever, epoch after epoch of its own images."""
        while True:
            yield from self.shared.batches(0)
