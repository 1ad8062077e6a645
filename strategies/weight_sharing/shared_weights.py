"""The supernet in training: its weights, their optimiser, and the images it sees."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from nasbench.networks.supernet.building import build_supernet
from nasbench.networks.supernet.calibration import calibrate
from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import SupernetForm
from nasbench.spaces import Architecture
from nasbench.training.batches import crop_flip, epoch_batches
from nasbench.training.initialisation import initialise
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.training_settings import TrainingSettings

ESTIMATE_BATCH = 500
"""Images per forward pass of an estimate; batch norm takes their statistics."""

CALIBRATION_BATCHES = 8
"""Training batches whose statistics an architecture is evaluated with, where the
supernet keeps running ones."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Images and labels of one step.

    Attributes:
        images: ``(batch, channels, height, width) float32``.
        labels: ``(batch,) int64``.
    """

    images: Tensor
    labels: Tensor


class SharedWeights:
    """Weights that all architectures of a space share, and how they are trained.

    Attributes:
        supernet: The network.
        problem: Space, task, recipe and seed.
        settings: How it is trained.
        optimiser: SGD on all weights of the supernet.
        steps: Steps in an epoch.
    """

    def __init__(
        self,
        problem: SearchProblem,
        settings: TrainingSettings,
        form: SupernetForm,
        seeds: Sequence[np.random.SeedSequence],
    ) -> None:
        """Build and initialise the supernet; `seeds` are four independent streams."""
        weights, order, valid_order, noise = map(np.random.default_rng, seeds)
        self.problem = problem
        self.settings = settings
        task, recipe = problem.task, problem.recipe
        skeleton = recipe.skeleton(task.shape, task.classes)
        self.supernet = build_supernet(problem.space, skeleton, form)
        initialise(self.supernet, weights)
        self.supernet.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._keeps_statistics = form.running_statistics
        self.optimiser = torch.optim.SGD(
            self.supernet.parameters(),
            lr=settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
            nesterov=settings.momentum > 0,
            fused=True,
        )
        # Else torch's fused step fails where options meet their first gradient late.
        for weight in self.supernet.parameters():
            self.optimiser.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
        self._images = {s: task.normalised(s) for s in ("train", "valid")}
        self._labels = {
            s: torch.from_numpy(getattr(task, s).labels.astype(np.int64))
            for s in ("train", "valid")
        }
        self.steps = len(self._labels["train"]) // recipe.batch_size
        self._order, self._noise = order, noise
        self._valid = self._endless(valid_order)
        self._calibration = self._calibration_images()

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        rate: float = self.optimiser.param_groups[0]["lr"]
        return rate

    def batches(self, epoch: int) -> Iterator[tuple[Batch, Iterator[Batch]]]:
        """Yield every training batch of an epoch, and the endless validation batches.

        The learning rate is set before each.
        """
        settings, images = self.settings, self._images["train"]
        low, high = settings.final_learning_rate, settings.learning_rate
        order = epoch_batches(len(images), self.problem.recipe.batch_size, self._order)
        for step, positions in enumerate(order):
            progress = (epoch * self.steps + step) / (settings.epochs * self.steps)
            self.optimiser.param_groups[0]["lr"] = (
                low + (high - low) * (1 + math.cos(math.pi * progress)) / 2
            )
            yield self._batch("train", positions), self._valid

    def loss(self, batch: Batch, mixture: Mixture) -> Tensor:
        """Return the mean cross-entropy of a batch, in nats."""
        logits = self.supernet(batch.images, mixture)
        return nn.functional.cross_entropy(logits, batch.labels)

    def update(self, loss: Tensor) -> float:
        """Take one step of the weights down the gradient of `loss`; return its value.

        Weights of options that did not run have no gradient and stay as they are.
        """
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.supernet.parameters(), self.settings.clip)
        self.optimiser.step()
        return loss.item()

    def estimate(self, mixture: Mixture) -> float:
        """Return the accuracy in [0, 1] of a mixture, on validation images."""
        if self._keeps_statistics:
            calibrate(self.supernet, mixture, self._calibration)
            self.supernet.eval()
        correct, count = 0, self._estimated
        with torch.inference_mode():
            for start in range(0, count, ESTIMATE_BATCH):
                part = np.arange(start, min(start + ESTIMATE_BATCH, count))
                batch = self._batch("valid", part)
                guesses = self.supernet(batch.images, mixture).argmax(1)
                correct += int((guesses == batch.labels).sum())
        self.supernet.train()
        return correct / count

    def estimate_path(self, architecture: Architecture) -> float:
        """Return the accuracy in [0, 1] of one architecture with the shared weights."""
        return self.estimate(Mixture.path(architecture))

    @property
    def _estimated(self) -> int:
        return min(self.settings.estimate_images, len(self._labels["valid"]))

    def _endless(self, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield validation batches for ever, shuffled anew after every pass."""
        size = self.problem.recipe.batch_size
        while True:
            for positions in epoch_batches(len(self._labels["valid"]), size, rng):
                yield self._batch("valid", positions)

    def _batch(
        self, split: str, positions: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> Batch:
        pixels = self._images[split][positions]
        if split == "train" and self.problem.recipe.augmentation == "crop-flip":
            pixels = crop_flip(pixels, self._noise)
        images = torch.from_numpy(pixels).contiguous(memory_format=torch.channels_last)
        return Batch(images, self._labels[split][positions])

    def _calibration_images(self) -> list[Tensor]:
        """Return the first training images, unchanged, the same for all estimates."""
        if not self._keeps_statistics:
            return []
        size = self.problem.recipe.batch_size
        count = min(CALIBRATION_BATCHES, self.steps) * size
        first = torch.from_numpy(self._images["train"][:count])
        first = first.contiguous(memory_format=torch.channels_last)
        return [first[start : start + size] for start in range(0, count, size)]
