"""The protocol on a runtime made up: order, warm-up, repeats, rejections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.hardware.measuring import BlockTimings, Procedure, measure_block
from nasbench.hardware.specimen import Specimen
from nasbench.hardware.target import Clock, Kind, RejectedError, Timing
from nasbench.hardware.timing import Clocks, summarise, time_calls
from nasbench.networks import Skeleton
from nasbench.spaces import make_space

SKELETON = Skeleton(1, 4, 4, 3, 2, 1)


@dataclass
class FakeNetwork:
    number: int
    target: FakeTarget
    deviation: float = 0.0

    def time_visit(self, warm_up: int, runs: int) -> Timing:
        self.target.log.append((self.number, warm_up, runs))
        cpu = next(self.target.script[self.number])
        return Timing(cpu, 2 * cpu, 0.9 * cpu, 1.1 * cpu, 0.8 * cpu)


@dataclass
class FakeTarget:
    """Networks take what a script says; the number is the first decision."""

    script: Mapping[int, Iterator[float]]
    name: str = "fake"
    kind: Kind = "measured"
    clock: Clock = "cpu"
    tolerance: float = 1.0
    rejects: frozenset[int] = frozenset()
    log: list[tuple[int, int, int]] = field(default_factory=list)

    def why_not(self) -> str | None:
        return None

    def conditions(self) -> Mapping[str, str]:
        return {}

    def prepare(self, specimen: Specimen) -> FakeNetwork:
        number = specimen.architecture[0]
        if number in self.rejects:
            raise RejectedError(f"no operator\nfor {number}")
        return FakeNetwork(number, self, deviation=number / 10)


def specimens(count: int) -> dict[int, Specimen]:
    space = make_space("cell201")
    images = np.zeros((1, 1, 4, 4), np.float32)
    return {
        n: Specimen(space, (n, 0, 0, 0, 0, 0), SKELETON, images, Path("nowhere"))
        for n in range(count)
    }


def steady(values: Mapping[int, float]) -> dict[int, Iterator[float]]:
    return {n: iter([value] * 1000) for n, value in values.items()}


def run(
    target: FakeTarget, count: int, procedure: Procedure, watch: Any = None
) -> BlockTimings:
    return measure_block(
        target,
        specimens(count),
        procedure,
        watch or (lambda position, counted: None),
        load=lambda: 0.25,
    )


def test_rounds_go_over_all_networks_before_any_has_its_next() -> None:
    target = FakeTarget(steady({n: 1.0 + n for n in range(5)}))
    run(target, 5, Procedure(visits=1, rounds=3, warm_up=2, runs=7))
    numbers = [number for number, _, _ in target.log]
    rounds = [numbers[start : start + 5] for start in (0, 5, 10)]
    assert [sorted(each) for each in rounds] == [[0, 1, 2, 3, 4]] * 3
    assert len({tuple(each) for each in rounds}) > 1, "each round has its own order"
    assert {(warm_up, runs) for _, warm_up, runs in target.log} == {(2, 7)}


def test_a_drift_of_the_machine_does_not_change_the_order_of_networks() -> None:
    """A clock rate that halves meanwhile moves all networks, by equal shares."""
    calls = 0

    def drifting(value: float) -> Iterator[float]:
        nonlocal calls
        while True:
            calls += 1
            yield value * (1 + calls / 24)

    latencies = {n: 1.0 + 0.2 * n for n in range(5)}
    target = FakeTarget({n: drifting(v) for n, v in latencies.items()})
    found = run(target, 5, Procedure(visits=1, rounds=4, again=0))
    assert (np.diff(np.median(found.cpu_ms, axis=1)) > 0).all()


def test_what_was_measured_stands_in_its_row_and_round() -> None:
    script = {0: iter([1.0, 1.01, 1.02]), 1: iter([5.0, 5.02, 5.04])}
    found = run(FakeTarget(script), 2, Procedure(visits=1, rounds=3))
    np.testing.assert_allclose(found.cpu_ms, [[1.0, 1.01, 1.02], [5.0, 5.02, 5.04]])
    np.testing.assert_allclose(found.wall_ms, 2 * found.cpu_ms)
    np.testing.assert_allclose(found.p10_ms, 0.9 * found.cpu_ms)
    np.testing.assert_allclose(found.p90_ms, 1.1 * found.cpu_ms)
    np.testing.assert_allclose(found.deviation, [0.0, 0.1])
    assert found.load == (0.25, 0.25)
    assert found.reasons == ("", "")


def test_noisy_networks_alone_are_measured_again_and_the_steadier_rounds_stay() -> None:
    script = {0: iter([1.0, 1.0, 1.0]), 1: iter([1.0, 1.5, 1.0, 2.0, 2.0, 2.1])}
    target = FakeTarget(script)
    found = run(target, 2, Procedure(visits=1, rounds=3))
    np.testing.assert_allclose(found.cpu_ms, [[1.0, 1.0, 1.0], [2.0, 2.0, 2.1]])
    assert found.again.tolist() == [0, 1]
    assert [number for number, _, _ in target.log[6:]] == [1, 1, 1]


def test_a_network_that_stays_noisy_is_not_measured_for_ever() -> None:
    restless = iter([1.0, 2.0] * 100)
    target = FakeTarget({0: restless})
    found = run(target, 1, Procedure(visits=1, rounds=2, again=2))
    assert len(target.log) == 6
    assert found.again.tolist() == [2]
    np.testing.assert_allclose(found.cpu_ms, [[1.0, 2.0]])


def test_which_clock_decides_what_is_noisy() -> None:
    class WallOnly(FakeNetwork):
        def time_visit(self, warm_up: int, runs: int) -> Timing:
            timing = super().time_visit(warm_up, runs)
            return Timing(float("nan"), timing.wall_ms, 1.0, 1.0, 1.0)

    class WallTarget(FakeTarget):
        def prepare(self, specimen: Specimen) -> FakeNetwork:
            return WallOnly(specimen.architecture[0], self)

    target = WallTarget({0: iter([1.0, 2.0, 3.0, 3.0])}, clock="wall")
    found = run(target, 1, Procedure(visits=1, rounds=2))
    np.testing.assert_allclose(found.wall_ms, [[6.0, 6.0]])
    assert np.isnan(found.cpu_ms).all()


def test_a_rejected_network_is_missing_with_its_reason_and_the_others_go_on() -> None:
    target = FakeTarget(steady({0: 1.0, 1: 2.0, 2: 3.0}), rejects=frozenset({1}))
    found = run(target, 3, Procedure(visits=1, rounds=2))
    assert found.reasons == ("", "no operator for 1", "")
    assert np.isnan(found.cpu_ms[1]).all()
    assert np.isnan(found.deviation[1])
    assert np.isfinite(found.cpu_ms[[0, 2]]).all()


def test_a_block_of_which_all_is_rejected_ends_well() -> None:
    found = run(FakeTarget({}, rejects=frozenset({0, 1})), 2, Procedure())
    assert np.isnan(found.cpu_ms).all()
    assert all(found.reasons)


def test_steps_are_told_as_many_as_were_promised() -> None:
    counted = []
    target = FakeTarget({0: iter([1.0, 1.0]), 1: iter([1.0, 2.0, 1.0, 2.0] * 2)})
    procedure = Procedure(visits=1, rounds=2)
    run(target, 2, procedure, lambda position, count: counted.append(count))
    assert sum(counted) == procedure.steps(2) == 6
    assert len(counted) == 6 + 2 * 2, "what is measured again is told, not counted"


@pytest.mark.parametrize(
    "wrong", [{"rounds": 0}, {"runs": 0}, {"warm_up": -1}, {"noisy": 0.0}, {"seed": -1}]
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(NasbenchError, match=f"{next(iter(wrong))} is"):
        Procedure(**wrong)


def test_calls_are_timed_one_by_one_by_both_clocks() -> None:
    spent = {"cpu": 0, "wall": 0}
    durations = iter([100, 100, *(1_000_000 * n for n in (1, 2, 3, 4, 5))])

    def call() -> None:
        spent["cpu"] += (used := next(durations))
        spent["wall"] += 3 * used

    clocks = Clocks(cpu=lambda: spent["cpu"], wall=lambda: spent["wall"])
    timing = time_calls(call, (2, 5), "cpu", clocks)
    assert timing == Timing(cpu_ms=3, wall_ms=9, p10_ms=1.4, p90_ms=4.6, min_ms=1)
    assert timing.latency_ms("cpu") == 3
    assert timing.latency_ms("wall") == 9


def test_without_a_cpu_clock_there_is_no_cpu_time() -> None:
    timing = summarise(None, [2e6, 4e6], "wall")
    assert np.isnan(timing.cpu_ms)
    assert timing.wall_ms == 3


def test_garbage_is_collected_as_before_after_a_failing_call() -> None:
    import gc

    def fail() -> None:
        raise RuntimeError("broken")

    assert gc.isenabled()
    with pytest.raises(RuntimeError, match="broken"):
        time_calls(fail, (0, 1), "cpu")
    assert gc.isenabled()
