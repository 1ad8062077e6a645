"""Blocks, anchors, resuming and refusing, on a machine made up; columns in a table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.hardware.measuring import BlockTimings, Procedure
from nasbench.hardware.onnx_runtime import OnnxRuntime
from nasbench.hardware.own_process import BlockJob, Report
from tabular.latency_columns import COMPLETE, FAILED, MISSING
from tabular.latency_measuring.block_folder import BlockFolder, latency_folder_of
from tabular.latency_measuring.blocks import Blocks, divide
from tabular.latency_measuring.measure_table import (
    LatencyRequest,
    LatencyRun,
    measure_latencies,
)
from tabular.latency_measuring.tied_blocks import block_factors, caveats
from tabular.schema import TableFile
from tabular.table import Table

TARGET = "x86-ort-fp32"


@pytest.fixture(autouse=True)
def _every_target_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnnxRuntime, "why_not", lambda self: None)
    monkeypatch.setattr(OnnxRuntime, "conditions", lambda self: {"batch": "1"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    copy = tmp_path / "mine.h5"
    shutil.copy(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"), copy)
    return copy


@dataclass
class FakeMachine:
    """Takes a millisecond per FLOP; slower from block to block; may break off.

    Constant networks are rejected, as by any runtime.
    """

    costs: Callable[[tuple[int, ...]], float]
    slower: float = 0.0
    stop_at: int | None = None
    jobs: list[BlockJob] = field(default_factory=list)

    def __call__(self, job: BlockJob, report: Report) -> BlockTimings:
        if len(self.jobs) == self.stop_at:
            raise KeyboardInterrupt
        speed = 1 + self.slower * len(self.jobs)
        self.jobs.append(job)
        shape = (len(job.architectures), job.procedure.rounds)
        latency = np.array([[self.costs(a)] for a in job.architectures])
        constant = latency[:, 0] == 0
        times = np.where(constant[:, None], np.nan, np.ones(shape) * latency * speed)
        for _ in range(job.procedure.steps(len(job.architectures))):
            report()
        return BlockTimings(
            cpu_ms=times,
            wall_ms=2 * times,
            p10_ms=0.5 * times,
            p90_ms=1.5 * times,
            deviation=np.where(constant, np.nan, 1e-7),
            again=np.zeros(len(times), np.int64),
            reasons=tuple("a constant network" if c else "" for c in constant),
            load=(0.5, 0.75),
        )


def machine(path: Path, **settings: float) -> FakeMachine:
    costs = Table.open(path).cost_model
    made = FakeMachine(lambda architecture: float(costs(architecture).flops))
    return replace(made, **settings)


def run(fake: FakeMachine, **settings: object) -> LatencyRun:
    return replace(LatencyRun("a command", measure=fake, load=lambda: 0.0), **settings)


REQUEST = LatencyRequest((TARGET,), block=48, procedure=Procedure(rounds=3))


def flops(path: Path) -> np.ndarray:
    values = Table.open(path).read("costs/flops").astype(float)
    return np.where(values > 0, values, np.nan)


@pytest.mark.parametrize(
    "sample, size", [(None, 400), (None, 20), (37, 12), (60, 60), (1, 41)]
)
def test_blocks_hold_every_class_once_but_for_the_anchors(
    path: Path, sample: int | None, size: int
) -> None:
    table = Table.open(path)
    blocks = divide(table, sample, size, seed=3)
    wanted = sample or len(table.read("classes/representative"))
    assert len(blocks.classes) == wanted
    assert all(len(block) <= size for block in blocks.blocks)
    others = [block[len(blocks.anchors) :] for block in blocks.blocks]
    assert all(
        set(blocks.anchors) == set(b[: len(blocks.anchors)]) for b in blocks.blocks
    )
    assert len(np.concatenate(others)) + len(blocks.anchors) == wanted
    if len(blocks.blocks) > 1:
        ran = flops(path)[blocks.anchors]
        assert np.isfinite(ran).all(), "a constant network is no anchor"
        assert len(blocks.anchors) == min(20, size // 2)
    again = divide(table, sample, size, seed=3)
    assert all(map(np.array_equal, blocks.blocks, again.blocks))


def test_anchors_span_the_sizes_of_the_networks(path: Path) -> None:
    blocks = divide(Table.open(path), None, 48, seed=0)
    ran, all_ran = flops(path)[blocks.anchors], flops(path)
    assert ran.min() == np.nanmin(all_ran)
    assert ran.max() == np.nanmax(all_ran)


@pytest.mark.parametrize("sample", [0, 61, -1])
def test_a_sample_out_of_range_is_refused(path: Path, sample: int) -> None:
    with pytest.raises(
        NasbenchError, match=f"--sample is 1 to 60 classes, not {sample}"
    ):
        divide(Table.open(path), sample, 400, seed=0)


def test_anchors_undo_that_a_machine_gets_slower_from_block_to_block(
    path: Path,
) -> None:
    fake = machine(path, slower=0.2)
    columns = measure_latencies(path, REQUEST, run(fake))[TARGET]
    assert len(fake.jobs) == 2
    share = columns.median_ms() / flops(path)
    known = np.isfinite(share)
    assert known.sum() == 59
    np.testing.assert_allclose(share[known], share[known][0], rtol=1e-12)
    factors = json.loads(columns.provenance["block_factors"])
    np.testing.assert_allclose(factors[1] / factors[0], 1.2, rtol=1e-3)


def test_what_was_wrong_with_the_machine_is_said(path: Path) -> None:
    fake = machine(path, slower=0.5)
    slow = measure_latencies(path, REQUEST, run(fake))[TARGET]
    first, second = caveats(slow.provenance)
    assert first.startswith("block 1 was measured at 0.80 of the usual time")
    assert second.startswith("block 2 was measured at 1.20 of the usual time")
    loaded = {"load_averages": "[[0.5, 1.0], [2.5, 9.0]]", "usual_load": "2"}
    (sentence,) = caveats(loaded)
    assert "1 of 2 blocks" in sentence
    assert "above 2 (up to 9.0)" in sentence
    assert caveats({}) == []


def test_an_anchor_that_a_runtime_rejects_ties_nothing() -> None:
    blocks = Blocks(np.array([0, 1]), (np.array([0, 1, 2]), np.array([0, 1, 3])))

    def timings(values: list[float]) -> BlockTimings:
        times = np.array(values)[:, None]
        nothing = np.zeros(len(values))
        again = nothing.astype(np.int64)
        return BlockTimings(
            times, times, times, times, nothing, again, ("",) * 3, (0, 0)
        )

    found = [timings([np.nan, 1.0, 5.0]), timings([np.nan, 3.0, 5.0])]
    np.testing.assert_allclose(block_factors(blocks, found, "cpu"), [0.5, 1.5])
    lost = [timings([np.nan, np.nan, 5.0]), timings([np.nan, 3.0, 5.0])]
    np.testing.assert_allclose(block_factors(blocks, lost, "cpu"), [1, 1])


def test_the_table_holds_what_was_measured_and_the_digest_it_had(path: Path) -> None:
    before = Table.open(path).digest
    measure_latencies(path, REQUEST, run(machine(path)))
    file = TableFile(path)
    columns = file.latencies()[TARGET]
    assert file.digest == before == Table.open(path).digest
    np.testing.assert_allclose(columns.median_ms(), flops(path))
    assert columns.wall_ms is not None
    np.testing.assert_allclose(columns.wall_ms, 2 * columns.latency_ms)
    assert columns.kind == "measured"
    assert columns.rounds == 3
    assert set(columns.status.tolist()) == {COMPLETE, FAILED}
    said = dict(zip(columns.status.tolist(), columns.reason.tolist(), strict=True))
    assert said == {COMPLETE: b"", FAILED: b"a constant network"}
    stated = {"command": "a command", "rounds": "3", "clock": "cpu", "batch": "1"}
    assert stated.items() <= columns.provenance.items()
    assert json.loads(columns.provenance["load_averages"])[0] == [0.5, 0.75]
    assert not latency_folder_of(path).exists()


def test_a_sample_leaves_the_other_classes_missing(path: Path) -> None:
    columns = measure_latencies(path, replace(REQUEST, sample=7), run(machine(path)))
    status = columns[TARGET].status
    assert (status == MISSING).sum() == 60 - 7
    assert np.isnan(columns[TARGET].latency_ms[status == MISSING]).all()


def test_a_run_that_breaks_off_goes_on_where_it_ended(path: Path) -> None:
    whole = path.with_name("whole.h5")
    shutil.copy(path, whole)
    undisturbed = measure_latencies(whole, REQUEST, run(machine(path)))[TARGET]
    before = path.read_bytes()
    broken = machine(path, stop_at=1)
    with pytest.raises(NasbenchError, match="interrupted: finished blocks are kept"):
        measure_latencies(path, REQUEST, run(broken))
    assert path.read_bytes() == before
    rest = machine(path)
    columns = measure_latencies(path, REQUEST, run(rest))[TARGET]
    assert len(broken.jobs) == len(rest.jobs) == 1
    np.testing.assert_array_equal(columns.latency_ms, undisturbed.latency_ms)


def test_progress_reaches_its_end_also_after_a_break(path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    show = lambda *step: seen.append(step)  # noqa: E731 - shorter than a function
    with pytest.raises(NasbenchError, match="interrupted"):
        measure_latencies(path, REQUEST, run(machine(path, stop_at=1), progress=show))
    middle = seen[-1]
    assert 0 < middle[0] < middle[1]
    seen.clear()
    measure_latencies(path, REQUEST, run(machine(path), progress=show))
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert seen[0][0] == middle[0]
    assert seen[-1][0] == seen[-1][1] == middle[1]
    assert f"{TARGET}, block 2 of 2" in {note for _, _, note in seen}


def test_blocks_of_other_settings_are_not_mixed_in(path: Path) -> None:
    with pytest.raises(NasbenchError, match="interrupted"):
        measure_latencies(path, REQUEST, run(machine(path, stop_at=1)))
    other = replace(REQUEST, procedure=Procedure(rounds=4))
    with pytest.raises(NasbenchError, match=r"other settings \(rounds 3, not 4\)"):
        measure_latencies(path, other, run(machine(path)))


def test_a_loaded_machine_is_refused_and_what_is_finished_stays(path: Path) -> None:
    loads = iter([0.0, 7.5])
    fake = machine(path)
    with pytest.raises(NasbenchError, match=r"load average is 7\.5, above 2: .*noise"):
        measure_latencies(
            path, REQUEST, run(fake, load=lambda: next(loads), max_load=2.0)
        )
    assert len(fake.jobs) == 1
    rest = machine(path)
    measure_latencies(path, REQUEST, run(rest, max_load=2.0))
    assert len(rest.jobs) == 1


def test_the_limit_of_the_load_can_be_raised(path: Path) -> None:
    measured = measure_latencies(
        path, REQUEST, run(machine(path), load=lambda: 99.0, max_load=float("inf"))
    )
    assert set(measured) == {TARGET}


def test_what_the_table_holds_is_not_measured_again(path: Path) -> None:
    measure_latencies(path, REQUEST, run(machine(path)))
    idle = machine(path)
    assert measure_latencies(path, REQUEST, run(idle)) == {}
    assert idle.jobs == []
    other = replace(REQUEST, sample=20)
    with pytest.raises(
        NasbenchError, match=r"other settings \(sample all\).*--replace"
    ):
        measure_latencies(path, other, run(idle))
    measure_latencies(path, replace(other, replace=True), run(idle))
    assert len(idle.jobs) == 1
    assert (TableFile(path).latencies()[TARGET].status != MISSING).sum() == 20


def test_a_second_target_joins_the_first(path: Path) -> None:
    measure_latencies(path, REQUEST, run(machine(path)))
    second = replace(REQUEST, targets=(TARGET, "x86-ort-int8"))
    fake = machine(path)
    assert set(measure_latencies(path, second, run(fake))) == {"x86-ort-int8"}
    assert {job.target for job in fake.jobs} == {"x86-ort-int8"}
    assert set(TableFile(path).latencies()) == {TARGET, "x86-ort-int8"}


def test_all_targets_measure_a_block_before_any_measures_the_next(path: Path) -> None:
    fake = machine(path)
    both = replace(REQUEST, targets=(TARGET, "x86-ort-int8"))
    measure_latencies(path, both, run(fake))
    assert [job.target for job in fake.jobs] == [TARGET, "x86-ort-int8"] * 2
    assert fake.jobs[0].architectures == fake.jobs[1].architectures


def test_a_damaged_block_is_named(path: Path) -> None:
    with pytest.raises(NasbenchError, match="interrupted"):
        measure_latencies(path, REQUEST, run(machine(path, stop_at=1)))
    (latency_folder_of(path) / TARGET / "block0.npz").write_bytes(b"PK")
    with pytest.raises(NasbenchError, match=r"block0\.npz is damaged .* remove it"):
        measure_latencies(path, REQUEST, run(machine(path)))


def test_two_runs_do_not_write_the_same_folder(path: Path) -> None:
    with (
        BlockFolder(path),
        pytest.raises(NasbenchError, match="another run is writing"),
    ):
        measure_latencies(path, REQUEST, run(machine(path)))


def test_a_target_that_is_not_here_is_said_before_anything_is_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OnnxRuntime, "why_not", lambda self: "it is not installed")
    with pytest.raises(NasbenchError, match="x86-ort-fp32 cannot be measured here: it"):
        measure_latencies(path, REQUEST, run(machine(path)))
    assert not latency_folder_of(path).exists()


def test_a_run_without_a_target_says_where_to_look(path: Path) -> None:
    with pytest.raises(NasbenchError, match=r"no target is named; .*latency list"):
        measure_latencies(path, replace(REQUEST, targets=()), run(machine(path)))
