"""The reference engine: a plain torch training loop, one network on one thread."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nasbench.errors import NasbenchError
from nasbench.networks.network import build_network
from nasbench.spaces import Architecture, SearchSpace
from nasbench.tasks import Task
from nasbench.training.batches import crop_flip, epoch_batches
from nasbench.training.engine import EngineIdentity
from nasbench.training.initialisation import initialise
from nasbench.training.recipe import Recipe
from nasbench.training.trial import SPLITS, Trial, run_epochs

EVALUATION_BATCH = 500
"""Images per forward pass at evaluation; keeps activations of small nets in cache."""


class TorchEngine:
    """Trains with torch on the CPU; read `train` from top to bottom.

    Attributes:
        recipe: How networks are trained.
    """

    def __init__(self, task: Task, recipe: Recipe) -> None:
        """Normalise the images once, for all trainings.

        Raises:
            NasbenchError: The training images do not fill one batch.
        """
        if len(task.train.labels) < recipe.batch_size:
            raise NasbenchError(
                f"task {task.name} has {len(task.train.labels)} training images, fewer "
                f"than one batch of {recipe.batch_size}; lower the recipe's batch_size"
            )
        self.recipe = recipe
        self._skeleton = recipe.skeleton(task.shape, task.classes)
        self._images = {split: task.normalised(split) for split in SPLITS}
        self._labels = {
            split: torch.from_numpy(getattr(task, split).labels.astype(np.int64))
            for split in SPLITS
        }

    @property
    def identity(self) -> EngineIdentity:
        """Name, torch version and vector instructions."""
        return EngineIdentity(
            engine="torch",
            version=torch.__version__,
            instruction_set=torch.backends.cpu.get_cpu_capability(),
        )

    def train(
        self,
        space: SearchSpace,
        architecture: Architecture,
        seed: int,
        epochs: int | None = None,
    ) -> Trial:
        """Train the network of `architecture` from scratch.

        The seed opens three streams: weights, order of the images, augmentation. They
        are the same for every architecture, so that architectures differ by what they
        are and not by what they were shown.

        Args:
            space: The space of the architecture.
            architecture: What to train.
            seed: Non-negative; the source of all randomness.
            epochs: Stop after so many epochs of the recipe's schedule; None for all.

        Returns:
            The trial; its status is FAILED, from the epoch on in which it happened,
            where a loss on any split is no longer a finite number.
        """
        weights, order, augmentation = np.random.SeedSequence(seed).spawn(3)
        with _single_thread():
            network = build_network(space, architecture, self._skeleton)
            initialise(network, np.random.default_rng(weights))
            # Channels innermost: a third faster than torch's default on a CPU.
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            return self._fit(
                network,
                np.random.default_rng(order),
                np.random.default_rng(augmentation),
                epochs or self.recipe.epochs,
            )

    def _fit(
        self,
        network: nn.Module,
        order: np.random.Generator,
        noise: np.random.Generator,
        epochs: int,
    ) -> Trial:
        recipe = self.recipe
        optimiser = torch.optim.SGD(
            network.parameters(),
            lr=recipe.learning_rate,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            nesterov=recipe.momentum > 0,
            fused=True,  # one kernel per step: the networks are tiny, calls are not
        )

        def pass_over(split: str, epoch: int) -> tuple[int, float]:
            if split == "train":
                return self._train_epoch(network, optimiser, epoch, order, noise)
            return self._evaluate(network, split)

        return run_epochs(epochs, recipe.epochs, pass_over)

    def _train_epoch(
        self,
        network: nn.Module,
        optimiser: torch.optim.SGD,
        epoch: int,
        order: np.random.Generator,
        noise: np.random.Generator,
    ) -> tuple[int, float]:
        """Make one pass over the training images; return correct count, mean loss."""
        recipe, images = self.recipe, self._images["train"]
        steps = len(images) // recipe.batch_size
        total, correct = 0.0, 0
        network.train()
        for step, batch in enumerate(
            epoch_batches(len(images), recipe.batch_size, order)
        ):
            progress = (epoch * steps + step) / (recipe.epochs * steps)
            optimiser.param_groups[0]["lr"] = (
                recipe.learning_rate * (1 + math.cos(math.pi * progress)) / 2
            )
            pixels = images[batch]
            if recipe.augmentation == "crop-flip":
                pixels = crop_flip(pixels, noise)
            labels = self._labels["train"][batch]
            logits = network(_channels_last(pixels))
            loss = nn.functional.cross_entropy(logits, labels)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            total += loss.item()
            correct += _correct(logits, labels)
        return correct, total / steps

    def _evaluate(self, network: nn.Module, split: str) -> tuple[int, float]:
        """Return the correct count and the mean loss on all images of `split`."""
        images, labels = _channels_last(self._images[split]), self._labels[split]
        total, correct = 0.0, 0
        network.eval()
        with torch.inference_mode():
            for start in range(0, len(images), EVALUATION_BATCH):
                part = slice(start, start + EVALUATION_BATCH)
                logits = network(images[part])
                total += nn.functional.cross_entropy(
                    logits, labels[part], reduction="sum"
                ).item()
                correct += _correct(logits, labels[part])
        return correct, total / len(images)


def _channels_last(images: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(images).contiguous(memory_format=torch.channels_last)


def _correct(logits: Tensor, labels: Tensor) -> int:
    return int((logits.argmax(1) == labels).sum())


@contextmanager
def _single_thread() -> Iterator[None]:
    """Compute on one thread: the order of sums, and so the bits, depend on it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
