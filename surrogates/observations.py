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
    """

    space: SearchSpace
    architectures: Architectures
    trials: Floats
    curves: Floats
    test: Floats
    seconds: Floats
    origins: NDArray[np.str_]

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
        """Read them off a benchmark; what failed is left out.

        Args:
            benchmark: A table, a published table, or live training.
            architectures: Which ones; None for all of `known_architectures`.
            origins: Who proposed each; None for ``all``.

        Raises:
            NasbenchError: Nothing is left.
        """
        space = benchmark.space
        chosen = list(architectures or known_architectures(benchmark))
        said = list(origins) if origins is not None else ["all"] * len(chosen)
        means = [benchmark.evaluate(each) for each in chosen]
        kept = [i for i, e in enumerate(means) if e.status is Status.COMPLETE]
        if not kept:
            raise NasbenchError(f"{benchmark.name} holds no complete training")
        curves = np.array([means[i].curve for i in kept], np.float64)
        trials = np.full((len(kept), len(benchmark.seeds), curves.shape[1]), np.nan)
        for row, i in enumerate(kept):
            for column, seed in _seeds_of(benchmark, chosen[i]):
                trial = benchmark.evaluate(chosen[i], seed=seed)
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
        )


def known_architectures(benchmark: Benchmark) -> list[Architecture]:
    """Return what a table was trained on: one per class, or the published rows."""
    if isinstance(benchmark, PublishedTable):
        return _at(benchmark.space, benchmark.indices)
    if isinstance(benchmark, Table):
        there = (benchmark.read("trials/status") != MISSING).any(axis=1)
        return _at(benchmark.space, benchmark.read("classes/representative")[there])
    return first_members(benchmark.space)


def _seeds_of(
    benchmark: Benchmark, architecture: Architecture
) -> list[tuple[int, int]]:
    """Return the positions of the seeds, and the seeds, that a trial is known of."""
    numbered = list(enumerate(benchmark.seeds))
    if not isinstance(benchmark, Table) or benchmark.is_complete:
        return numbered
    status = benchmark.read("trials/status")[benchmark.class_number(architecture)]
    return [each for each in numbered if status[each[0]] != MISSING]


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
