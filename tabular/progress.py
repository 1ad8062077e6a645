"""How far a build is, and when it will end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from nasbench.training.engine import EngineSelection


@dataclass(frozen=True)
class Progress:
    """How far a build is.

    Attributes:
        done: Trainings finished, those of earlier runs included.
        total: Trainings that the finished table holds.
        seconds: Since this run began to train.
        rate: Trainings per second of this run; 0 before the first.
        seconds_left: At this rate; infinite before the first.
        engine: What trains, and why it is not the fused engine where it is not.
    """

    done: int
    total: int
    seconds: float
    rate: float
    seconds_left: float
    engine: EngineSelection


class ProgressClock:
    """Counts trainings and foretells the end.

    Attributes:
        done: Trainings finished.
        total: Trainings that the finished table holds.
    """

    def __init__(
        self,
        done: int,
        missing: int,
        engine: EngineSelection,
        report: Callable[[Progress], None] | None,
    ) -> None:
        self._before = self.done = done
        self.total = done + missing
        self._engine = engine
        self._report = report
        self._start = time.monotonic()
        self._tell()

    def advance(self, trainings: int) -> None:
        """Count so many trainings more, and report."""
        self.done += trainings
        self._tell()

    def _tell(self) -> None:
        if self._report is None:
            return
        seconds = time.monotonic() - self._start
        new = self.done - self._before
        rate = new / seconds if new else 0.0
        left = (self.total - self.done) / rate if rate else float("inf")
        self._report(Progress(self.done, self.total, seconds, rate, left, self._engine))
