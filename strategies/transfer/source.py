"""What was trained elsewhere: architectures and their validation accuracies."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Benchmark, make
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture, Architectures, SearchSpace

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Source:
    """Architectures of one space with what a full training of each showed; n of them.

    Only the order of the accuracies is used, so that sources of other tasks, at other
    levels, can be joined. There is no test accuracy in here.

    Attributes:
        name: What messages call it.
        space: The space; that of the search has to be equal.
        architectures: ``(n, decisions) uint8``.
        accuracies: ``(n,)`` validation accuracies, larger better.
    """

    name: str
    space: SearchSpace
    architectures: Architectures
    accuracies: Floats

    def __post_init__(self) -> None:
        """Check shapes and values.

        Raises:
            NasbenchError: They do not fit, or there are none.
        """
        shape = (len(self.accuracies), self.space.decisions)
        if self.architectures.shape != shape or not shape[0]:
            raise NasbenchError(
                f"source {self.name!r} takes (n, {shape[1]}) options and (n,) "
                f"accuracies, 1 or more, not {self.architectures.shape} and "
                f"{self.accuracies.shape}"
            )
        if not np.isfinite(self.accuracies).all():
            raise NasbenchError(
                f"source {self.name!r} has accuracies that are not finite; leave "
                "failed trainings out"
            )
        self.space.indices(self.architectures)  # checks the range of the options

    @classmethod
    def of(cls, benchmark: Benchmark) -> Self:
        """Return all that a benchmark was trained on, failures left out.

        It is evaluated as a strategy evaluates it, the mean over seeds: the door to
        test accuracies stays closed.

        Raises:
            NasbenchError: No training succeeded.
        """
        from surrogates.observations import known_architectures

        found: list[tuple[Architecture, float]] = []
        for architecture in known_architectures(benchmark):
            accuracy = benchmark.evaluate(architecture).validation_accuracy
            if accuracy is not None:
                found.append((architecture, accuracy))
        rows = np.array([one for one, _ in found], np.uint8)
        return cls(
            benchmark.name,
            benchmark.space,
            rows.reshape(-1, benchmark.space.decisions),
            np.array([accuracy for _, accuracy in found], np.float64),
        )

    @cached_property
    def ranking(self) -> tuple[Architecture, ...]:
        """One architecture of every function, the best first.

        Of several trainings of one function the best counts; of equal accuracies the
        one that stands first.
        """
        first: dict[Hashable, Architecture] = {}
        for row in np.argsort(-self.accuracies, kind="stable"):
            architecture = tuple(self.architectures[row].tolist())
            first.setdefault(self.space.canonical(architecture), architecture)
        return tuple(first.values())


SourceLike: TypeAlias = Source | str | Path
"""A source, or the id of a benchmark, or the path of a table."""


def load_sources(
    sources: Sequence[SourceLike] | SourceLike, space: SearchSpace
) -> tuple[Source, ...]:
    """Return the sources, those that are named opened.

    Args:
        sources: One or several.
        space: What will be searched.

    Raises:
        NasbenchError: There is none, one cannot be opened, or is of another space.
    """
    several = (sources,) if isinstance(sources, (Source, str, Path)) else sources
    found = tuple(
        one if isinstance(one, Source) else _opened(str(one)) for one in several
    )
    if not found:
        raise NasbenchError(
            "a transfer needs sources: the id of a benchmark, the path of a table, or "
            "a strategies.transfer.Source; give sources=..."
        )
    for one in found:
        if one.space != space:
            raise NasbenchError(
                f"source {one.name!r} holds architectures of {one.space.name}, and the "
                f"search is in {space.name}; give a source of the same space"
            )
    return found


def _opened(name: str) -> Source:
    path = Path(name)
    is_file = path.exists() or path.suffix == ".h5"
    changed = path.stat().st_mtime_ns if path.exists() else 0
    return _read(name, is_file, changed)


@lru_cache(maxsize=8)
def _read(name: str, is_file: bool, changed: int) -> Source:
    """Read a source once for all runs of a process, unless the file has changed."""
    del changed  # part of the cache's key
    if not is_file:
        return Source.of(make(name))
    from tabular.opened import open_any

    return Source.of(open_any(name))
