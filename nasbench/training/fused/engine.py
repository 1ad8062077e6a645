"""The fused engine: trains a network on one core, from cache, without torch."""

from __future__ import annotations

import math
from functools import cache

import numba  # first, so that its absence is what an ImportError names
import numpy as np
from llvmlite import __version__ as llvmlite_version
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton
from nasbench.spaces import Architecture, Graph, SearchSpace
from nasbench.tasks import Task
from nasbench.training.batches import crop_flip, epoch_batches
from nasbench.training.engine import EngineIdentity
from nasbench.training.fused.interpreter import run_batches
from nasbench.training.fused.kernels.instruction_set import HERE
from nasbench.training.fused.network import cannot_build, network_nodes
from nasbench.training.fused.plan import Plan, plan, plan_nodes
from nasbench.training.recipe import Recipe
from nasbench.training.trial import SPLITS, Trial, run_epochs

REVISION = "1"
"""Changes with every change to the engine that moves a bit of a trial."""


def why_not(space: SearchSpace, task: Task, recipe: Recipe) -> str | None:
    """Say in one phrase why this engine cannot train; None: it can."""
    reason = cannot_build(space)
    if reason is not None:
        return f"it {reason}"
    return _too_few(task, recipe)


def _too_few(task: Task, recipe: Recipe) -> str | None:
    if len(task.train.labels) < recipe.batch_size:
        return (
            f"task {task.name} has {len(task.train.labels)} training images, fewer "
            f"than one batch of {recipe.batch_size}; lower the recipe's batch_size"
        )
    return None


class FusedEngine:
    """Trains cells and layers; the same trials as the reference trainer, but faster.

    First weights, batches and augmentation are those of `TorchEngine`; sums are added
    in another order, so that losses differ in the last digits.

    Attributes:
        recipe: How networks are trained.
    """

    def __init__(self, task: Task, recipe: Recipe) -> None:
        """Normalise the images once, for all trainings.

        Raises:
            NasbenchError: The training images do not fill one batch.
        """
        reason = _too_few(task, recipe)
        if reason is not None:
            raise NasbenchError(reason)
        self.recipe = recipe
        self._skeleton = recipe.skeleton(task.shape, task.classes)
        self._images = {split: task.normalised(split) for split in SPLITS}
        self._labels = {
            split: np.array(
                getattr(task, split).labels, np.int64
            )  # writeable, for Numba
            for split in SPLITS
        }

    @property
    def identity(self) -> EngineIdentity:
        """Name, versions of the engine and its compiler, vector instructions."""
        return EngineIdentity(
            engine="fused",
            version=f"{REVISION} numba {numba.__version__} llvmlite {llvmlite_version}",
            instruction_set=HERE.name,
        )

    def train(
        self,
        space: SearchSpace,
        architecture: Architecture,
        seed: int,
        epochs: int | None = None,
    ) -> Trial:
        """Train the network of `architecture` from scratch; see `TorchEngine.train`.

        Raises:
            NasbenchError: The space is of no kind that this engine knows.
        """
        nodes = network_nodes(space, architecture, self._skeleton)
        _compile()
        weights, order, augmentation = np.random.SeedSequence(seed).spawn(3)
        training = _Training(
            plan_nodes(nodes, self._skeleton.classes, self.recipe.batch_size),
            self.recipe,
            np.random.default_rng(weights),
        )
        return self._fit(
            training,
            np.random.default_rng(order),
            np.random.default_rng(augmentation),
            epochs or self.recipe.epochs,
        )

    def _fit(
        self,
        training: _Training,
        order: np.random.Generator,
        noise: np.random.Generator,
        epochs: int,
    ) -> Trial:
        def pass_over(split: str, epoch: int) -> tuple[int, float]:
            labels = self._labels[split]
            if split == "train":
                images, positions = self._epoch_images(order, noise)
                return training.epoch(epoch, images, labels, positions)
            return training.evaluate(self._images[split], labels)

        return run_epochs(epochs, self.recipe.epochs, pass_over)

    def _epoch_images(
        self, order: np.random.Generator, noise: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the images of an epoch, and the positions of their labels."""
        images, size = self._images["train"], self.recipe.batch_size
        batches = list(epoch_batches(len(images), size, order))
        if self.recipe.augmentation == "crop-flip":
            images = np.copy(images)
            for batch in batches:
                images[batch] = crop_flip(images[batch], noise)
        return images, np.concatenate(batches)


class _Training:
    """One network in its memory."""

    def __init__(self, network: Plan, recipe: Recipe, rng: np.random.Generator) -> None:
        self._plan = network
        self._recipe = recipe
        self._memory = network.memory()
        drawn = network.parameters.draw(rng)
        self._memory[network.weights : network.weights + len(drawn)] = drawn

    def epoch(
        self,
        epoch: int,
        images: NDArray[np.float32],
        labels: NDArray[np.int64],
        positions: NDArray[np.int64],
    ) -> tuple[int, float]:
        """Train on the images at `positions`; return correct count, mean loss."""
        recipe = self._recipe
        steps = len(positions) // recipe.batch_size
        progress = (epoch * steps + np.arange(steps)) / (recipe.epochs * steps)
        rates = [
            recipe.learning_rate * (1 + math.cos(math.pi * part)) / 2
            for part in progress.tolist()
        ]
        correct, loss = self._run(
            self._plan.train, images, labels, positions, recipe.batch_size, rates
        )
        return correct, loss

    def evaluate(
        self, images: NDArray[np.float32], labels: NDArray[np.int64]
    ) -> tuple[int, float]:
        """Return the correct count and the mean loss on all images."""
        positions, batch = np.arange(len(images)), self._plan.room
        return self._run(self._plan.evaluate, images, labels, positions, batch, [])

    def _run(
        self,
        program: NDArray[np.int64],
        images: NDArray[np.float32],
        labels: NDArray[np.int64],
        positions: NDArray[np.int64],
        batch: int,
        rates: list[float],
    ) -> tuple[int, float]:
        losses = np.empty(-(-len(positions) // batch))
        correct = run_batches(
            self._memory,
            self._plan.tables,
            program,
            self._plan.ports,
            images.reshape(len(images), math.prod(images.shape[1:])),
            labels,
            positions,
            batch,
            np.array(rates, np.float64),
            self._recipe.momentum,
            self._recipe.weight_decay,
            losses,
        )
        return correct, float(losses.sum() / max(1, len(positions)))


@cache
def _compile() -> None:
    """Compile, or load what was compiled, before any clock runs.

    The loop is compiled for its argument types at the first call; this one has nothing
    to do.
    """
    network = plan(Graph(("input", "output"), ((), ())), Skeleton(1, 1, 1, 2, 1, 1), 2)
    training = _Training(network, Recipe(), np.random.default_rng(0))
    training.evaluate(np.zeros((0, 1, 1, 1), np.float32), np.zeros(0, np.int64))
