"""``nasbench judge``: methods in order, failures counted apart, files refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

from nasbench.benchmark import Status
from nasbench.cli.judge import judge_command
from nasbench.errors import NasbenchError
from strategies.weight_sharing import Trace, TraceIdentity, write_traces
from strategies.weight_sharing.judgement import judge
from strategies.weight_sharing.method_scores import score_costs, score_methods
from tabular import Table


def trace_of(table: Table, method: str, seed: int) -> Trace:
    """Return a trace of random architectures and estimates."""
    rng = np.random.default_rng([seed, len(method)])
    spec = table.spec
    identity = TraceIdentity(
        spec.space, spec.task, spec.task_fingerprint, spec.recipe, method, {}, seed
    )
    return Trace(
        identity=identity,
        status=Status.COMPLETE,
        architectures=rng.integers(0, 5, (2, 3), np.uint8),
        parameters=np.empty((2, 0), np.float32),
        estimates=rng.random(2),
        training_seconds=np.array([1.0, 2.0]),
        selection_seconds=np.array([0.25, 0.5 + seed]),
        sampled=rng.integers(0, 5, (30, 3), np.uint8),
        sampled_estimates=rng.random(30),
    )


@pytest.fixture
def traces(small_table: Table) -> list[Trace]:
    made = [trace_of(small_table, m, s) for m in ("darts", "gdas") for s in range(3)]
    made[2] = replace(made[2], status=Status.FAILED)
    return made


def test_a_score_is_the_mean_over_searches_that_came_to_an_end(
    traces: list[Trace], small_table: Table
) -> None:
    scores = {score.method: score for score in score_methods(traces, small_table)}
    assert (scores["darts"].searches, scores["darts"].failed) == (3, 1)
    assert (scores["gdas"].searches, scores["gdas"].failed) == (3, 0)
    judged = [judge(trace, small_table) for trace in traces[3:]]
    gdas = scores["gdas"]
    accuracies = [one.test_accuracy[-1] for one in judged]
    assert gdas.test_accuracy.mean == pytest.approx(np.mean(accuracies))
    assert gdas.test_accuracy.deviation == pytest.approx(np.std(accuracies, ddof=1))
    assert gdas.rank.mean == pytest.approx(np.mean([one.rank[-1] for one in judged]))
    assert gdas.tau.mean == pytest.approx(np.mean([one.tau for one in judged]))
    assert gdas.sampled == 30
    assert gdas.cost_seconds.mean == pytest.approx(3.5)
    regrets = [s.test_regret.mean for s in score_methods(traces, small_table)]
    assert regrets == sorted(regrets)


def test_a_method_whose_searches_all_failed_stands_last_without_numbers(
    traces: list[Trace], small_table: Table
) -> None:
    failed = [replace(trace, status=Status.FAILED) for trace in traces[:3]]
    *_, last = score_methods([*failed, *traces[3:]], small_table)
    assert last.method == "darts"
    assert last.failed == last.searches == 3
    assert np.isnan(last.test_accuracy.mean)


def test_methods_are_printed_as_columns_and_as_markdown(
    traces: list[Trace],
    small_table: Table,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    files = [tmp_path / "darts.jsonl", tmp_path / "gdas.jsonl.gz"]
    write_traces(traces[:3], files[0])
    write_traces(traces[3:], files[1])
    judge_command(*files, table=str(small_table.path))
    shown = capsys.readouterr().out
    assert "3 (1)" in shown
    assert "searches in parentheses failed" in shown
    judge_command(*files, table=str(small_table.path), markdown=True)
    caption, blank, *lines = capsys.readouterr().out.splitlines()
    assert "125 architectures, of which the best has" in caption
    assert not blank
    *lines, blank, legend = lines
    assert not blank
    assert legend == "searches in parentheses failed; they are in no mean"
    assert len(lines) == 6
    assert len({line.count("|") for line in lines}) == 1
    assert lines[0].startswith("| method | searches |")
    # Baselines stand last and have a tau alone: no search, no accuracy, no cost.
    parameters, flops = score_costs(traces, small_table)
    for line, score in zip(lines[4:], (parameters, flops), strict=True):
        taus = [
            f"{s.mean:.2f} ± {s.deviation:.2f}" for s in (score.tau, score.tau_live)
        ]
        cells = [score.method, *"-----", *taus, "30", "-"]
        assert line == f"| {' | '.join(cells)} |"


def test_searches_of_other_tasks_are_no_searches_of_the_table(
    traces: list[Trace], small_table: Table
) -> None:
    foreign = [
        replace(t, identity=replace(t.identity, task="faces", task_fingerprint="f"))
        for t in traces
    ]
    assert len(score_methods([*foreign, traces[0]], small_table)) == 1
    with pytest.raises(NasbenchError, match="there are some of cell201-mini on faces"):
        score_methods(foreign, small_table)


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"recipe": "f" * 64}, "some of cell201-mini on digits by another recipe"),
        ({"task_fingerprint": "f" * 64}, "on digits by another cut of the images"),
    ],
)
def test_what_tells_a_search_from_its_table_is_said(
    traces: list[Trace], small_table: Table, changed: dict[str, str], words: str
) -> None:
    foreign = [replace(t, identity=replace(t.identity, **changed)) for t in traces]
    with pytest.raises(NasbenchError, match=words):
        score_methods(foreign, small_table)


def test_searches_by_different_settings_are_different_strategies(
    traces: list[Trace], small_table: Table
) -> None:
    def by(epochs: int, trace: Trace) -> Trace:
        settings = {"clip": 5.0, "epochs": epochs}
        return replace(trace, identity=replace(trace.identity, settings=settings))

    mixed = [by(10, traces[3]), by(50, traces[4]), by(10, traces[5])]
    scores = {score.method: score for score in score_methods(mixed, small_table)}
    assert {name: score.searches for name, score in scores.items()} == {
        "gdas(epochs=10)": 2,
        "gdas(epochs=50)": 1,
    }
    alone = score_methods([traces[4]], small_table)[0]
    assert scores["gdas(epochs=50)"].tau == alone.tau


def test_searches_without_samples_take_nothing_from_the_count_behind_a_tau(
    traces: list[Trace], small_table: Table
) -> None:
    bare = replace(
        traces[4], sampled=np.empty((0, 3), np.uint8), sampled_estimates=np.empty(0)
    )
    (score,) = score_methods([traces[3], bare], small_table)
    assert score.sampled == 30


def test_baselines_order_the_recorded_samples_by_what_networks_cost(
    traces: list[Trace], small_table: Table
) -> None:
    # The failed search is in no mean; a sample that two searches share counts once.
    shared = [replace(t, sampled=traces[3].sampled) for t in traces[:2]]
    parameters, flops = score_costs([*shared, *traces[2:]], small_table)
    assert (parameters.method, flops.method) == ("number of parameters", "FLOPs")
    for score, name in ((parameters, "parameters"), (flops, "flops")):
        expected, live = [], []
        worst = min(
            small_table.mean_accuracy(a, "validation") for a in small_table.space
        )
        for trace in traces[3:]:
            rows = [tuple(row) for row in trace.sampled.tolist()]
            costs = [getattr(small_table.cost_model(row), name) for row in rows]
            truth = [small_table.mean_accuracy(row, "validation") for row in rows]
            expected.append(kendalltau(costs, truth).statistic)
            kept = [(c, t) for c, t in zip(costs, truth, strict=True) if t > worst]
            live.append(kendalltau(*zip(*kept, strict=True)).statistic)
        assert score.tau.mean == pytest.approx(np.mean(expected))
        assert score.tau.deviation == pytest.approx(np.std(expected, ddof=1))
        assert score.tau_live.mean == pytest.approx(np.mean(live))
        assert score.searches == score.failed == 0
        assert score.sampled == 30
        unknown = (score.test_accuracy, score.test_regret, score.rank, score.estimate)
        assert all(np.isnan(s.mean) for s in (*unknown, score.cost_seconds))


def test_without_samples_there_is_no_baseline(
    traces: list[Trace], small_table: Table
) -> None:
    bare = [
        replace(t, sampled=t.sampled[:0], sampled_estimates=t.sampled_estimates[:0])
        for t in traces
    ]
    assert score_costs(bare, small_table) == []
    with pytest.raises(NasbenchError, match="no search fits"):
        score_costs([], small_table)
