"""A network that a function of this process runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nasbench.hardware.target import Clock, Timing
from nasbench.hardware.timing import time_calls


@dataclass(frozen=True)
class PreparedCall:
    """A network in a runtime of this process: one call passes one batch.

    Attributes:
        call: Passes the batch.
        deviation: Largest difference from torch's outputs, as a share.
        clock: The clock of the target.
    """

    call: Callable[[], object]
    deviation: float
    clock: Clock = "cpu"

    def time_visit(self, warm_up: int, runs: int) -> Timing:
        """Run `warm_up` times, then time `runs` runs one by one."""
        return time_calls(self.call, (warm_up, runs), self.clock)
