"""A surrogate as a benchmark: searched like a table, without having trained it all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, get_args

import numpy as np

from nasbench.benchmark import (
    BenchmarkSpec,
    CostModel,
    Evaluation,
    Measurements,
    Split,
    StaticCosts,
    Status,
)
from nasbench.errors import NasbenchError, unknown
from nasbench.spaces import Architecture, Architectures, SearchSpace
from surrogates.curve_options import predict_curves
from surrogates.model import Floats
from surrogates.multi_fidelity import MultiFidelity
from surrogates.surrogate import Surrogate
from surrogates.trial_noise import TrialNoise

if TYPE_CHECKING:
    from surrogates.latency.stored_latency import StoredLatency

TRIALS = 5
"""Seeds whose trials can be asked for."""

ENUMERATED = 2**17
"""Spaces up to this size are predicted as a whole, class by class.

Larger ones, up to `surrogates.surrogate.TABULATED_UNASKED`, are predicted as a whole
when a large batch is asked for, and without their classes.
"""

REMEMBERED = 2**17
"""Architectures of larger spaces whose curves are remembered."""


@dataclass(frozen=True, eq=False)
class BenchmarkParts:
    """What a surrogate benchmark is made of.

    Attributes:
        validation: Predicts validation accuracy after full training.
        test: Predicts test accuracy; None where it was not known.
        seconds: Predicts CPU seconds per epoch; None where they were not known.
        curves: Predicts how accuracy grows; None where only the last epoch was known.
        noise: Scatter between trials, measured on seeds; None where there was one
            trial each, then the predictions' own uncertainty stands in for it.
        costs: Parameters, FLOPs and depth, and what simulated targets say.
        trained: ``(n, decisions) uint8``, the architectures that it was fitted to.
        facts: What a reader has to know: the source's id, task, recipe and digest,
            how the architectures were chosen.
        latencies: Predict what was measured on some networks, target by target.
    """

    validation: Surrogate
    test: Surrogate | None
    seconds: Surrogate | None
    curves: MultiFidelity | None
    noise: TrialNoise | None
    costs: CostModel
    trained: Architectures
    facts: dict[str, Any]
    latencies: tuple[StoredLatency, ...] = ()


class SurrogateBenchmark:
    """A `Benchmark` and a `Referee` whose answers are predictions.

    ``evaluate(architecture)`` answers with the expected accuracy (mean mode),
    ``evaluate(architecture, seed=s)`` with one drawn trial (noise mode): always the
    same for the same class and seed, on any machine. Latencies on simulated targets are
    computed exactly; those on measured targets are predicted, under the same names, and
    the facts of the parts say so. In spaces that can be enumerated
    all members of a class get the answer of the first; elsewhere they do where the
    encoding does not tell them apart.

    Attributes:
        name: The file's name without its ending.
        space: The space.
        epochs: The full budget of one training.
        seeds: The seeds of the drawn trials.
        cost_model: Parameters, FLOPs and depth, and what simulated targets say.
        parts: What it is made of.
    """

    def __init__(self, name: str, epochs: int, parts: BenchmarkParts) -> None:
        self.name = name
        self.epochs = epochs
        self.parts = parts
        self.space: SearchSpace = parts.validation.space
        self.seeds: tuple[int, ...] = tuple(range(TRIALS))
        self.cost_model: CostModel = parts.costs
        self._noise = parts.noise or TrialNoise.shared(epochs)
        self._first_of: dict[Architecture, Architecture] = {}
        self._known: dict[Architecture, tuple[Floats, float, float]] = {}
        self._drawn: dict[tuple[Architecture, int], Floats] = {}
        self._costs: dict[Architecture, tuple[StaticCosts, Measurements]] = {}
        self.digest = ""

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a surrogate benchmark's file.

        Raises:
            SurrogateError: The file is missing, damaged, or of another kind.
        """
        from surrogates.benchmark_file import read_benchmark

        name, epochs, parts, digest = read_benchmark(Path(path))
        made = cls(name, epochs, parts)
        made.digest = digest
        return made

    def save(self, path: str | Path) -> str:
        """Write the benchmark to a file without pickles; return its digest.

        Raises:
            NasbenchError: The file cannot be written.
        """
        from surrogates.benchmark_file import write_benchmark

        self.digest = write_benchmark(Path(path), self.epochs, self.parts)
        return self.digest

    def evaluate(
        self,
        architecture: Architecture,
        *,
        epochs: int | None = None,
        seed: int | None = None,
    ) -> Evaluation:
        """Return what training `architecture` would show; see `nasbench.Benchmark`.

        Seconds are NaN where the source of the surrogate had none.

        Raises:
            ArchitectureError: The space does not hold the architecture.
            NasbenchError: The epochs or the seed are not there.
        """
        first = self._first(architecture)
        last = self.epochs if epochs is None else epochs
        if last not in range(1, self.epochs + 1):
            raise NasbenchError(
                f"{self.name} has epochs 1 to {self.epochs}, not {last}"
            )
        if seed is not None and seed not in self.seeds:
            raise NasbenchError(f"{self.name} has seeds {list(self.seeds)}, not {seed}")
        mean, _, seconds = self._prediction(first)
        curve = mean if seed is None else self._trial(first, int(seed))
        costs, measured = self._cost(first)
        shown = tuple(curve[: int(last)].tolist())
        if shown[-1] != shown[-1]:
            raise NasbenchError(
                f"{self.name} predicts accuracy after {self.epochs} epochs only, not "
                f"after {last}: its source had no learning curves"
            )
        return Evaluation(
            validation_accuracy=shown[-1],
            curve=shown,
            cost_seconds=seconds * int(last),
            epochs=int(last),
            seed=seed,
            status=Status.COMPLETE,
            parameters=costs.parameters,
            flops=costs.flops,
            measured=measured,
        )

    def mean_accuracy(self, architecture: Architecture, split: Split) -> float:
        """Return the expected accuracy after full training; NaN if not modelled."""
        if split not in get_args(Split):
            raise NasbenchError(unknown("split", str(split), get_args(Split)))
        first = self._first(architecture)
        if split == "validation":
            return float(self._prediction(first)[0][-1])
        if self.parts.test is None:
            return float("nan")
        batch = np.array([first], np.uint8)
        return float(np.clip(self.parts.test.predict(batch), 0, 1)[0])

    def best_accuracy(self, split: Split) -> float | None:
        """Return the largest `mean_accuracy`; None where nobody can enumerate."""
        if not self._enumerable:
            return None
        if split not in get_args(Split):
            raise NasbenchError(unknown("split", str(split), get_args(Split)))
        part = self.parts.validation if split == "validation" else self.parts.test
        if part is None:
            return None
        classes = self.space.classes.representatives
        predicted = part.predict(self.space.architectures_at(classes.tolist()))
        return float(np.clip(predicted, 0, 1).max())

    @property
    def spec(self) -> BenchmarkSpec:
        """All that decides the numbers."""
        facts = self.parts.facts
        return BenchmarkSpec(
            id=self.name,
            space=self.space.name,
            task=str(facts.get("task", "")),
            task_fingerprint=str(facts.get("task_fingerprint", "")),
            recipe=str(facts.get("recipe", "")),
            seeds=self.seeds,
            digest=self.digest,
        )

    def __repr__(self) -> str:
        return f"SurrogateBenchmark({self.name!r}, {self.space.name})"

    @cached_property
    def _enumerable(self) -> bool:
        """Whether the space is small; then everything is predicted now."""
        if self.space.size > ENUMERATED:
            return False
        for part in (self.parts.validation, self.parts.test, self.parts.seconds):
            if part is not None:
                part.tabulate()
        return True

    def _first(self, architecture: Architecture) -> Architecture:
        """Check an architecture; return the first member of its class, if known."""
        try:
            return self._first_of[architecture]
        except (KeyError, TypeError):
            checked = self.space.check(architecture)
        if not self._enumerable:
            return checked
        classes = self.space.classes
        number = classes.class_of.item(self.space.index(checked))
        first = self.space.architecture_at(int(classes.representatives[number]))
        return self._first_of.setdefault(checked, first)

    def _prediction(self, first: Architecture) -> tuple[Floats, float, float]:
        """Return the mean curve, the deviation of its end, and seconds per epoch."""
        if first not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[first] = self._predict(first)
        return self._known[first]

    def _cost(self, first: Architecture) -> tuple[StaticCosts, Measurements]:
        """Return the costs, and all that targets say, computed or predicted."""
        if first not in self._costs:
            if len(self._costs) >= REMEMBERED:
                self._costs.clear()
            costs = self.cost_model(first)
            measured = costs.modelled
            if self.parts.latencies:
                batch = np.array([first], np.uint8)
                predicted = {
                    # A network that computes nothing has nothing to be run.
                    f"latency:{one.target}": float(one.predict(batch)[0])
                    if costs.flops
                    else nan
                    for one in self.parts.latencies
                }
                measured = Measurements({**measured, **predicted})
            self._costs[first] = costs, measured
        return self._costs[first]

    def _predict(self, first: Architecture) -> tuple[Floats, float, float]:
        batch = np.array([first], np.uint8)
        final, deviation = self.parts.validation.predict(batch, return_std=True)
        curve = np.full(self.epochs, np.nan)
        if self.parts.curves is not None:
            grown = predict_curves(self.parts.curves, self.parts.validation, batch)[0]
            # The model of the end is the better one; that of curves gives the way.
            curve = grown - grown[-1]
            curve += final[0]
        curve[-1] = final[0]
        seconds = float("nan")
        if self.parts.seconds is not None:
            seconds = float(self.parts.seconds.predict(batch)[0])
        return np.clip(curve, 0, 1), float(deviation[0]), seconds

    def _trial(self, first: Architecture, seed: int) -> Floats:
        key = (first, seed)
        if key not in self._drawn:
            if len(self._drawn) >= REMEMBERED:
                self._drawn.clear()
            mean, deviation, _ = self._prediction(first)
            noise = self._noise.draw(float(mean[-1]), _generator(first, seed))
            if self.parts.noise is None:
                noise = noise * deviation
            self._drawn[key] = np.clip(mean + noise, 0, 1)
        return self._drawn[key]


def _generator(architecture: Architecture, seed: int) -> np.random.Generator:
    """Return the generator of one trial, the same in every process."""
    text = f"{seed}:{','.join(map(str, architecture))}"
    entropy = int.from_bytes(hashlib.sha256(text.encode()).digest(), "little")
    return np.random.default_rng(entropy)
