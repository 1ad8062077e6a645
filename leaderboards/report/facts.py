"""What a report says of its benchmarks."""

from __future__ import annotations

from dataclasses import dataclass

from nasbench.benchmark import Benchmark, Referee, Specified, Split


@dataclass(frozen=True)
class BenchmarkFacts:
    """What a reader has to know of a benchmark to judge a board.

    Attributes:
        name: The id, as on the board.
        space: Name of the search space.
        combinations: Number of combinations of options in the space.
        epochs: The full training budget of one architecture.
        seeds: How many seeds the benchmark holds.
        best_validation_accuracy: Largest mean in [0, 1]; None if it is unknown.
        best_test_accuracy: Largest mean in [0, 1]; None if it is unknown.
        task: Name of the task, where the benchmark has a spec.
        digest: Content digest of its numbers, where it has a spec.
    """

    name: str
    space: str
    combinations: int
    epochs: int
    seeds: int
    best_validation_accuracy: float | None = None
    best_test_accuracy: float | None = None
    task: str | None = None
    digest: str | None = None

    @classmethod
    def of(cls, benchmark: Benchmark) -> BenchmarkFacts:
        """Read the facts off a benchmark."""
        spec = benchmark.spec if isinstance(benchmark, Specified) else None
        best: dict[Split, float | None] = {}
        if isinstance(benchmark, Referee):
            best["validation"] = benchmark.best_accuracy("validation")
            best["test"] = benchmark.best_accuracy("test")
        return cls(
            name=benchmark.name,
            space=benchmark.space.name,
            combinations=benchmark.space.size,
            epochs=benchmark.epochs,
            seeds=len(benchmark.seeds),
            best_validation_accuracy=best.get("validation"),
            best_test_accuracy=best.get("test"),
            task=spec.task if spec else None,
            digest=spec.digest if spec else None,
        )
