"""An ensemble, and how it grew; what a growth leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import BenchmarkSpec, Status
from nasbench.spaces import Architecture
from strategies.weight_sharing.trace import TraceIdentity

Ending = Literal["rounds", "gain", "failed"]
"""Why no network followed: there were as many as allowed, another would not have paid,
or all candidates of a round were lost."""


@dataclass(frozen=True, eq=False)
class Round:
    """One round of growth.

    Attributes:
        architecture: The network that was taken.
        depth: Its operations in a row: on the longest path of a cell, or its layers.
        weights: ``(networks,)`` of the ensemble after the round.
        objective: F after the round, in nats.
        parameters: Learned parameters of all networks with a weight.
        validation_accuracy: Of the ensemble, in [0, 1].
        test_accuracy: Of the ensemble, in [0, 1]; for the referee alone, nothing of
            the growth depends on it.
        seconds: CPU seconds of all training and fitting up to and with this round.
    """

    architecture: Architecture
    depth: int
    weights: NDArray[np.float64]
    objective: float
    parameters: int
    validation_accuracy: float
    test_accuracy: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Growth:
    """An ensemble, and how it grew.

    Its accuracy is that of several networks together and stands in a column of its
    own: no architecture of the space has it, and no table can look it up.

    Attributes:
        identity: What was grown, by what, how.
        ended: Why it ended.
        rounds: The rounds that were taken.
    """

    identity: TraceIdentity
    ended: Ending
    rounds: tuple[Round, ...]

    @property
    def status(self) -> Status:
        """FAILED where all candidates of a round were lost to a loss not finite."""
        return Status.FAILED if self.ended == "failed" else Status.COMPLETE

    @property
    def failed(self) -> bool:
        """Whether the growth failed; the rounds before that stand."""
        return self.ended == "failed"

    @property
    def test_accuracy(self) -> float | None:
        """Of the ensemble at the end, in [0, 1]; None before there is one."""
        return self.rounds[-1].test_accuracy if self.rounds else None

    @property
    def parameters(self) -> int:
        """Learned parameters of the ensemble at the end."""
        return self.rounds[-1].parameters if self.rounds else 0

    @property
    def name(self) -> str:
        """Method and seed, as in ``adanet, seed 0``."""
        return f"{self.identity.method}, seed {self.identity.seed}"

    def fits(self, spec: BenchmarkSpec) -> bool:
        """Return whether a benchmark was made on what the networks were trained on."""
        return self.identity.fits(spec)

    def equals(self, other: Growth) -> bool:
        """Return whether all but the seconds is the same, bit for bit."""
        return (
            self.identity == other.identity
            and self.ended == other.ended
            and len(self.rounds) == len(other.rounds)
            and all(map(_equal, self.rounds, other.rounds))
        )


def _equal(one: Round, other: Round) -> bool:
    names = (
        *("architecture", "depth", "objective", "parameters"),
        *("validation_accuracy", "test_accuracy"),
    )
    return np.array_equal(one.weights, other.weights) and all(
        getattr(one, name) == getattr(other, name) for name in names
    )
