"""A benchmark that needs no table: its numbers are a formula of the architecture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import CostModel, Evaluation, Split, StaticCosts, Status
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture, Architectures, SearchSpace

LEARNING = 0.6
"""What an epoch leaves of the way to the final accuracy."""


class ToyBenchmark:
    """An in-memory `Benchmark` and `Referee` on any small space, for tests.

    The accuracies of all architectures are arrays made at construction: `closed_form`
    plus a little noise per seed, with a test accuracy of its own for the referee.

    Args:
        space: What can be evaluated.
        epochs: The full training budget.
        seeds: The seeds of the trials.
        noise: Standard deviation of an accuracy over the seeds.
        failures: Share of the architectures, spread evenly, whose training fails.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        epochs: int = 4,
        seeds: Sequence[int] = (0, 1, 2),
        noise: float = 0.002,
        failures: float = 0.0,
    ) -> None:
        self.name = f"toy benchmark on {space.name}"
        self.space = space
        self.epochs = epochs
        self.seeds = tuple(seeds)
        self.cost_model: CostModel = toy_costs
        options = space.architectures_at(range(space.size))
        truth = closed_form(options)[:, None]
        # (size, seeds) float64, one generator per seed.
        noises = np.stack(
            [np.random.default_rng(s).normal(0, noise, (2, space.size)) for s in seeds],
            axis=-1,
        )
        self._validation = np.clip(truth + noises[0], 0, 1)
        self._test = np.clip(0.98 * truth + noises[1], 0, 1)
        # Multiples of the golden ratio, modulo 1, fill [0, 1) evenly.
        golden = (np.sqrt(5) - 1) / 2
        self._failed = (np.arange(1, space.size + 1) * golden) % 1 < failures

    def evaluate(
        self,
        architecture: Architecture,
        *,
        epochs: int | None = None,
        seed: int | None = None,
    ) -> Evaluation:
        """Return what training `architecture` would show.

        Raises:
            NasbenchError: The architecture, the epochs or the seed are not there.
        """
        index = self.space.index(architecture)
        trained = self.epochs if epochs is None else epochs
        if not 1 <= trained <= self.epochs:
            raise NasbenchError(
                f"{self.name} has 1 to {self.epochs} epochs, not {epochs}"
            )
        if seed is not None and seed not in self.seeds:
            raise NasbenchError(f"{self.name} has the seeds {self.seeds}, not {seed}")
        costs = toy_costs(architecture)
        trials = slice(None) if seed is None else self.seeds.index(seed)
        final = float(np.mean(self._validation[index, trials]))
        progress = 1 - LEARNING ** np.arange(1, self.epochs + 1)
        curve = tuple((final * (progress / progress[-1])[:trained]).tolist())
        failed = bool(self._failed[index])
        return Evaluation(
            validation_accuracy=None if failed else curve[-1],
            curve=() if failed else curve,
            cost_seconds=trained * costs.parameters / 100,
            epochs=trained,
            seed=seed,
            status=Status.FAILED if failed else Status.COMPLETE,
            parameters=costs.parameters,
            flops=costs.flops,
        )

    def mean_accuracy(self, architecture: Architecture, split: Split) -> float:
        """Return the accuracy in [0, 1], mean over seeds; NaN for a failed training."""
        index = self.space.index(architecture)
        table = self._test if split == "test" else self._validation
        return float("nan") if self._failed[index] else float(np.mean(table[index]))

    def best_accuracy(self, split: Split) -> float | None:
        """Return the largest `mean_accuracy` of the space; None if all failed."""
        means = [self.mean_accuracy(each, split) for each in self.space]
        return max((mean for mean in means if not math.isnan(mean)), default=None)


def closed_form(architectures: Architectures) -> NDArray[np.float64]:
    """Return ``(n,) float64`` accuracies in [0.1, 0.9] of ``(n, decisions)``.

    Every decision counts for itself and together with the one before, so that there
    are several local optima; accuracies are distinct.
    """
    options = np.asarray(architectures, dtype=np.float64)
    place = np.arange(1, options.shape[1] + 1)
    alone = np.sin(options * place + place) ** 2
    before = np.roll(options, 1, axis=1)
    together = np.sin((options + 1) * (before + 0.5) + place) ** 2
    return np.asarray(0.1 + 0.8 * (0.4 * alone + 0.6 * together).mean(axis=1))


def toy_costs(architecture: Architecture) -> StaticCosts:
    """Return costs that grow with the options; a function, so it leads nowhere."""
    parameters = 100 + 10 * sum(architecture)
    depth = sum(option > 0 for option in architecture)
    return StaticCosts(parameters, flops=2 * parameters, depth=depth)
