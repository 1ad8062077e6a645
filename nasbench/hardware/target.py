"""What a network's latency is asked of: a runtime on a device, or a model of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton
from nasbench.spaces import Architecture, SearchSpace

if TYPE_CHECKING:
    from nasbench.hardware.specimen import Specimen

Kind: TypeAlias = Literal["measured", "simulated"]

Clock: TypeAlias = Literal["cpu", "wall"]
"""Which of the two times of a visit is the latency."""


class RejectedError(NasbenchError):
    """Say why a target gives no latency of one network; the others go on."""


@dataclass(frozen=True)
class ModelledCost:
    """What a model says that one forward pass of one image costs.

    Attributes:
        latency_ms: Milliseconds.
        energy_mj: Millijoules; NaN where the model says nothing of energy.
        memory_bytes: Most bytes of activations that stand at once, in the target's
            number format; NaN where the model says nothing of memory.
        moved_bytes: Bytes read and written, weights included; NaN likewise.
    """

    latency_ms: float
    energy_mj: float
    memory_bytes: float = nan
    moved_bytes: float = nan


@dataclass(frozen=True)
class Timing:
    """One visit to a network: some timed runs, milliseconds per run.

    A run passes a whole batch; nothing is divided by its size.

    Attributes:
        cpu_ms: Median CPU time of the process over the runs; NaN where the processor
            is not what works.
        wall_ms: Median wall time.
        p10_ms: 10th percentile of the time that the target's clock shows.
        p90_ms: 90th percentile of it.
        min_ms: Its smallest value.
    """

    cpu_ms: float
    wall_ms: float
    p10_ms: float
    p90_ms: float
    min_ms: float

    def latency_ms(self, clock: Clock) -> float:
        """Return the median that `clock` shows."""
        return self.cpu_ms if clock == "cpu" else self.wall_ms


class Target(Protocol):
    """What every target has."""

    @property
    def name(self) -> str:
        """The name, which says what the target is, as in ``x86-ort-fp32``."""

    @property
    def kind(self) -> Kind:
        """Whether latencies are measured, or computed from a model."""


@runtime_checkable
class SimulatedTarget(Target, Protocol):
    """A closed form for latency and energy; nothing is run."""

    def cost(
        self, space: SearchSpace, architecture: Architecture, skeleton: Skeleton
    ) -> ModelledCost:
        """Return what the pruned network of `architecture` would cost.

        Raises:
            NasbenchError: The model does not know networks of this kind of space.
        """


class Prepared(Protocol):
    """A network inside a runtime, its outputs compared with torch's, ready to run."""

    @property
    def deviation(self) -> float:
        """Largest difference from torch's outputs, as a share of the largest one."""

    def time_visit(self, warm_up: int, runs: int) -> Timing:
        """Run `warm_up` times, then time `runs` runs one by one."""


@runtime_checkable
class MeasuredTarget(Target, Protocol):
    """A runtime on the device at hand; works in the process that prepares."""

    @property
    def clock(self) -> Clock:
        """Which time is the latency: CPU time, where one processor core works."""

    @property
    def tolerance(self) -> float:
        """The largest `Prepared.deviation` with which a network is timed."""

    def why_not(self) -> str | None:
        """Say why nothing can be measured here; None where it can."""

    def conditions(self) -> Mapping[str, str]:
        """Return what is part of the target's identity: batch, threads, versions."""

    def prepare(self, specimen: Specimen) -> Prepared:
        """Load a network and compare its outputs with torch's.

        Raises:
            RejectedError: The runtime does not take the network, or its outputs differ
                by more than `tolerance`.
        """
