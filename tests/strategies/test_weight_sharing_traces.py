"""Traces: written, read, joined, replayed and judged without loss."""

from __future__ import annotations

import gzip
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

from leaderboards import RunSettings
from leaderboards.runner.simulate import simulate
from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from nasbench.spaces import make_space
from strategies.weight_sharing import (
    ReplayedSearch,
    Trace,
    TraceIdentity,
    read_traces,
    recorded_methods,
    write_traces,
)
from strategies.weight_sharing.judgement import judge
from strategies.weight_sharing.named_methods import METHODS
from tabular import Table

MINI = make_space("cell201-mini")


def trace_of(
    table: Table | None = None, method: str = "darts", seed: int = 0, epochs: int = 3
) -> Trace:
    """Return a trace of invented numbers, on the table's task where one is given."""
    rng = np.random.default_rng(seed)
    identity = TraceIdentity(
        space="cell201-mini",
        task="digits",
        task_fingerprint=table.spec.task_fingerprint if table else "f" * 64,
        recipe=table.spec.recipe if table else "r" * 64,
        method=method,
        settings={"epochs": 9, "learning_rate": 0.025, "clip": 5.0},
        seed=seed,
        versions={"torch": "2.6.0"},
    )
    return Trace(
        identity=identity,
        status=Status.COMPLETE,
        architectures=rng.integers(0, 5, (epochs, 3), np.uint8),
        parameters=rng.standard_normal((epochs, 15)).astype(np.float32),
        estimates=rng.random(epochs),
        training_seconds=np.arange(1.0, epochs + 1) * 1.25,
        selection_seconds=np.full(epochs, 0.5),
        sampled=rng.integers(0, 5, (40, 3), np.uint8),
        sampled_estimates=rng.random(40),
    )


@pytest.mark.parametrize("name", ["traces.jsonl", "traces.jsonl.gz"])
def test_what_is_read_is_what_was_written_bit_for_bit(
    tmp_path: Path, name: str
) -> None:
    traces = [trace_of(seed=seed, method=m) for seed in (0, 1) for m in ("a", "b")]
    traces.append(
        replace(
            trace_of(seed=5, epochs=0),
            status=Status.FAILED,
            parameters=np.empty((0, 0), np.float32),
            sampled=np.empty((0, 3), np.uint8),
            sampled_estimates=np.empty(0),
        )
    )
    write_traces(traces, tmp_path / name)
    found = read_traces(tmp_path / name)
    assert len(found) == 5
    for before, after in zip(traces, found, strict=True):
        assert before.equals(after)
        assert after.parameters.dtype == np.float32
        assert np.allclose(before.training_seconds, after.training_seconds)
    assert found[-1].epochs == 0
    assert found[-1].cost_seconds == 0.0


def test_files_are_joined_by_appending_them(tmp_path: Path) -> None:
    parts = []
    for seed in (0, 1):
        write_traces([trace_of(seed=seed)], tmp_path / f"{seed}.jsonl")
        parts.append((tmp_path / f"{seed}.jsonl").read_bytes())
    (tmp_path / "all.jsonl").write_bytes(b"".join(parts))
    assert [t.identity.seed for t in read_traces(tmp_path / "all.jsonl")] == [0, 1]
    joined = b"".join(gzip.compress(part) for part in parts)
    (tmp_path / "all.jsonl.gz").write_bytes(joined)
    assert len(read_traces(tmp_path / "all.jsonl.gz")) == 2


@pytest.mark.parametrize(
    "damage, said",
    [
        (lambda b: b[:-30], "line 1: no trace"),
        (
            lambda b: b.replace(b"nasbench-trace-1", b"nasbench-trace-9"),
            "format is not",
        ),
        (lambda b: b.replace(b'"darts"', b"NaN"), "line 1: .*method is nan"),
        (lambda b: b.replace(b'"complete"', b'"done"'), "line 1: no trace"),
        (lambda b: b.replace(b'"sampled": [', b'"sampled": [999, '), "index 999"),
        (
            lambda b: b.replace(b"cell201-mini", b"cell201-tiny"),
            "line 1: unknown space",
        ),
        (lambda b: b"", "holds no traces"),
        (lambda b: gzip.compress(b)[:-20], "cannot read traces"),
        (lambda b: b"\x89\xff" + b, "cannot read traces"),
    ],
)
def test_a_damaged_file_is_refused_by_its_line(tmp_path, damage, said) -> None:
    path = tmp_path / "one.jsonl"
    write_traces([trace_of()], path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(NasbenchError, match=said) as refusal:
        read_traces(path)
    assert "one.jsonl" in str(refusal.value)
    with pytest.raises(NasbenchError, match=r"none.jsonl: No such file"):
        read_traces(tmp_path / "none.jsonl")


def test_traces_are_read_and_replayed_without_torch() -> None:
    program = (
        "import sys, strategies.weight_sharing, strategies.weight_sharing.judgement; "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_a_replay_proposes_what_the_search_found(
    tmp_path: Path, small_table: Table
) -> None:
    traces = [trace_of(small_table, seed=seed) for seed in range(4)]
    path = tmp_path / "darts.jsonl"
    write_traces(traces, path)
    found = {}
    for seed in range(12):
        run = simulate(
            partial(ReplayedSearch, file=str(path)),
            small_table,
            RunSettings(Budget(5)),
            seed,
        )
        assert run.ended == "exhausted"
        assert len(run) == 1
        found[seed] = tuple(run.architectures[0].tolist())
        expected = small_table.mean_accuracy(found[seed], "test")
        assert run.incumbent_test_accuracy[0] == expected
    assert set(found.values()) == {trace.found for trace in traces}
    whole = simulate(
        partial(ReplayedSearch, file=str(path), searches=4),
        small_table,
        RunSettings(Budget(9)),
        0,
    )
    assert {tuple(a.tolist()) for a in whole.architectures} == set(found.values())


def test_every_method_has_a_recorded_strategy_of_its_name(
    tmp_path: Path, small_table: Table
) -> None:
    kinds = {
        kind.name: kind
        for kind in vars(recorded_methods).values()
        if isinstance(kind, type) and isinstance(getattr(kind, "name", 0), str)
    }
    assert set(kinds) == set(METHODS)
    traces = [trace_of(small_table, m, seed) for seed, m in enumerate(METHODS)]
    write_traces(traces, tmp_path / "all.jsonl")
    for trace in traces:
        kind = partial(kinds[trace.identity.method], file=str(tmp_path / "all.jsonl"))
        run = simulate(kind, small_table, RunSettings(Budget(3)), 0)
        assert [tuple(a) for a in run.architectures.tolist()] == [trace.found]


def test_a_failed_search_proposes_nothing(tmp_path: Path, small_table: Table) -> None:
    path = tmp_path / "failed.jsonl"
    write_traces([replace(trace_of(small_table), status=Status.FAILED)], path)
    run = simulate(
        partial(ReplayedSearch, file=str(path)), small_table, RunSettings(Budget(5)), 0
    )
    assert (run.ended, len(run)) == ("exhausted", 0)


def test_a_replay_says_which_searches_it_lacks(
    tmp_path: Path, small_table: Table
) -> None:
    path = tmp_path / "two.jsonl"
    write_traces([trace_of(small_table, m) for m in ("darts", "gdas")], path)

    def replay(**settings: object) -> None:
        simulate(
            partial(ReplayedSearch, **settings), small_table, RunSettings(Budget(1)), 0
        )

    with pytest.raises(
        NasbenchError, match="record one with `nasbench search darts --"
    ):
        replay()
    with pytest.raises(NasbenchError, match="searches of darts, gdas; name one"):
        replay(file=str(path))
    with pytest.raises(
        NasbenchError, match=r"no search of snas on .*, only of darts, gdas"
    ):
        replay(file=str(path), method="snas")
    with pytest.raises(NasbenchError, match="searches is 2, not 1 to 1"):
        replay(file=str(path), method="gdas", searches=2)


def test_a_judgement_is_what_the_table_holds(small_table: Table) -> None:
    trace = trace_of(small_table)
    judged = judge(trace, small_table)
    everything = {a: small_table.mean_accuracy(a, "test") for a in small_table.space}
    for epoch, row in enumerate(trace.architectures.tolist()):
        accuracy = everything[tuple(row)]
        assert judged.test_accuracy[epoch] == accuracy
        better = sum(other > accuracy for other in everything.values())
        assert judged.rank[epoch] == 1 + better
        assert judged.test_regret[epoch] == max(everything.values()) - accuracy
    truth = [
        small_table.mean_accuracy(tuple(row), "validation")
        for row in trace.sampled.tolist()
    ]
    expected = kendalltau(trace.sampled_estimates, truth).statistic
    assert judged.tau == pytest.approx(expected)
    perfect = replace(trace, sampled_estimates=np.array(truth))
    assert judge(perfect, small_table).tau == pytest.approx(1)
    few = replace(
        trace, sampled=trace.sampled[:9], sampled_estimates=trace.sampled_estimates[:9]
    )
    assert np.isnan(judge(few, small_table).tau)


def test_a_table_of_another_task_or_recipe_does_not_judge(small_table: Table) -> None:
    trace = trace_of(small_table)
    for field in ("task_fingerprint", "recipe", "space"):
        foreign = replace(trace, identity=replace(trace.identity, **{field: "other"}))
        with pytest.raises(NasbenchError, match=f"differ in their {field[:4]}"):
            judge(foreign, small_table)
