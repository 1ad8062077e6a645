"""What was trained: the samples that surrogates are fitted to and scored on."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Benchmark, Referee, Status
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture, Architectures, SearchSpace
from tabular.importers import PublishedTable
from tabular.schema import MISSING
from tabular.table import Table

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Observations:
    """Trained architectures of one space; n of them.

    Attributes:
        space: The space.
        architectures: ``(n, decisions) uint8``.
        trials: ``(n, seeds, epochs)`` validation accuracy in [0, 1] of the trials;
            NaN where a training is missing or failed, or an epoch is not known.
        curves: ``(n, epochs)``, their mean over seeds.
        test: ``(n,)`` test accuracy after full training, NaN where it is not known.
        seconds: ``(n,)`` CPU seconds per epoch, NaN where they are not known.
        origins: ``(n,)`` who proposed each, as in ``random``; for splits by strategy.
        left_out: How many others the source knows, but not their accuracy after full
            training: it failed, or was not published.
    """

    space: SearchSpace
    architectures: Architectures
    trials: Floats
    curves: Floats
    test: Floats
    seconds: Floats
    origins: NDArray[np.str_]
    left_out: int = 0

    @property
    def validation(self) -> Floats:
        """``(n,)`` validation accuracy after full training, mean over seeds."""
        return self.curves[:, -1]

    def __len__(self) -> int:
        """Return the number of architectures."""
        return len(self.architectures)

    @classmethod
    def of(
        cls,
        benchmark: Benchmark,
        architectures: Sequence[Architecture] | None = None,
        origins: Sequence[str] | None = None,
    ) -> Self:
        """Read them off a benchmark; what failed or has no value is left out.

        Args:
            benchmark: A table, a published table, or live training.
            architectures: Which ones; None for all of `known_architectures`.
            origins: Who proposed each; None for ``all``.

        Raises:
            NasbenchError: Nothing is left.
        """
        space = benchmark.space
        asked = list(architectures or known_architectures(benchmark))
        there = _have_values(benchmark, asked)
        chosen = [asked[i] for i in there]
        said = ["all"] * len(asked) if origins is None else list(origins)
        said = [said[i] for i in there]
        rows = len(asked)
        if isinstance(benchmark, PublishedTable) and not architectures:
            rows = len(benchmark)
        means = [benchmark.evaluate(each) for each in chosen]
        kept = [i for i, e in enumerate(means) if e.status is Status.COMPLETE]
        if not kept:
            raise NasbenchError(f"{benchmark.name} holds no complete training")
        curves = np.array([means[i].curve for i in kept], np.float64)
        trials = np.full((len(kept), len(benchmark.seeds), curves.shape[1]), np.nan)
        for column, seed in enumerate(benchmark.seeds):
            for row in _have_trials(benchmark, [chosen[i] for i in kept], seed):
                trial = benchmark.evaluate(chosen[kept[row]], seed=seed)
                if trial.status is Status.COMPLETE:
                    trials[row, column] = trial.curve
        judge = benchmark if isinstance(benchmark, Referee) else None
        return cls(
            space=space,
            architectures=np.array([chosen[i] for i in kept], np.uint8),
            trials=trials,
            curves=curves,
            test=np.array(
                [
                    judge.mean_accuracy(chosen[i], "test") if judge else np.nan
                    for i in kept
                ]
            ),
            seconds=np.array([means[i].cost_seconds / means[i].epochs for i in kept]),
            origins=np.array([said[i] for i in kept], np.str_),
            left_out=rows - len(kept),
        )

    def take(self, rows: NDArray[np.int64]) -> Observations:
        """Return some of them, in this order."""
        return Observations(
            self.space,
            self.architectures[rows],
            self.trials[rows],
            self.curves[rows],
            self.test[rows],
            self.seconds[rows],
            self.origins[rows],
            self.left_out,
        )


def known_architectures(benchmark: Benchmark) -> list[Architecture]:
    """Return what a table was trained on: one per class, or the published rows.

    Of published rows those that have a validation accuracy after full training.

    Raises:
        NasbenchError: None was published.
    """
    if isinstance(benchmark, PublishedTable):
        accuracy = benchmark.accuracies(benchmark.indices)
        return _at(benchmark.space, benchmark.indices[np.isfinite(accuracy)])
    if isinstance(benchmark, Table):
        there = (benchmark.read("trials/status") != MISSING).any(axis=1)
        return _at(benchmark.space, benchmark.read("classes/representative")[there])
    return first_members(benchmark.space)


def _have_values(benchmark: Benchmark, asked: Sequence[Architecture]) -> list[int]:
    """Return the positions of those whose accuracy after full training is known."""
    if not isinstance(benchmark, PublishedTable) or not asked:
        return list(range(len(asked)))
    accuracy = benchmark.accuracies(np.array(asked, np.uint8))
    there = np.flatnonzero(np.isfinite(accuracy)).tolist()
    if not there:
        raise NasbenchError(
            f"{benchmark.path} has no validation accuracy after {benchmark.epochs} "
            f"epochs of {benchmark.space.format(asked[0])} or any other asked for"
        )
    return there


def _have_trials(
    benchmark: Benchmark, asked: Sequence[Architecture], seed: int
) -> list[int]:
    """Return the positions of those that a trial from a seed is known of."""
    if isinstance(benchmark, PublishedTable):
        if not any(
            (metric.quantity, metric.split) == ("accuracy", "validation")
            and (metric.epochs, metric.trial) == (benchmark.epochs, seed)
            and not metric.training
            for metric in benchmark.metrics
        ):
            return []  # only its shorter trainings were published
        found = benchmark.accuracies(np.array(asked, np.uint8), seed=seed)
        return np.flatnonzero(np.isfinite(found)).tolist()
    if not isinstance(benchmark, Table) or benchmark.is_complete:
        return list(range(len(asked)))
    status = benchmark.read("trials/status")[:, benchmark.seeds.index(seed)]
    numbers = [benchmark.class_number(each) for each in asked]
    return np.flatnonzero(status[numbers] != MISSING).tolist()


def first_members(space: SearchSpace) -> list[Architecture]:
    """Return the first architecture of every class of an enumerable space."""
    return _at(space, space.classes.representatives)


def _at(space: SearchSpace, indices: NDArray[np.int64]) -> list[Architecture]:
    return [tuple(row) for row in space.architectures_at(indices.tolist()).tolist()]


def class_numbers(
    space: SearchSpace, architectures: Architectures
) -> NDArray[np.int64]:
    """Return ``(n,)`` numbers that only members of one class share."""
    number_of: dict[Hashable, int] = {}
    rows = (tuple(row) for row in architectures.tolist())
    return np.array(
        [number_of.setdefault(space.canonical(row), len(number_of)) for row in rows],
        np.int64,
    )
