"""Several tasks at once: one benchmark out of several on the same space."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from math import isclose, isfinite, nan

import numpy as np

from nasbench.benchmark import (
    Benchmark,
    CostModel,
    Evaluation,
    Measurements,
    Referee,
    Split,
    StaticCosts,
    Status,
)
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture, SearchSpace

LARGEST = 10**6
"""Architectures of the largest space in which the best is looked for."""

_TERM = re.compile(r"(?:(?P<weight>[0-9.]+(?:[eE][+-]?[0-9]+)?)\*)?(?P<name>.+)")


class SeveralTasks:
    """A `Benchmark` and `Referee` that trains every architecture on several tasks.

    Its accuracy is the weighted mean over the tasks. The single accuracies are there
    too, as ``accuracy:NAME`` in `Evaluation.measured`, and can be objectives of their
    own. A training costs the sum of its seconds on all tasks, and fails where one of
    them fails; parameters, FLOPs and depth are the largest over the tasks, so that a
    limit which is kept is kept on each.

    Attributes:
        benchmarks: One per task.
        weights: One per task, positive, with sum 1.
        name: The weighted sum, as in ``0.5*a+0.5*b``.
        space: The space of all of them.
        epochs: The full budget of each.
        seeds: The seeds that all of them have.
        cost_model: Largest costs over the tasks.
    """

    def __init__(
        self, benchmarks: Sequence[Benchmark], weights: Sequence[float] | None = None
    ) -> None:
        self.benchmarks = tuple(benchmarks)
        given = [1.0] * len(self.benchmarks) if weights is None else list(weights)
        _check(self.benchmarks, given)
        self.weights = tuple(weight / sum(given) for weight in given)
        named = zip(self.weights, self.benchmarks, strict=True)
        self.name = "+".join(f"{weight:.4g}*{one.name}" for weight, one in named)
        first = self.benchmarks[0]
        self.space: SearchSpace = first.space
        self.epochs = first.epochs
        self.seeds = tuple(
            seed
            for seed in first.seeds
            if all(seed in one.seeds for one in self.benchmarks)
        )
        self.cost_model: CostModel = LargestCosts(
            tuple(one.cost_model for one in self.benchmarks)
        )
        self._columns = tuple(f"accuracy:{one.name}" for one in self.benchmarks)
        self._evaluations: dict[tuple[Architecture, int | None], Evaluation] = {}

    @classmethod
    def of_text(cls, text: str, open_one: Callable[[str], Benchmark]) -> SeveralTasks:
        """Read ``a+b``, or with weights ``0.7*a+0.3*b``.

        Args:
            text: Names of benchmarks, joined by plus signs.
            open_one: Returns the benchmark of one name.

        Raises:
            NasbenchError: A name is missing, or what they name does not go together.
        """
        terms = [_TERM.fullmatch(term.strip()) for term in text.split("+")]
        found = [term for term in terms if term is not None]
        if len(found) < len(terms):
            raise NasbenchError(
                f"{text!r}: a name is missing; write tasks as in 'a+b' or '0.7*a+0.3*b'"
            )
        weights = [term["weight"] for term in found]
        if None in weights and len(set(weights)) > 1:
            raise NasbenchError(f"{text!r}: give every task a weight, or none")
        try:
            numbers = None if None in weights else [float(one) for one in weights]
        except ValueError:
            raise NasbenchError(f"{text!r}: a weight is no number") from None
        return cls([open_one(term["name"]) for term in found], numbers)

    def evaluate(
        self,
        architecture: Architecture,
        *,
        epochs: int | None = None,
        seed: int | None = None,
    ) -> Evaluation:
        """Return what training `architecture` on every task showed.

        Evaluations of the full budget are kept; strategies ask for them often.

        Raises:
            NasbenchError: The architecture, the epochs or the seed are not there.
        """
        if epochs is not None and epochs != self.epochs:
            return self._evaluated(architecture, epochs, seed)
        key = (architecture, seed)
        if key not in self._evaluations:
            self._evaluations[key] = self._evaluated(architecture, self.epochs, seed)
        return self._evaluations[key]

    def mean_accuracy(self, architecture: Architecture, split: Split) -> float:
        """Return the weighted accuracy, mean over seeds; NaN where one is unknown."""
        total = 0.0
        for weight, one in zip(self.weights, self.benchmarks, strict=True):
            if not isinstance(one, Referee):
                return nan
            total += weight * one.mean_accuracy(architecture, split)
        return total

    def best_accuracy(self, split: Split) -> float | None:
        """Return the largest weighted accuracy; None where nobody knows all of them."""
        return self._best[split]

    @cached_property
    def _best(self) -> dict[Split, float | None]:
        splits: tuple[Split, ...] = ("validation", "test")
        return {split: self._best_of(split) for split in splits}

    def _best_of(self, split: Split) -> float | None:
        if self.space.size > LARGEST or not all(
            isinstance(one, Referee) and one.best_accuracy(split) is not None
            for one in self.benchmarks
        ):
            return None
        accuracies = (self.mean_accuracy(one, split) for one in self.space)
        return max((one for one in accuracies if one == one), default=None)

    def _evaluated(
        self, architecture: Architecture, epochs: int, seed: int | None
    ) -> Evaluation:
        told = [
            one.evaluate(architecture, epochs=epochs, seed=seed)
            for one in self.benchmarks
        ]
        costs = self.cost_model(architecture)
        accuracies = [one.validation_accuracy for one in told]
        known = [one for one in accuracies if one is not None]
        failed = len(known) < len(told) or any(
            one.status is Status.FAILED for one in told
        )
        curves = np.array([one.curve for one in told]) if not failed else None
        return Evaluation(
            None if failed else float(np.dot(self.weights, known)),
            () if curves is None else tuple((self.weights @ curves).tolist()),
            sum(one.cost_seconds for one in told),
            epochs,
            seed,
            Status.FAILED if failed else Status.COMPLETE,
            costs.parameters,
            costs.flops,
            Measurements(
                {
                    column: accuracy
                    for column, accuracy in zip(self._columns, accuracies, strict=True)
                    if accuracy is not None
                }
            ),
        )

    def __repr__(self) -> str:
        return f"SeveralTasks({self.name!r})"


class LargestCosts:
    """A cost model that takes the largest number of several; it knows no accuracy.

    Args:
        models: One per task.
    """

    def __init__(self, models: tuple[CostModel, ...]) -> None:
        self._models = models

    def __call__(self, architecture: Architecture) -> StaticCosts:
        """Return the largest costs of `architecture`."""
        each = [model(architecture) for model in self._models]
        return StaticCosts(
            parameters=max(one.parameters for one in each),
            flops=max(one.flops for one in each),
            depth=max(one.depth for one in each),
        )


def _check(benchmarks: tuple[Benchmark, ...], weights: list[float]) -> None:
    names = [one.name for one in benchmarks]
    if len(benchmarks) < 2 or len(set(names)) < len(names):
        raise NasbenchError(
            f"several tasks are two different ones or more, not {', '.join(names)}"
        )
    if len(weights) != len(benchmarks):
        raise NasbenchError(
            f"{len(weights)} weights are given for {len(benchmarks)} tasks"
        )
    if not all(weight > 0 and isfinite(weight) for weight in weights) or isclose(
        sum(weights), 0
    ):
        raise NasbenchError(f"weights of tasks are positive and finite, not {weights}")
    first = benchmarks[0]
    for other in benchmarks[1:]:
        if other.space != first.space:
            raise NasbenchError(
                f"{first.name} is on {first.space.name} and {other.name} on "
                f"{other.space.name}; several tasks need one space"
            )
        if other.epochs != first.epochs:
            raise NasbenchError(
                f"{first.name} trains {first.epochs} epochs and {other.name} "
                f"{other.epochs}; several tasks need equal budgets"
            )
