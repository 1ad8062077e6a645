"""Blocks in a process of their own, with a target that a third party registers."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.hardware import MeasuredTarget, make_target, target_names
from nasbench.hardware.measuring import Procedure
from nasbench.hardware.own_process import BlockJob, measure_in_own_process
from nasbench.networks import Skeleton

SKELETON = Skeleton(1, 4, 4, 3, 2, 1)

PROGRAM = """
import os, signal
from nasbench.hardware.target import RejectedError, Timing

class Ready:
    deviation = 0.0
    def __init__(self, number):
        self.number = number
    def time_visit(self, warm_up, runs):
        if self.number == 3:
            os.kill(os.getpid(), signal.SIGSEGV)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        threads = float(os.environ["OMP_NUM_THREADS"])
        return Timing(1.0 + self.number, float(cores), threads, float(os.getpid()), 1.0)

class Fake:
    kind, clock, tolerance = "measured", "cpu", 1.0
    def __init__(self, name):
        self.name = name
    def why_not(self):
        return "the device is off" if self.name == "fake-off" else None
    def conditions(self):
        return {"batch": "1"}
    def prepare(self, specimen):
        number = specimen.architecture[0]
        if number == 4:
            os._exit(7)
        if number == 2:
            raise RejectedError("too wide")
        return Ready(number)

class Killed(Fake):
    def prepare(self, specimen):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def _a_package_with_targets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    (tmp_path / "fake_targets.py").write_text(PROGRAM, encoding="utf-8")
    facts = tmp_path / "fake_targets-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Name: fake-targets\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(
        "[nasbench.targets]\nfake = fake_targets:Fake\nfake-off = fake_targets:Fake\n"
        "fake-killed = fake_targets:Killed\nfake-none = fake_targets:Ready\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield
    sys.modules.pop("fake_targets", None)


def job(numbers: list[int], folder: Path, target: str = "fake") -> BlockJob:
    return BlockJob(
        target=target,
        space="cell201",
        architectures=tuple((n, 0, 0, 0, 0, 0) for n in numbers),
        skeleton=SKELETON,
        images=np.zeros((1, 1, 4, 4), np.float32),
        folder=folder,
        procedure=Procedure(visits=1, rounds=2),
    )


def test_a_third_partys_target_is_found_by_name() -> None:
    assert target_names()[-4:] == ["fake", "fake-killed", "fake-none", "fake-off"]
    assert isinstance(make_target("fake"), MeasuredTarget)


def test_what_is_no_target_is_refused() -> None:
    with pytest.raises(NasbenchError, match="'fake-none' is no target"):
        make_target("fake-none")


def test_a_block_is_measured_in_another_process_on_one_core_with_one_thread(
    tmp_path: Path,
) -> None:
    steps = []
    core = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    asked = replace(job([0, 1, 2], tmp_path), core=core)
    found = measure_in_own_process(asked, lambda: steps.append(1))
    np.testing.assert_array_equal(found.cpu_ms[:2], [[1, 1], [2, 2]])
    assert found.reasons == ("", "", "too wide")
    assert (found.wall_ms[:2] == 1).all(), "one core"
    assert (found.p10_ms[:2] == 1).all(), "one thread"
    assert os.getpid() not in found.p90_ms
    assert len(np.unique(found.p90_ms[:2])) == 1, "one process for the block"
    assert len(steps) == 3 + 2 * 2


def test_networks_that_crash_the_runtime_are_missing_and_the_others_are_there(
    tmp_path: Path,
) -> None:
    found = measure_in_own_process(job([1, 3, 0, 4], tmp_path), lambda: None)
    assert found.reasons == (
        "",
        "the runtime ended its process (signal 11)",
        "",
        "the runtime ended its process (code 7)",
    )
    np.testing.assert_array_equal(found.cpu_ms[:, 0], [2, np.nan, 1, np.nan])
    assert found.again.tolist() == [0, 0, 0, 0]


def test_a_target_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(NasbenchError, match=r"fake-off cannot .*: the device is off"):
        measure_in_own_process(job([0], tmp_path, "fake-off"), lambda: None)


def test_a_process_that_is_killed_is_no_fault_of_a_network(tmp_path: Path) -> None:
    with pytest.raises(NasbenchError, match=r"was killed, .*smaller --block"):
        measure_in_own_process(job([0], tmp_path, "fake-killed"), lambda: None)
