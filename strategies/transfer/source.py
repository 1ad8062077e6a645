"""What was trained elsewhere: architectures and their validation accuracies."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Benchmark, BenchmarkSpec, Specified, make
from nasbench.errors import NasbenchError
from nasbench.given import shown
from nasbench.search import SearchContext
from nasbench.spaces import Architecture, Architectures, SearchSpace
from strategies.settings import InWords

Floats: TypeAlias = NDArray[np.float64]

WANTED = (
    "a transfer needs sources: the id of a benchmark, the path of a table, or a "
    "strategies.transfer.Source"
)


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
        spec: Which benchmark they are from, so that nobody searches it with its own
            answers; None where they are from elsewhere.
    """

    name: str
    space: SearchSpace
    architectures: Architectures
    accuracies: Floats
    spec: BenchmarkSpec | None = None

    def __post_init__(self) -> None:
        """Check shapes and values.

        Raises:
            NasbenchError: They do not fit, or there are none.
        """
        for what in (self.architectures, self.accuracies):
            if not isinstance(what, np.ndarray):
                raise NasbenchError(
                    f"source {self.name!r} takes numpy arrays, not {shown(what)}"
                )
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
            benchmark.spec if isinstance(benchmark, Specified) else None,
        )

    def check(self, context: SearchContext) -> None:
        """Refuse what does not fit a search, or answers it beforehand.

        Raises:
            NasbenchError: The spaces differ; or the source is the benchmark that is
                searched, or was trained on the same task by the same recipe.
        """
        if self.space != context.space:
            raise NasbenchError(
                f"source {self.name!r} holds architectures of {self.space.name}, and "
                f"the search is in {context.space.name}; give a source of the same "
                "space"
            )
        if self.spec is not None and context.benchmark_spec is not None:
            alike = _alike(self.spec, context.benchmark_spec)
            if alike:
                raise NasbenchError(
                    f"source {self.name!r} {alike} {context.benchmark_spec.id!r}, which"
                    " is searched: to begin with its own answers is cheating; give a "
                    "source of another task"
                )

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of architectures and accuracies."""
        found = hashlib.sha256(str(self.architectures.shape).encode())
        found.update(self.architectures.astype("u1").tobytes())
        found.update(self.accuracies.astype("<f8").tobytes())
        return found.hexdigest()

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
"""A source, the id of a benchmark, the path of a table; or several ids and paths
joined by ``+``, as in ``"cell201-digits-v1+mine.h5"``."""


Sources: TypeAlias = Annotated[
    Sequence[SourceLike] | SourceLike,
    InWords(
        "the id of a benchmark, the path of a table, several of them joined by +, or "
        "a strategies.transfer.Source"
    ),
]
"""The setting of a strategy."""


def load_sources(
    sources: Sequence[SourceLike] | SourceLike, context: SearchContext
) -> tuple[Source, ...]:
    """Return the sources, those that are named opened.

    Args:
        sources: One or several.
        context: What will be searched.

    Raises:
        NasbenchError: There is none, one cannot be opened, is given twice, is of
            another space, or is the very benchmark that is searched.
    """
    several = [sources] if isinstance(sources, (Source, str, Path)) else sources
    if not isinstance(several, Sequence) or not all(
        isinstance(one, (Source, str, Path)) for one in several
    ):
        raise NasbenchError(f"{WANTED}, not {shown(sources)}")
    found: list[Source] = []
    for one in several:
        found += [one] if isinstance(one, Source) else map(_opened, _names(str(one)))
    if not found:
        raise NasbenchError(f"{WANTED}; give sources=...")
    for source in found:
        source.check(context)
    if len({id(one) for one in found}) < len(found):
        names = ", ".join(one.name for one in found)
        raise NasbenchError(f"a source is given twice: {names}")
    return tuple(found)


class ReadsSources:
    """What a strategy that has a setting `sources` is besides a strategy."""

    @classmethod
    def inputs(cls, context: SearchContext, **settings: Any) -> Mapping[str, str]:
        """Return the digests of the sources."""
        loaded = load_sources(settings["sources"], context)
        return {f"source {one.name}": one.digest for one in loaded}


def _names(text: str) -> list[str]:
    """Return the ids and paths of a text; a file may have a ``+`` in its name."""
    if Path(text).exists():
        return [text]
    return [name for part in text.split("+") if (name := part.strip())]


def _alike(source: BenchmarkSpec, target: BenchmarkSpec) -> str:
    """Return how a source gives a target's answers away; an empty text: it does not."""
    if source.digest and source.digest == target.digest:
        return "is the table of"
    trained = (source.task_fingerprint, source.recipe)
    if all(trained) and trained == (target.task_fingerprint, target.recipe):
        return "was trained on the task of and by the recipe of"
    return ""


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
