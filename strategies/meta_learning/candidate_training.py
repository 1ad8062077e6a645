"""Training of one candidate network by any optimiser, from any first weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nasbench.networks.network import build_network
from nasbench.spaces import Architecture
from nasbench.training.batches import crop_flip, epoch_batches
from nasbench.training.initialisation import initialise
from strategies.weight_sharing.problem import SearchProblem

EVALUATION_BATCH = 500


class Optimiser(Protocol):
    """What trains a candidate: moves its weights by their gradients."""

    def step(self, progress: float) -> None:
        """Take one step; `progress` is the part of all steps before it, in [0, 1)."""


MakeOptimiser = Callable[[Iterable[nn.Parameter]], Optimiser]


@dataclass(frozen=True, eq=False)
class Course:
    """How a training went.

    Attributes:
        losses: ``(steps,)`` training losses, in nats; they end where one was no longer
            finite.
        accuracy: On validation images, in [0, 1]; None where the training failed.
    """

    losses: NDArray[np.float64]
    accuracy: float | None


class CandidateTraining:
    """Trains networks of a problem's architectures; equal seeds show equal images.

    Attributes:
        problem: Space, task and recipe.
        steps: Steps of one epoch.
    """

    def __init__(self, problem: SearchProblem) -> None:
        self.problem = problem
        task, recipe = problem.task, problem.recipe
        self._skeleton = recipe.skeleton(task.shape, task.classes)
        self._images = {s: task.normalised(s) for s in ("train", "valid")}
        self._labels = {
            s: torch.from_numpy(getattr(task, s).labels.astype(np.int64))
            for s in ("train", "valid")
        }
        self.steps = len(self._labels["train"]) // recipe.batch_size

    def network(self, architecture: Architecture, seed: int) -> nn.Module:
        """Return the network of an architecture with the first weights of a seed."""
        network = build_network(self.problem.space, architecture, self._skeleton)
        initialise(network, np.random.default_rng((seed, 0)))
        channels_last = torch.channels_last
        return network.to(memory_format=channels_last)  # type: ignore[no-any-return, call-overload]

    def train(
        self, network: nn.Module, make: MakeOptimiser, seed: int, steps: int
    ) -> Course:
        """Train so many steps, over as many epochs as they take, and validate."""
        losses = self.losses(network, make, seed, steps)
        finished = len(losses) == steps
        return Course(losses, self.accuracy(network) if finished else None)

    def losses(
        self, network: nn.Module, make: MakeOptimiser, seed: int, steps: int
    ) -> NDArray[np.float64]:
        """Train so many steps; return their losses, fewer where one is not finite."""
        recipe = self.problem.recipe
        order, noise = map(np.random.default_rng, ((seed, 1), (seed, 2)))
        optimiser = make(network.parameters())
        losses: list[float] = []
        network.train()
        while len(losses) < steps:
            images = self._images["train"]
            for positions in epoch_batches(len(images), recipe.batch_size, order):
                if len(losses) == steps:
                    break
                pixels = images[positions]
                if recipe.augmentation == "crop-flip":
                    pixels = crop_flip(pixels, noise)
                logits = network(_channels_last(pixels))
                labels = self._labels["train"][positions]
                loss = nn.functional.cross_entropy(logits, labels)
                if not bool(loss.isfinite()):
                    return np.array(losses)
                network.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step(len(losses) / steps)
                losses.append(loss.item())
        return np.array(losses)

    def accuracy(self, network: nn.Module) -> float:
        """Return the accuracy in [0, 1] on all validation images."""
        images, labels = self._images["valid"], self._labels["valid"]
        network.eval()
        correct = 0
        with torch.inference_mode():
            for start in range(0, len(images), EVALUATION_BATCH):
                part = slice(start, start + EVALUATION_BATCH)
                logits = network(_channels_last(images[part]))
                correct += int((logits.argmax(1) == labels[part]).sum())
        return correct / len(images)


class Scheduled:
    """An optimiser of torch whose learning rate follows a cosine to 0."""

    def __init__(self, optimiser: torch.optim.Optimizer) -> None:
        self._optimiser = optimiser
        self._rates = [group["lr"] for group in optimiser.param_groups]

    def step(self, progress: float) -> None:
        """Set the learning rate and take one step."""
        for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * (1 + math.cos(math.pi * progress)) / 2
        self._optimiser.step()


def sgd(rate: float, weight_decay: float = 5e-4) -> MakeOptimiser:
    """Return what makes SGD with Nesterov momentum 0.9 and a cosine."""
    return lambda weights: Scheduled(
        torch.optim.SGD(
            weights, lr=rate, momentum=0.9, nesterov=True, weight_decay=weight_decay
        )
    )


def adam(rate: float, weight_decay: float = 5e-4) -> MakeOptimiser:
    """Return what makes Adam with decoupled weight decay (AdamW) and a cosine."""
    return lambda weights: Scheduled(
        torch.optim.AdamW(weights, lr=rate, weight_decay=weight_decay)
    )


def _channels_last(images: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(images).contiguous(memory_format=torch.channels_last)
