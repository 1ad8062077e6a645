"""Simulated time: workers that train, and the strategy that thinks."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Generic, TypeVar

Training = TypeVar("Training")


class Clock(Generic[Training]):
    """An event queue of trainings under way.

    What happens at one moment is ordered: trainings that end are told in the order in
    which they started, and only then do idle workers take new ones, the lowest number
    first. The strategy is one process: its thinking delays what it is asked for, one
    request after the other, while trainings go on.

    Costs that are NaN make the time NaN; with a single worker the order of events
    does not depend on it.

    Attributes:
        now: Simulated seconds since the run began.
        ready: When the strategy is done with all that it was asked and told.
    """

    def __init__(self, workers: int, speeds: Sequence[float] = ()) -> None:
        self.now = 0.0
        self.ready = 0.0
        self._speeds = tuple(speeds) or (1.0,) * workers
        self._idle = list(range(workers))
        # (end, number of the start, worker, seconds, training): numbers differ, so
        # trainings are never compared.
        self._under_way: list[tuple[float, int, int, float, Training]] = []
        self._starts = 0

    @property
    def is_due(self) -> bool:
        """Whether a training ends at this very moment."""
        return bool(self._under_way) and not self._under_way[0][0] > self.now

    @property
    def has_idle(self) -> bool:
        """Whether a worker waits for something to train."""
        return bool(self._idle)

    @property
    def is_busy(self) -> bool:
        """Whether a training is under way."""
        return bool(self._under_way)

    def think(self, seconds: float) -> None:
        """Let the strategy think, from now or from the end of its last thought."""
        self.ready = self._next_start() + seconds

    def start(self, seconds: float, training: Training) -> None:
        """Give a training to the idle worker of the lowest number.

        Args:
            seconds: What it takes at speed 1.
            training: What `finish` returns.
        """
        worker = heappop(self._idle)
        busy = seconds / self._speeds[worker]
        end = self._next_start() + busy
        heappush(self._under_way, (end, self._starts, worker, busy, training))
        self._starts += 1

    def wait(self) -> None:
        """Move on to the moment when the next training ends."""
        self.now = self._under_way[0][0]

    def finish(self) -> tuple[int, float, Training]:
        """Return the worker that is idle now, how long it was busy, and with what."""
        end, _, worker, busy, training = heappop(self._under_way)
        if end != end:
            self.now = end
        heappush(self._idle, worker)
        return worker, busy, training

    def _next_start(self) -> float:
        """Return the later one of `now` and `ready`; NaN if one of them is."""
        now, ready = self.now, self.ready
        return now if now > ready or now != now else ready

    def __repr__(self) -> str:
        return f"Clock({self.now} s, {len(self._under_way)} under way)"
