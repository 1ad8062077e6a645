"""Speed of the statistics of a board, as ratios to plain loops in the same run.

The loop resamples and sorts as the definition says, for one strategy at one time, and
is scaled up to what the measure computes.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from pytest_benchmark.fixture import BenchmarkFixture
from timings import cpu_seconds, ratio_in_turns

from leaderboards.measures import (
    RunCurves,
    benchmark_aggregates,
    improvement_matrix,
    pooled_aggregates,
)

REPLICATES = 1000
SHAPE = 8, 100, 3, 40


@pytest.fixture(scope="module")
def curves() -> RunCurves:
    """Searches on a table of 5,260 distinct regrets."""
    rng = np.random.default_rng(0)
    k, n, b, t = SHAPE
    drawn = rng.choice(rng.exponential(0.05, 5260), size=SHAPE)
    return RunCurves(
        tuple(f"s{i}" for i in range(k)),
        tuple(range(n)),
        tuple(f"b{i}" for i in range(b)),
        np.arange(1.0, t + 1),
        "evaluations",
        "test regret",
        np.minimum.accumulate(drawn, axis=-1),
        np.full((k, n, b), float(t)),
    )


def loop_over_replicates(runs: np.ndarray) -> None:
    """Resample ``(n, b)`` runs and take the three aggregates, one by one."""
    rng = np.random.default_rng(1)
    n, b = runs.shape
    for _ in range(REPLICATES // 10):
        rows = rng.integers(n, size=(n, b))
        drawn = np.take_along_axis(runs, rows, axis=0).reshape(-1)
        drawn.mean(), np.median(drawn), scipy.stats.trim_mean(drawn, 0.25)


def test_pooled_aggregates(benchmark: BenchmarkFixture, curves: RunCurves) -> None:
    def measure() -> object:
        return pooled_aggregates(curves, np.random.default_rng(0), REPLICATES)

    benchmark.pedantic(measure, rounds=1)
    k, _, _, t = SHAPE
    runs = curves.at()[0]

    def loop() -> float:
        return 10 * k * t * cpu_seconds(lambda: loop_over_replicates(runs))

    ratio = ratio_in_turns(lambda: cpu_seconds(measure), loop, 0.1)
    benchmark.extra_info["ratio to a loop over replicates"] = ratio
    assert ratio < 0.1


def test_aggregates_by_benchmark(
    benchmark: BenchmarkFixture, curves: RunCurves
) -> None:
    def measure() -> object:
        return benchmark_aggregates(curves, np.random.default_rng(0), REPLICATES)

    benchmark.pedantic(measure, rounds=1)
    k, _, b, t = SHAPE
    one = curves.at()[0, :, :1]

    def loop() -> float:
        return 10 * k * b * t * cpu_seconds(lambda: loop_over_replicates(one))

    ratio = ratio_in_turns(lambda: cpu_seconds(measure), loop, 0.05)
    benchmark.extra_info["ratio to a loop over replicates"] = ratio
    assert ratio < 0.05


def test_improvement(benchmark: BenchmarkFixture, curves: RunCurves) -> None:
    def measure() -> object:
        rng = np.random.default_rng(0)
        return improvement_matrix(curves, rng, replicates=REPLICATES)

    def loop() -> None:
        rng = np.random.default_rng(1)
        first, second = curves.at()[0, :, 0], curves.at()[1, :, 0]
        for _ in range(REPLICATES // 10):
            a, b = rng.choice(first, len(first)), rng.choice(second, len(second))
            ((a[:, None] < b) + (a[:, None] == b) / 2).mean()

    benchmark.pedantic(measure, rounds=1)
    k, _, b, _ = SHAPE
    loops = 10 * k * (k - 1) / 2 * b
    ratio = ratio_in_turns(
        lambda: cpu_seconds(measure), lambda: loops * cpu_seconds(loop), 0.2
    )
    benchmark.extra_info["ratio to a loop over replicates"] = ratio
    assert ratio < 0.2
