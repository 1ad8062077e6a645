"""Search by hypernetworks: train what writes weights, rank by what it wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import Supernet
from nasbench.spaces import Architecture, SearchSpace
from nasbench.training.initialisation import initialise
from strategies.checked_fields import check_fields
from strategies.hypernetworks.generated_supernet import GeneratedSupernet, SlotEncoder
from strategies.hypernetworks.graph_network import GraphEncoder
from strategies.hypernetworks.smash import MemoryBankEncoder
from strategies.settings import Count, Positive
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.shared_weights import Batch, SharedWeights


@dataclass(frozen=True)
class HypernetworkSettings:
    """How it learns, and how the architecture is chosen.

    Attributes:
        meta_batch: Architectures that see each batch of images; 1 in SMASH, 8 in GHN.
        hyper_learning_rate: Step length of Adam, 1e-3 in GHN, whose training is far
            longer.
        candidates: Architectures that are ranked at the end by written weights.
        candidates_before: The same after the earlier epochs.
    """

    meta_batch: Count = 1
    hyper_learning_rate: Positive = 0.003
    candidates: Count = 100
    candidates_before: Count = 20

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        check_fields(self)


@dataclass(frozen=True)
class GraphHypernetworkSettings(HypernetworkSettings):
    """The same, with more architectures for every batch of images."""

    meta_batch: Count = 4


class Smash(Method):
    """Train a hypernetwork on random architectures; return the best of 100 by it.

    Brock, Lim, Ritchie & Weston, ICLR 2018 (SMASH): in every step the hypernetwork
    writes the weights of a random architecture, whose loss on a batch trains what wrote
    them. At the end random architectures are ranked by their accuracy with written
    weights. The paper then trains the best from scratch; here the table says what that
    gives.
    """

    Settings: ClassVar[type] = HypernetworkSettings
    encoder: ClassVar[Callable[[SearchSpace, Supernet], SlotEncoder]] = (
        MemoryBankEncoder
    )
    settings: HypernetworkSettings

    def __init__(
        self,
        shared: SharedWeights,
        settings: HypernetworkSettings,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(shared, settings, rng)
        problem = shared.problem
        skeleton = problem.recipe.skeleton(problem.task.shape, problem.task.classes)
        with torch.random.fork_rng(devices=[]):
            encoder = type(self).encoder(self.space, shared.supernet)
            self.hypernetwork = GeneratedSupernet(self.space, skeleton, encoder)
        initialise(self.hypernetwork, rng)
        _draw_rest(self.hypernetwork, rng)
        shared.supernet = self.hypernetwork
        self._first_rate = shared.settings.learning_rate
        self._adam = torch.optim.Adam(
            self.hypernetwork.learned(), lr=settings.hyper_learning_rate
        )

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Learn from one batch, seen by one or more random architectures.

        Adam's learning rate follows the cosine of the supernet's training.
        """
        del valid
        progress = self.shared.learning_rate / self._first_rate
        self._adam.param_groups[0]["lr"] = self.settings.hyper_learning_rate * progress
        self._adam.zero_grad(set_to_none=True)
        losses = []
        for _ in range(self.settings.meta_batch):
            path = Mixture.path(self.space.sample(self.rng))
            loss = self.shared.loss(train, path) / self.settings.meta_batch
            loss.backward()  # type: ignore[no-untyped-call]
            losses.append(loss.item())
        nn.utils.clip_grad_norm_(self.hypernetwork.learned(), self.shared.settings.clip)
        self._adam.step()
        return float(np.sum(losses))

    def choose(self, rng: np.random.Generator, last: bool) -> Architecture:
        """Return the candidate with the highest estimate; the first on ties."""
        settings = self.settings
        count = settings.candidates if last else settings.candidates_before
        candidates = [self.space.sample(rng) for _ in range(count)]
        return max(candidates, key=self.shared.estimate_path)


class GraphHypernetwork(Smash):
    """The same with a network over the architecture's graph, and several at a time.

    Zhang, Ren & Urtasun, ICLR 2019 (GHN); the larger meta-batch is that of Knyazev et
    al., NeurIPS 2021 (GHN-2).
    """

    Settings: ClassVar[type] = GraphHypernetworkSettings
    encoder: ClassVar[Callable[[SearchSpace, Supernet], SlotEncoder]] = GraphEncoder


def _draw_rest(module: nn.Module, rng: np.random.Generator) -> None:
    """Draw what `initialise` does not know: embeddings and gated units."""
    for part in module.modules():
        if isinstance(part, nn.Embedding | nn.GRUCell):
            for weight in part.parameters(recurse=False):
                drawn = rng.uniform(-1, 1, tuple(weight.shape)).astype(np.float32)
                scale = (
                    1.0 if isinstance(part, nn.Embedding) else part.hidden_size**-0.5
                )
                with torch.no_grad():
                    weight.copy_(scale * torch.from_numpy(drawn))
