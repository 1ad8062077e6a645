"""The measure of the timings itself."""

from __future__ import annotations

from itertools import chain, repeat

import timings


def test_a_disturbance_is_waited_for() -> None:
    disturbed = chain([9.0] * 20, repeat(3.0))
    assert timings.ratio_in_turns(disturbed.__next__, lambda: 1.0, 5) == 3


def test_a_disturbed_baseline_does_not_flatter() -> None:
    disturbed = chain([9.0] * 4, repeat(1.0))
    assert timings.ratio_in_turns(lambda: 3.0, disturbed.__next__, 2) == 3


def test_what_is_slow_stays_slow() -> None:
    calls = []

    def slow() -> float:
        calls.append(6.0)
        return 6.0

    assert timings.ratio_in_turns(slow, lambda: 1.0, 5) == 6
    assert len(calls) == timings.PATIENCE
