"""What the strategy's own work is charged: its overhead, and proxies it asks for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from time import process_time
from typing import Literal

from nasbench.proxy_source import MeteredProxies


class Thinking:
    """Measures between `begin` and `end`, which stand around every ask and tell.

    Attributes:
        measured: CPU seconds of every call so far, where they are measured.
        seconds: All that was charged.
        proxy_seconds: The part that went to proxies.
    """

    def __init__(
        self, overhead: float | Literal["measured"], meter: MeteredProxies | None
    ) -> None:
        self.measured: list[float] = []
        self.seconds = 0.0
        self.proxy_seconds = 0.0
        self._overhead = overhead
        self._meter = meter
        self._recorded: deque[float] = deque()
        self._started = 0.0

    @property
    def is_free(self) -> bool:
        """Whether nothing can ever be charged."""
        return self._overhead == 0 and self._meter is None

    def expect(self, recorded: Iterable[float]) -> None:
        """Take the next measurements from the record of an earlier run."""
        self._recorded.extend(recorded)

    def begin(self) -> None:
        """Start to measure."""
        if self._overhead == "measured":
            self._started = process_time()

    def search(self, seconds: float) -> float:
        """Charge what a proposal's own search took; return it."""
        self.seconds += seconds
        return seconds

    def end(self, proposals: int = 0) -> float:
        """Return the seconds that are charged since `begin`.

        Args:
            proposals: How many came of it; they carry a declared overhead.
        """
        if self._overhead == "measured":
            spent = process_time() - self._started
            if self._recorded:
                spent = self._recorded.popleft()
            self.measured.append(spent)
        else:
            spent = self._overhead * proposals
        if self._meter is not None:
            added = self._meter.seconds - self.proxy_seconds
            self.proxy_seconds = self._meter.seconds
            spent += added
        self.seconds += spent
        return spent
