"""Ratios of timings that other work on the machine cannot move for long.

What slows a machine down comes and goes; code is never faster than it is. So two calls
are timed in turns, the least time of each counts, and a ratio that is out of bounds is
measured on before it is believed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

ROUNDS = 5
PATIENCE = 50


def cpu_seconds(call: Callable[[], object], number: int = 1) -> float:
    """Return the CPU seconds of this process per call."""
    return _seconds(time.process_time, call, number)


def wall_seconds(call: Callable[[], object], number: int = 1) -> float:
    return _seconds(time.perf_counter, call, number)


def _seconds(
    clock: Callable[[], float], call: Callable[[], object], number: int
) -> float:
    start = clock()
    for _ in range(number):
        call()
    return (clock() - start) / number


def ratio_in_turns(
    measured: Callable[[], float], baseline: Callable[[], float], below: float
) -> float:
    """Return the least seconds of `measured` over the least seconds of `baseline`.

    Both are measured in turns, ``ROUNDS`` times, and on until the ratio is under
    `below`, but no more than ``PATIENCE`` times.
    """
    least, least_baseline = float("inf"), float("inf")
    for turn in range(1, PATIENCE + 1):
        least = min(least, measured())
        least_baseline = min(least_baseline, baseline())
        if turn >= ROUNDS and least < below * least_baseline:
            break
    return least / least_baseline
