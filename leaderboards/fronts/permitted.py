"""What is best among the architectures that keep the limits of a board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nasbench.benchmark import Benchmark, Evaluation, Referee, Split
from nasbench.errors import NasbenchError
from nasbench.search import Constraint, read_cost
from nasbench.spaces import Architecture

LARGEST = 10**6
"""Architectures of the largest space that is walked through as a whole."""


def is_known_whole(benchmark: Benchmark) -> bool:
    """Return whether all of a benchmark's evaluations can be looked up.

    Of live training they cannot, nor of a space too large to list.
    """
    return (
        benchmark.space.size <= LARGEST
        and isinstance(benchmark, Referee)
        and benchmark.best_accuracy("validation") is not None
    )


def permitted(
    benchmark: Benchmark, constraints: Sequence[Constraint]
) -> Iterator[tuple[Architecture, Evaluation]]:
    """Yield what keeps all limits, with its mean evaluation at the full budget.

    Raises:
        NasbenchError: Not all of the benchmark can be looked up.
    """
    if not is_known_whole(benchmark):
        raise NasbenchError(
            f"nobody knows all of {benchmark.name}; exact fronts and optima need a "
            f"complete table, or a surrogate of up to {LARGEST:,} architectures"
        )
    for architecture in benchmark.space:
        if constraints:
            costs = benchmark.cost_model(architecture)
            known = ((one, read_cost(one.column, costs)) for one in constraints)
            if any(value is not None and one.excess(value) for one, value in known):
                continue
        evaluation = benchmark.evaluate(architecture)
        if not any(one.violation(evaluation) for one in constraints):
            yield architecture, evaluation


def best_permitted(
    benchmark: Benchmark, split: Split, constraints: Sequence[Constraint] = ()
) -> float | None:
    """Return the largest mean accuracy of the architectures that keep all limits.

    It is None where the best is unknown, and where no architecture keeps them.
    """
    if not isinstance(benchmark, Referee):
        return None
    if not constraints or not is_known_whole(benchmark):
        return None if constraints else benchmark.best_accuracy(split)
    accuracies = (
        benchmark.mean_accuracy(architecture, split)
        for architecture, _ in permitted(benchmark, constraints)
    )
    return max((one for one in accuracies if one == one), default=None)
