"""Recorded methods by name: which search a run takes, and what is said without one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from leaderboards import RunSettings
from leaderboards.boards.manifest import read_manifest
from leaderboards.boards.pins import open_benchmarks, write_pins
from leaderboards.runner.simulate import simulate
from leaderboards.runner.simulation import Experiment, Simulation
from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.search import Budget, SearchContext
from strategies import RandomSearch
from strategies.weight_sharing import Trace, TraceIdentity, write_traces
from strategies.weight_sharing import replayed_search as replay
from strategies.weight_sharing.recorded_methods import RecordedDarts, RecordedGDAS
from tabular import Table


def trace_of(table: Table, seed: int, method: str = "darts") -> Trace:
    """Return a search of one epoch that found the architecture of its seed."""
    spec = table.spec
    found = np.array([table.space.architecture_at(seed)], np.uint8)
    return Trace(
        identity=TraceIdentity(
            spec.space, spec.task, spec.task_fingerprint, spec.recipe, method, {}, seed
        ),
        status=Status.COMPLETE,
        architectures=found,
        parameters=np.empty((1, 0), np.float32),
        estimates=np.array([0.5]),
        training_seconds=np.array([10.0 + seed]),
        selection_seconds=np.array([0.5]),
        sampled=np.empty((0, 3), np.uint8),
        sampled_estimates=np.empty(0),
    )


def context_of(table: Table, run: int = 0) -> SearchContext:
    return SearchContext(
        table.space,
        table.epochs,
        Budget(5),
        table.cost_model,
        seed=1234567,
        benchmark_spec=table.spec,
        run=run,
    )


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the traces that ship."""
    monkeypatch.setattr(replay, "SHIPPED", tmp_path)
    return tmp_path


def test_the_run_modulo_the_number_of_searches_picks_one(
    shipped: Path, small_table: Table
) -> None:
    # Files and lines in any order: the order is that of the seeds.
    write_traces([trace_of(small_table, s) for s in (4, 0)], shipped / "a.jsonl.gz")
    write_traces([trace_of(small_table, s) for s in (3, 1, 2)], shipped / "b.jsonl")
    write_traces([trace_of(small_table, 9, "gdas")], shipped / "c.jsonl")
    for run in (0, 1, 7, 23):
        proposal = RecordedDarts(context_of(small_table, run)).ask()
        assert proposal.architecture == small_table.space.architecture_at(run % 5)
        assert proposal.search_seconds == pytest.approx(10.5 + run % 5)
    three = RecordedDarts(context_of(small_table, 4), searches=3)
    assert [small_table.space.index(three.ask().architecture) for _ in "123"] == [
        4,
        0,
        1,
    ]
    assert RecordedGDAS(context_of(small_table, 5)).ask().search_seconds == 19.5


def test_ten_runs_over_ten_searches_take_each_once(
    shipped: Path, small_table: Table
) -> None:
    write_traces([trace_of(small_table, s) for s in range(10)], shipped / "a.jsonl")
    settings = RunSettings(Budget(5))
    runs = [simulate(RecordedDarts, small_table, settings, seed) for seed in range(10)]
    found = [small_table.space.index(tuple(r.architectures[0])) for r in runs]
    assert found == list(range(10))


def test_a_run_is_told_its_number_and_that_is_all_of_it(small_table: Table) -> None:
    contexts: list[SearchContext] = []

    def factory(context: SearchContext) -> RandomSearch:
        contexts.append(context)
        return RandomSearch(context)

    for seed in (3, np.int64(4)):
        simulate(factory, small_table, RunSettings(Budget(1)), int(seed))
        Simulation(Experiment(factory, small_table, RunSettings(Budget(1)), seed))
    assert [context.run for context in contexts] == [3, 3, 4, 4]
    assert {type(context.run) for context in contexts} == {int}
    # What the number says the seed says as well: it is made of nothing else.
    assert len({context.seed for context in contexts}) == 2


def test_black_box_strategies_do_not_look_at_the_number(small_table: Table) -> None:
    first, second = (RandomSearch(context_of(small_table, run)) for run in (0, 7))
    for _ in range(5):
        assert first.ask() == second.ask()


def test_recorded_classes_say_that_they_are() -> None:
    assert RecordedDarts.recorded
    assert RecordedDarts.deterministic
    assert not RecordedDarts.slow


def test_one_line_says_what_ships_and_how_to_record(
    shipped: Path, small_table: Table
) -> None:
    with pytest.raises(NasbenchError, match="what ships holds no search of darts on"):
        RecordedDarts(context_of(small_table))
    foreign = trace_of(small_table, 0)
    identity = replace(foreign.identity, task="faces", task_fingerprint="f" * 64)
    write_traces([replace(foreign, identity=identity)], shipped / "a.jsonl")
    with pytest.raises(NasbenchError) as refusal:
        RecordedDarts(context_of(small_table))
    said = str(refusal.value)
    assert "\n" not in said
    assert "only on cell201-mini on faces" in said
    # The small table is not installed, so that its path is not known.
    assert "`nasbench search darts --table TABLE --out darts.jsonl`" in said
    assert 'take "darts(file=darts.jsonl)"' in said


def test_what_ships_is_not_taken_on_trust_where_a_benchmark_has_no_spec(
    shipped: Path, small_table: Table
) -> None:
    write_traces([trace_of(small_table, 0)], shipped / "a.jsonl")
    unknown = replace(context_of(small_table), benchmark_spec=None)
    with pytest.raises(NasbenchError, match="search darts --space cell201-mini"):
        RecordedDarts(unknown)
    # Who names a file vouches for it.
    named = RecordedDarts(unknown, file=str(shipped / "a.jsonl"))
    assert named.ask().architecture == (0, 0, 0)


def test_a_board_is_pinned_to_the_searches_that_it_replays(
    tmp_path: Path, small_table: Table
) -> None:
    file, path = tmp_path / "a.jsonl", tmp_path / "my-board.toml"
    (tmp_path / "small.h5").write_bytes(small_table.path.read_bytes())
    path.write_text(
        f"format = 1\ntitle = 'x'\nseeds = 2\nstrategies = ['darts(file={file})']\n"
        "[benchmarks]\n'small.h5' = ''\n[budget]\nevaluations = 3\n"
    )
    write_traces([trace_of(small_table, 0), trace_of(small_table, 1)], file)
    (first,) = write_pins(read_manifest(path))
    # Lines in another order, or of other methods, are the same searches.
    write_traces(
        [trace_of(small_table, s, m) for s, m in ((1, "darts"), (0, "darts"))]
        + [trace_of(small_table, 0, "gdas")],
        file,
    )
    assert write_pins(read_manifest(path)) == []
    write_traces([trace_of(small_table, s) for s in (0, 1, 2)], file)
    with pytest.raises(NasbenchError, match="digest of what else runs read"):
        open_benchmarks(read_manifest(path))
    (second,) = write_pins(read_manifest(path))
    assert second.digest == first.digest
    assert second.measured != first.measured


def test_a_file_of_searches_by_different_settings_is_no_strategy(
    tmp_path: Path, small_table: Table
) -> None:
    file = tmp_path / "mix.jsonl"
    traces = [trace_of(small_table, seed) for seed in (0, 1)]
    short = replace(traces[1].identity, settings={"epochs": 1})
    write_traces([traces[0], replace(traces[1], identity=short)], file)
    with pytest.raises(NasbenchError, match="by different settings") as caught:
        RecordedDarts(context_of(small_table), file=str(file))
    assert "epochs=1" in str(caught.value)
    assert "\n" not in str(caught.value)
