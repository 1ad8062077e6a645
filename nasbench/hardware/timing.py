"""Time calls one by one; what a visit to a network comes down to."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nasbench.hardware.target import Clock, Timing

NANOSECONDS_PER_MS = 1e6


@dataclass(frozen=True)
class Clocks:
    """Where times are read, in nanoseconds.

    Attributes:
        cpu: CPU time of the process, all of its threads: some runtimes work in a
            thread of their own.
        wall: Time that passes.
    """

    cpu: Callable[[], int] = time.process_time_ns
    wall: Callable[[], int] = time.perf_counter_ns


def time_calls(
    call: Callable[[], object],
    counts: tuple[int, int],
    clock: Clock,
    clocks: Clocks | None = None,
) -> Timing:
    """Call some times for warming up, then time each of some more calls.

    Python's garbage collector rests meanwhile.

    Args:
        call: What to time.
        counts: How many calls warm up, and how many are timed.
        clock: Which time p10, p90 and min are of.
        clocks: Where times are read.
    """
    warm_up, runs = counts
    cpu, wall = (clocks or Clocks()).cpu, (clocks or Clocks()).wall
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(warm_up):
            call()
        cpu_ns, wall_ns = [], []
        for _ in range(runs):
            wall_start, cpu_start = wall(), cpu()
            call()
            cpu_end, wall_end = cpu(), wall()
            cpu_ns.append(cpu_end - cpu_start)
            wall_ns.append(wall_end - wall_start)
    finally:
        if collecting:
            gc.enable()
    return summarise(cpu_ns, wall_ns, clock)


def summarise(
    cpu_ns: Sequence[float] | None, wall_ns: Sequence[float], clock: Clock
) -> Timing:
    """Return the medians and percentiles of runs that were timed one by one.

    Args:
        cpu_ns: CPU nanoseconds of every run; None where they mean nothing.
        wall_ns: Wall nanoseconds of every run.
        clock: Which of the two percentiles are of.
    """
    wall = np.asarray(wall_ns, np.float64) / NANOSECONDS_PER_MS
    cpu = None if cpu_ns is None else np.asarray(cpu_ns, np.float64)
    cpu = None if cpu is None else cpu / NANOSECONDS_PER_MS
    shown = wall if clock == "wall" or cpu is None else cpu
    low, high = np.percentile(shown, (10, 90))
    return Timing(
        cpu_ms=float("nan") if cpu is None else float(np.median(cpu)),
        wall_ms=float(np.median(wall)),
        p10_ms=float(low),
        p90_ms=float(high),
        min_ms=float(shown.min()),
    )
