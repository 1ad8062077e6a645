"""What a weight-sharing search leaves behind, epoch by epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import BenchmarkSpec, Status
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture, Architectures

Setting = bool | int | float | str


@dataclass(frozen=True)
class TraceIdentity:
    """All that decides a search; equal identities on one machine type, equal bits.

    Attributes:
        space: Name of the space.
        task: Name of the task.
        task_fingerprint: SHA-256 over the task's arrays, cut by the recipe.
        recipe: Fingerprint of the table's recipe.
        method: Name of the method.
        settings: All settings of the method and of the supernet's training.
        seed: The seed of the search.
        versions: What computed it, as in ``{"torch": "2.6.0"}``.
    """

    space: str
    task: str
    task_fingerprint: str
    recipe: str
    method: str
    settings: Mapping[str, Setting]
    seed: int
    versions: Mapping[str, str] = field(default_factory=dict)

    def fits(self, spec: BenchmarkSpec) -> bool:
        """Return whether a benchmark was made on what was searched."""
        return (self.space, self.task_fingerprint, self.recipe) == (
            spec.space,
            spec.task_fingerprint,
            spec.recipe,
        )

    def differs(self, spec: BenchmarkSpec) -> str:
        """Return what was searched, in words that tell it from a benchmark."""
        named = f"{self.space} on {self.task}"
        if (self.space, self.task) != (spec.space, spec.task):
            return named
        same_images = self.task_fingerprint == spec.task_fingerprint
        return f"{named} by another {'recipe' if same_images else 'cut of the images'}"


def by_settings(traces: Sequence[Trace]) -> dict[str, list[Trace]]:
    """Return searches of one method by their settings, each named by what differs.

    As ``epochs=10`` and ``epochs=50``; where all are alike, the name is empty.
    """
    kinds: dict[str, list[Trace]] = {}
    for trace in traces:
        key = json.dumps(dict(trace.identity.settings), sort_keys=True)
        kinds.setdefault(key, []).append(trace)
    settings = [kind[0].identity.settings for kind in kinds.values()]
    names = dict.fromkeys(name for one in settings for name in one)
    differ = [n for n in names if len({str(one.get(n)) for one in settings}) > 1]
    return {
        ", ".join(
            f"{name}={kind[0].identity.settings.get(name)}" for name in differ
        ): kind
        for kind in kinds.values()
    }


@dataclass(frozen=True, eq=False)
class Trace:
    """A search of e finished epochs in a space of d decisions.

    Estimates are of the supernet with its shared weights, by validation images of the
    task that the same search also learned from; no test image is ever seen.

    Attributes:
        identity: What was searched, by what, how.
        status: FAILED where a loss or a parameter was no longer finite; the epoch in
            which that happened is the one after the last in the arrays.
        architectures: ``(e, d) uint8``, what the search would return after each epoch.
        parameters: ``(e, p) float32``, architecture parameters, option after option and
            decision after decision; p is 0 for methods without.
        estimates: ``(e,) float64`` in [0, 1], the supernet's accuracy on each epoch's
            architecture.
        training_seconds: ``(e,) float64``, CPU seconds of all training up to and with
            each epoch.
        selection_seconds: ``(e,) float64``, CPU seconds of choosing the architecture
            after that epoch; charged once, where the search stops.
        sampled: ``(n, d) uint8``, random architectures.
        sampled_estimates: ``(n,) float64``, the trained supernet's accuracy on each.
    """

    identity: TraceIdentity
    status: Status
    architectures: Architectures
    parameters: NDArray[np.float32]
    estimates: NDArray[np.float64]
    training_seconds: NDArray[np.float64]
    selection_seconds: NDArray[np.float64]
    sampled: Architectures
    sampled_estimates: NDArray[np.float64]

    @property
    def epochs(self) -> int:
        """The number of epochs that came to their end."""
        return len(self.architectures)

    @property
    def failed(self) -> bool:
        """Whether the search came to no end."""
        return self.status is Status.FAILED

    @property
    def found(self) -> Architecture:
        """The architecture that the search returned.

        Raises:
            NasbenchError: The search failed.
        """
        if self.status is Status.FAILED:
            raise NasbenchError(
                f"{self.name} failed in epoch {self.epochs + 1}; it found nothing"
            )
        return tuple(self.architectures[-1].tolist())

    @property
    def cost_seconds(self) -> float:
        """CPU seconds of the search: training, and choosing once."""
        if not self.epochs:
            return 0.0
        return float(self.training_seconds[-1] + self.selection_seconds[-1])

    @property
    def name(self) -> str:
        """Method and seed, as in ``darts, seed 0``."""
        return f"{self.identity.method}, seed {self.identity.seed}"

    def fits(self, spec: BenchmarkSpec) -> bool:
        """Return whether a benchmark was made on what was searched."""
        return self.identity.fits(spec)

    def check_same(self, spec: BenchmarkSpec) -> None:
        """Refuse a benchmark that was not made on what was searched.

        Raises:
            NasbenchError: Space, task or recipe differ.
        """
        identity = self.identity
        for what, mine, theirs in (
            ("space", identity.space, spec.space),
            ("task fingerprint", identity.task_fingerprint, spec.task_fingerprint),
            ("recipe", identity.recipe, spec.recipe),
        ):
            if mine != theirs:
                raise NasbenchError(
                    f"the search {self.name} and {spec.id} differ in their {what}: "
                    f"{mine} and {theirs}"
                )

    def equals(self, other: Trace) -> bool:
        """Return whether all but the seconds is the same, bit for bit."""
        arrays = (
            "architectures",
            "parameters",
            "estimates",
            "sampled",
            "sampled_estimates",
        )
        return (
            self.identity == other.identity
            and self.status == other.status
            and all(
                np.array_equal(getattr(self, name), getattr(other, name))
                for name in arrays
            )
        )
