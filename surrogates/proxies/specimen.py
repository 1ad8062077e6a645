"""What proxies look at: an untrained network, batches of images, a seed."""

from __future__ import annotations

import copy
import math
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nasbench.benchmark import StaticCosts
from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton, count_costs
from nasbench.networks.network import build_network
from nasbench.spaces import Architecture, SearchSpace
from nasbench.tasks import Task
from nasbench.training.batches import epoch_batches
from nasbench.training.initialisation import initialise
from surrogates.proxies.thin_network import thin_network

Value = TypeVar("Value")

BATCHES = 2
"""How many batches a specimen carries; ZiCo compares gradients of two."""


class Batch(NamedTuple):
    """Images with their labels.

    Attributes:
        images: ``(n, channels, height, width) float32``, normalised.
        labels: ``(n,) int64``.
    """

    images: Tensor
    labels: Tensor


class Specimen:
    """An untrained network with what proxies may show it.

    Quantities that several proxies read, such as the gradients of the loss, are
    computed once and kept; see `shared`.

    Attributes:
        network: The network; a proxy leaves it as it is.
        batches: At least two batches of training images.
        costs: Parameters, FLOPs and depth.
        seed: What the weights, and every other random number, came from.
        thin: Builds the same architecture as `thin_network` does, with kaiming
            weights; for proxies whose value saturates in wide networks.
    """

    def __init__(
        self,
        network: nn.Module,
        batches: Sequence[Batch],
        costs: StaticCosts,
        seed: int,
        thin: Callable[[], nn.Module],
    ) -> None:
        self.network = network
        self.batches = tuple(batches)
        self.costs = costs
        self.seed = seed
        self.thin = thin
        self._kept: dict[str, tuple[Any, float]] = {}
        self._used: set[str] = set()
        self._making = 0.0

    def rng(self, purpose: str) -> np.random.Generator:
        """Return the generator of this seed for one purpose, always in its first state.

        Every purpose has a stream of its own, so no proxy depends on which others ran.
        """
        return np.random.default_rng((self.seed, zlib.crc32(purpose.encode())))

    def normal(self, purpose: str, shape: Sequence[int]) -> Tensor:
        """Return standard normal numbers of the stream of `purpose`, float32."""
        drawn = self.rng(purpose).standard_normal(tuple(shape), dtype=np.float32)
        return torch.from_numpy(drawn)

    def copy(self, weights: Literal["trial", "normal", "kaiming"]) -> nn.Module:
        """Return a copy of the network to change, in train mode, with such weights."""
        network = copy.deepcopy(self.network).train()
        if weights != "trial":
            draw_normal(network, self.rng(weights), weights == "kaiming")
        return network

    def shared(self, name: str, compute: Callable[[Specimen], Value]) -> Value:
        """Return what `compute` makes of this specimen; it is computed once per name.

        Its seconds count in full for every proxy that reads it; see `timed`.
        `compute` must not read another shared quantity.
        """
        if name not in self._kept:
            start = time.thread_time()
            value = compute(self)
            seconds = time.thread_time() - start
            self._kept[name] = (value, seconds)
            self._making += seconds
        self._used.add(name)
        kept: Value = self._kept[name][0]
        return kept

    def timed(self, score: Callable[[Specimen], float]) -> tuple[float, float]:
        """Return a score and the CPU seconds that it would cost alone."""
        self._used, self._making = set(), 0.0
        start = time.thread_time()
        value = score(self)
        own = time.thread_time() - start - self._making
        return value, own + sum(self._kept[name][1] for name in self._used)


def draw_normal(
    network: nn.Module, rng: np.random.Generator, kaiming: bool = False
) -> None:
    """Draw normal weights in the order of the modules; offsets 0, batch norm 1 and 0.

    Args:
        network: What gets them.
        rng: Where they come from.
        kaiming: With the variance 2/fan-in (He et al., 2015), else 1.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            scale = math.sqrt(2 / module.weight[0].numel()) if kaiming else 1.0
            drawn = rng.standard_normal(tuple(module.weight.shape), dtype=np.float32)
            with torch.no_grad():
                module.weight.copy_(torch.from_numpy(drawn * np.float32(scale)))
                if module.bias is not None:
                    module.bias.zero_()
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()


Shown: TypeAlias = Sequence[tuple[NDArray[np.float32], NDArray[np.int64]]]
"""The batches of one seed: ``(n, channels, height, width)`` images, ``(n,)`` labels."""


def first_batches(
    task: Task, seeds: Sequence[int], batch_size: int
) -> dict[int, Shown]:
    """Return for every seed the first images that the training with it sees.

    Args:
        task: The task, as the recipe has cut it.
        seeds: The seeds.
        batch_size: Images per batch.

    Raises:
        NasbenchError: The training images do not fill the batches, or a batch is too
            small.
    """
    if batch_size < 2:
        raise NasbenchError(
            f"proxies need batches of at least 2 images, not {batch_size}"
        )
    images = len(task.train.labels)
    if images < BATCHES * batch_size:
        raise NasbenchError(
            f"proxies need {BATCHES} batches of {batch_size} images; task {task.name} "
            f"has {images} training images: lower the batch size"
        )
    pixels, labels = task.normalised("train"), task.train.labels.astype(np.int64)
    shown: dict[int, Shown] = {}
    for seed in seeds:
        _, order, _ = np.random.SeedSequence(seed).spawn(3)
        batches = epoch_batches(images, batch_size, np.random.default_rng(order))
        chosen = islice(batches, BATCHES)
        shown[seed] = [(pixels[one], labels[one]) for one in chosen]
    return shown


@dataclass(frozen=True, eq=False)
class SpecimenSource:
    """Makes specimens of one space: untrained networks with what they are shown.

    A specimen of seed s has the weights that the training with seed s starts from
    and, by `first_batches`, the first images that it sees.

    Attributes:
        space: The space.
        skeleton: The networks' frame.
        shown: The batches of every seed.
    """

    space: SearchSpace
    skeleton: Skeleton
    shown: Mapping[int, Shown]

    def specimen(self, architecture: Architecture, seed: int) -> Specimen:
        """Return an untrained network of `architecture` with its batches.

        Raises:
            NasbenchError: There are no batches of the seed.
        """
        if seed not in self.shown:
            raise NasbenchError(f"no batches of seed {seed}; there are {[*self.shown]}")
        weights, _, _ = np.random.SeedSequence(seed).spawn(3)
        network = build_network(self.space, architecture, self.skeleton)
        initialise(network, np.random.default_rng(weights))
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        batches = [
            Batch(
                torch.from_numpy(images).contiguous(memory_format=torch.channels_last),
                torch.from_numpy(labels),
            )
            for images, labels in self.shown[seed]
        ]
        costs = count_costs(self.space, architecture, self.skeleton)

        def thin() -> nn.Module:
            built = thin_network(self.space, architecture, self.skeleton)
            draw_normal(built, np.random.default_rng(weights), kaiming=True)
            return built

        return Specimen(network, batches, costs, seed, thin)
