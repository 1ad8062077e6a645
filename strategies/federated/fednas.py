"""FedNAS: DARTS on clients with skewed labels; a server averages what they learn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from strategies.checked_fields import check_fields
from strategies.federated.client import Client, ClientWeights
from strategies.federated.label_skew import divide
from strategies.settings import Count, Positive
from strategies.weight_sharing.architecture_parameters import AdamSettings
from strategies.weight_sharing.darts import Darts
from strategies.weight_sharing.shared_weights import Batch, SharedWeights

BYTES = 4
"""Of a weight on its way between client and server."""


@dataclass(frozen=True)
class FedNASSettings(AdamSettings):
    """Who takes part, and how often they meet.

    Attributes:
        clients: How many; 16 in the paper.
        concentration: Of the Dirichlet distribution of labels; the smaller, the more
            skewed. The paper has 0.5 (16 clients).
        local_steps: Steps of every client between two averages; the paper has one to
            several passes over the client's images.
    """

    clients: Count = 4
    concentration: Positive = 0.5
    local_steps: Count = 10

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        check_fields(self)


class FedNAS(Darts):
    """Search like DARTS on every client; average weights and parameters between.

    He, Annavaram & Avestimehr, 2020. All clients start from the server's weights and
    architecture parameters. Each takes `local_steps` steps of first-order DARTS on
    images of its own; the server then averages both, weighted by the clients' numbers
    of training images (FedAvg, McMahan et al., AISTATS 2017), and sends the average
    back. Momenta stay with their clients. Only averages are ever estimated or returned.

    An epoch is as many steps as it has without clients: they take turns, so that n
    clients make an n-th each, and the seconds are those of all clients together. With
    one client everything is DARTS, bit for bit. Random sharing between clients that
    drop out, and privacy beyond keeping images, are left out.

    Attributes:
        clients: The clients.
        sent_bytes: What has been sent between clients and server, both ways.
    """

    Settings: ClassVar[type] = FedNASSettings
    settings: FedNASSettings

    def __init__(
        self,
        shared: SharedWeights,
        settings: FedNASSettings,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(shared, settings, rng)
        self.clients = self._made()
        self.sent_bytes = 0
        self._taken = 0
        self._send()

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Let the next client take a step; average when all took theirs.

        The server's own batches tell the time and the learning rate; no client sees
        them.
        """
        del train, valid
        client = self.clients[self._taken % len(self.clients)]
        loss = client.step(self.shared.learning_rate)
        self._taken += 1
        if self._taken % (len(self.clients) * self.settings.local_steps) == 0:
            self._meet()
        return loss

    def end_epoch(self, valid: Iterator[Batch]) -> None:
        """Average what was learned since the last meeting."""
        del valid
        self._meet()

    def _made(self) -> list[Client]:
        """Divide the images, and give every client its copy of everything."""
        problem, settings = self.shared.problem, self.settings
        labels = {s: getattr(problem.task, s).labels for s in ("train", "valid")}
        # The first client continues the search's own streams: alone, it is DARTS.
        first = np.random.SeedSequence(problem.seed).spawn(4)
        division, *others = np.random.SeedSequence((problem.seed, 1)).spawn(
            settings.clients
        )
        owned = divide(
            labels,
            settings.clients,
            settings.concentration,
            problem.recipe.batch_size,
            np.random.default_rng(division),
        )
        clients = []
        for own, streams in zip(
            owned, [first, *(seed.spawn(4) for seed in others)], strict=True
        ):
            weights = ClientWeights(problem, self.shared.settings, own, streams)
            darts = Darts(weights, settings, np.random.default_rng(0))
            clients.append(Client(weights, darts))
        return clients

    def _meet(self) -> None:
        """Average over the clients, and send the average to all."""
        sizes = np.array([client.shared.images for client in self.clients], np.float64)
        parts = [client.tensors() for client in self.clients]
        with torch.no_grad():
            for mine, *theirs in zip(self._tensors(), *parts, strict=True):
                mine.copy_(average(theirs, sizes / sizes.sum()))
        self._send()

    def _send(self) -> None:
        """Give every client the server's weights and architecture parameters."""
        mine = self._tensors()
        with torch.no_grad():
            for client in self.clients:
                for theirs, own in zip(client.tensors(), mine, strict=True):
                    theirs.copy_(own)
        count = sum(tensor.numel() for tensor in mine)
        self.sent_bytes += 2 * BYTES * count * len(self.clients)

    def _tensors(self) -> list[Tensor]:
        return [*self.shared.supernet.parameters(), self.alphas.values]


def average(tensors: list[Tensor], weights: NDArray[np.float64]) -> Tensor:
    """Return the sum of weight times tensor; a single one of weight 1 unchanged."""
    total = float(weights[0]) * tensors[0]
    for weight, tensor in zip(weights[1:], tensors[1:], strict=True):
        total = total + float(weight) * tensor
    return total
