"""The protocol between what is searched and what searches; benchmarks by id."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from nasbench.errors import NasbenchError, unknown
from nasbench.spaces import Architecture, SearchSpace

ENTRY_POINTS = "nasbench.benchmarks"
"""Entry points of this group: the name is the id, the value is called with it."""


class Status(StrEnum):
    """How the training of an architecture ended."""

    COMPLETE = "complete"
    FAILED = "failed"


class Measurements(Mapping[str, float]):
    """Numbers by their names; it cannot be changed, and equals what holds the same.

    Unlike a dictionary it can be hashed, and unlike `types.MappingProxyType` pickled.
    """

    __slots__ = ("_numbers",)

    def __init__(self, numbers: Mapping[str, float] | None = None) -> None:
        self._numbers = dict(sorted((numbers or {}).items()))

    def __getitem__(self, name: str) -> float:
        return self._numbers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __hash__(self) -> int:
        return hash(tuple(self._numbers.items()))

    def __repr__(self) -> str:
        return f"Measurements({self._numbers!r})"


NOTHING_MEASURED = Measurements()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a strategy learns about one architecture; never its test accuracy.

    Attributes:
        validation_accuracy: Accuracy in [0, 1] after `epochs`; None where the
            training failed.
        curve: Validation accuracy after every epoch up to `epochs`.
        cost_seconds: CPU seconds of training and validating for `epochs` epochs.
        epochs: How many epochs were trained.
        seed: The seed of the trial; None stands for the mean over a table's seeds.
        status: Whether the training ended well.
        parameters: Number of learned parameters of the network.
        flops: Floating-point operations of one image's forward pass, two for a
            multiplication with its addition.
        measured: Further numbers that the benchmark has of the architecture, by the
            names of `nasbench.search.FAMILIES`, as in ``latency:laptop``.
    """

    validation_accuracy: float | None
    curve: tuple[float, ...]
    cost_seconds: float
    epochs: int
    seed: int | None
    status: Status
    parameters: int
    flops: int
    measured: Measurements = NOTHING_MEASURED


@dataclass(frozen=True, slots=True)
class StaticCosts:
    """What is known of an architecture without training it.

    Attributes:
        parameters: Number of learned parameters of the network.
        flops: Floating-point operations of one image's forward pass, two for a
            multiplication with its addition; pooling and sums are not counted.
        depth: Operations on the longest path through one cell.
        modelled: What simulated targets say, by the names of
            `nasbench.search.FAMILIES`, as in ``latency:sim-systolic-os32``.
    """

    parameters: int
    flops: int
    depth: int
    modelled: Measurements = NOTHING_MEASURED


CostModel: TypeAlias = Callable[[Architecture], StaticCosts]
"""What is free to know; holds nothing that was measured by training."""


class Benchmark(Protocol):
    """What a strategy is run against: a table, a surrogate, or live training."""

    @property
    def name(self) -> str:
        """The id of the benchmark, or what stands in its place on a board."""

    @property
    def space(self) -> SearchSpace:
        """The architectures that can be evaluated."""

    @property
    def epochs(self) -> int:
        """The full budget of one training."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that `evaluate` takes."""

    @property
    def cost_model(self) -> CostModel:
        """Parameters, FLOPs and depth of an architecture, without a way back here."""

    def evaluate(
        self,
        architecture: Architecture,
        *,
        epochs: int | None = None,
        seed: int | None = None,
    ) -> Evaluation:
        """Return what training `architecture` showed.

        Args:
            architecture: A member of `space`.
            epochs: How long to train, 1 to `self.epochs`; None for the full budget.
            seed: One of `seeds`; None for the mean over them.

        Raises:
            NasbenchError: The architecture, the epochs or the seed are not there.
        """


Split: TypeAlias = Literal["validation", "test"]


@runtime_checkable
class Referee(Protocol):
    """An ability of some benchmarks: to judge what was found. Not for strategies."""

    def mean_accuracy(self, architecture: Architecture, split: Split) -> float:
        """Return the accuracy in [0, 1] after full training, mean over seeds.

        It is NaN where no training of the architecture succeeded.
        """

    def best_accuracy(self, split: Split) -> float | None:
        """Return the largest `mean_accuracy` of the space; None if it is unknown."""


@dataclass(frozen=True)
class BenchmarkSpec:
    """All that decides a benchmark's numbers, for a paper or a manifest.

    Attributes:
        id: The versioned id, as in ``cell201-mini-digits-v1``.
        space: Name of the space.
        task: Name of the task.
        task_fingerprint: SHA-256 over the task's arrays.
        recipe: The recipe's fingerprint.
        seeds: The seeds of the trials.
        digest: Content digest of the numbers.
    """

    id: str
    space: str
    task: str
    task_fingerprint: str
    recipe: str
    seeds: tuple[int, ...]
    digest: str

    def to_json(self) -> str:
        """Return the spec as one JSON object."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> BenchmarkSpec:
        """Read what `to_json` wrote.

        Raises:
            NasbenchError: The text is not such an object.
        """
        try:
            fields = json.loads(text)
            return cls(**{**fields, "seeds": tuple(fields["seeds"])})
        except (ValueError, TypeError, KeyError) as error:
            raise NasbenchError(f"not a benchmark spec ({error}): {text!r}") from error


@runtime_checkable
class Specified(Protocol):
    """An ability of some benchmarks: to say all that decides their numbers."""

    @property
    def spec(self) -> BenchmarkSpec:
        """The spec that `make` takes."""


def benchmark_ids() -> list[str]:
    """Return the ids of all benchmarks that are installed."""
    # Imported when asked for: opening a table by its path does not need it.
    from importlib.metadata import entry_points

    return sorted(entry_points(group=ENTRY_POINTS).names)


def make(benchmark: str | BenchmarkSpec) -> Benchmark:
    """Return the benchmark with this id, or of this spec.

    Raises:
        NasbenchError: No benchmark has the id, or its numbers are not the spec's.
    """
    from importlib.metadata import entry_points

    if not isinstance(benchmark, str | BenchmarkSpec):
        raise NasbenchError(
            f"make takes the id of a benchmark, or its BenchmarkSpec, not "
            f"{benchmark!r}; known are {', '.join(benchmark_ids())}"
        )
    name = benchmark if isinstance(benchmark, str) else benchmark.id
    for entry in entry_points(group=ENTRY_POINTS, name=name):
        made: Benchmark = entry.load()(name)
        if isinstance(benchmark, BenchmarkSpec) and not (
            isinstance(made, Specified) and made.spec == benchmark
        ):
            raise NasbenchError(f"the installed {name} is not the one of {benchmark}")
        return made
    raise NasbenchError(unknown("benchmark", name, benchmark_ids()))
