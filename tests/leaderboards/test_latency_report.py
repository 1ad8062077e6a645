"""The latency report: its numbers by brute force, its files, its refusals."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from leaderboards.fronts.objective_text import parse_constraint
from leaderboards.latency_report import latency_facts, write_latency_report
from leaderboards.latency_report.agreement import MACS, TargetAgreement
from leaderboards.latency_report.limits_figure import LimitAnswers, draw_limits
from leaderboards.latency_report.macs_line import (
    SAME_MACS,
    MacsLine,
    misleading_pair,
)
from leaderboards.latency_report.markdown import render_markdown
from leaderboards.report.figures import png
from nasbench.cli import main
from nasbench.cli.latency_report import ReportOptions, report_command
from nasbench.errors import NasbenchError
from surrogates.latency.common_networks import common_latencies
from surrogates.latency.protocol import LatencyProtocol
from surrogates.latency.timed import timed_targets
from tabular import Table
from tabular.analysis.kendall import kendall
from tabular.latency_columns import COMPLETE, FAILED, LatencyColumns
from tabular.modelled_latencies import model_latencies
from tabular.schema import TableFile, write_table

SHIPPED = Path(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"))
OS, GPU = "sim-systolic-os32", "sim-roofline-edgegpuclass"


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Table:
    """Two models, and a measured target that lacks two networks and the constant."""
    path = tmp_path_factory.mktemp("report") / "mini.h5"
    held = model_latencies(Path(shutil.copy(SHIPPED, path)), [OS, GPU])
    rng = np.random.default_rng(0)
    base = held.latencies[GPU].median_ms() + 0.1
    latency = base[:, None] * rng.uniform(0.99, 1.01, (len(base), 4))
    status = np.full(len(base), COMPLETE, np.uint8)
    for number in (0, 3, 7):
        latency[number], status[number] = np.nan, FAILED
    measured = LatencyColumns("measured", latency, status)
    contents = TableFile(path).contents()
    columns = {**contents.latencies, "my-board": measured}
    write_table(replace(contents, latencies=columns), path)
    return Table.open(path)


@pytest.fixture(scope="module")
def targets(table):
    return timed_targets(table)


@pytest.fixture(scope="module")
def facts(table, targets):
    rules = LatencyProtocol(("macs", "operations"), (10,), splits=1)
    return latency_facts(table.path, targets, rules)


def test_the_misleading_pair_is_that_of_brute_force() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        macs = np.round(rng.uniform(1, 4, 40), 1)
        latency = rng.uniform(1, 9, 40)
        best = max(
            (latency[slow] / latency[quick], quick, slow)
            for quick in range(40)
            for slow in range(40)
            if max(macs[quick], macs[slow])
            <= min(macs[quick], macs[slow]) * (1 + SAME_MACS)
        )
        found = misleading_pair(macs, latency)
        assert found is not None
        assert found.factor == pytest.approx(best[0])
        assert (found.quick, found.slow) == best[1:]


def test_unsteady_networks_are_no_pair(targets) -> None:
    (board,) = (one for one in targets if one.target == "my-board")
    assert board.unsteady is not None
    assert not board.unsteady.any()
    line = MacsLine.of(board)
    assert line.pair is not None
    noisy = np.zeros(len(board), bool)
    noisy[line.pair.slow] = True
    other = MacsLine.of(replace(board, unsteady=noisy)).pair
    assert other is not None
    assert line.pair.slow not in (other.quick, other.slow)
    assert other.factor <= line.pair.factor
    assert {one.target for one in targets if one.unsteady is None} == {OS, GPU}


def test_networks_of_distinct_macs_have_no_pair() -> None:
    assert misleading_pair(np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])) is None
    equal = np.ones(3)
    assert misleading_pair(equal, equal) is None


def test_the_line_is_that_of_least_squares(targets) -> None:
    for one in targets:
        line = MacsLine.of(one)
        design = np.column_stack([line.macs, np.ones(len(line.macs))])
        (slope, level), *_ = np.linalg.lstsq(design, line.latency_ms, rcond=None)
        assert (line.slope, line.level) == pytest.approx((slope, level))
        assert line.kendall == kendall(line.macs, one.latency_ms)
        correlation = np.corrcoef(line.macs, line.latency_ms)[0, 1]
        assert line.explained == pytest.approx(correlation**2)


def test_macs_are_half_of_the_flops_of_the_table(table, targets) -> None:
    for one in targets:
        macs = MacsLine.of(one).macs
        flops = [table.evaluate(tuple(c)).flops for c in one.architectures.tolist()]
        assert macs * 2e6 == pytest.approx(flops, rel=1e-6)


def test_agreement_is_kendalls_tau_on_what_all_targets_know(table, targets) -> None:
    found = TargetAgreement.of(targets)
    assert found.names == (MACS, *(one.target for one in targets))
    assert found.networks == len(table) - 3  # two failed, and the constant
    frame = table.to_frame()
    known = frame[frame["latency:my-board"].notna() & (frame[f"latency:{OS}"] > 0)]
    place = {name: number for number, name in enumerate(found.names)}
    for one, other in ((OS, GPU), (GPU, "my-board")):
        wanted = kendall(
            known[f"latency:{one}"].to_numpy(), known[f"latency:{other}"].to_numpy()
        )
        assert found.tau[place[one], place[other]] == pytest.approx(wanted)
    assert (found.tau == found.tau.T).all()
    assert len(found.between_targets()) == 3


def test_common_networks_are_in_one_order(targets) -> None:
    latency, first = common_latencies(targets[::-1])
    for column, one in zip(latency.T, targets[::-1], strict=True):
        own = {
            tuple(c): v
            for c, v in zip(one.architectures.tolist(), one.latency_ms, strict=True)
        }
        assert [own[tuple(c)] for c in first.architectures.tolist()] == column.tolist()


def test_predictors_are_scored_on_what_was_measured_alone(facts) -> None:
    assert {one.target for one in facts.predictors} == {"my-board"}
    assert {one.target for one in facts.few_shot} == {"my-board"}
    assert {one.graphs for one in facts.predictors} == {("pruned",)}


def test_every_score_stands_beside_the_repeat_ceiling(facts) -> None:
    text = render_markdown(facts)
    section = text.split("## Predictors")[1].split("## ")[0]
    (timed,) = (one for one in facts.targets if one.target == "my-board")
    ceiling = f"{timed.ceiling.kendall:.3f}, {100 * timed.ceiling.within_10:.1f} %"
    rows = [line for line in section.splitlines() if line.startswith("| `my-board`")]
    assert len(rows) == 2
    assert all(row.endswith(f"| {ceiling} |") for row in rows)


def test_markdown_tables_have_as_many_cells_in_every_row(facts) -> None:
    for block in render_markdown(facts).split("\n\n"):
        lines = block.splitlines()
        if block.startswith("|"):
            counts = {line.replace("\\|", "").count("|") for line in lines}
            assert len(counts) == 1, block


def test_equal_facts_give_equal_files_and_all_figures_are_there(
    facts, tmp_path
) -> None:
    one = write_latency_report(facts, tmp_path / "one")
    other = write_latency_report(facts, tmp_path / "other")
    assert [p.name for p in one] == [
        "latency.md",
        *(f"macs-{t.target}.png" for t in facts.targets),
        "agreement.png",
        "predictors-my-board.png",
    ]
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in other]
    shown = one[0].read_text()
    assert all(f"({path.name})" in shown for path in one[1:])


def test_a_single_target_without_predictors_is_a_report_too(
    table, targets, tmp_path
) -> None:
    facts = latency_facts(table.path, targets[:1])
    text = render_markdown(facts)
    assert facts.agreement is None
    assert "## Agreement" not in text
    assert "## Predictors" not in text
    assert len(write_latency_report(facts, tmp_path)) == 2


def test_the_command_writes_the_report(table, tmp_path, capsys) -> None:
    options = ReportOptions(
        out=tmp_path / "report", target=(OS, "my-board"), predictors=False
    )
    report_command(str(table.path), options=options)
    assert "latency.md" in capsys.readouterr().out
    text = (tmp_path / "report" / "latency.md").read_text()
    assert f"`{OS}`" in text
    assert GPU not in text


def test_wrong_requests_are_refused_before_anything_is_computed(
    table, tmp_path
) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    for options, said in (
        (ReportOptions(out=Path()), "current folder"),
        (ReportOptions(out=taken / "x"), "cannot write the report"),
        (ReportOptions(out=tmp_path, target=("my-bord",)), "did you mean 'my-board'"),
        (ReportOptions(out=tmp_path, predictor=("mac",)), "did you mean 'macs'"),
        (ReportOptions(out=tmp_path, size=(2,)), "--size 5 or more"),
    ):
        with pytest.raises(NasbenchError, match=said) as caught:
            report_command(str(table.path), options=options)
        assert "\n" not in str(caught.value)
    with pytest.raises(NasbenchError, match="holds no latencies"):
        report_command(str(SHIPPED), options=ReportOptions(out=tmp_path))


# Why the best under one limit is not the best under another


@pytest.fixture(scope="module")
def answers(table) -> LimitAnswers:
    limits = [
        parse_constraint(f"latency:{OS}<0.015"),
        parse_constraint(f"latency:{GPU}<0.2"),
        parse_constraint(f"latency:{GPU}<1e-9"),
    ]
    return LimitAnswers.of(table, limits[:2])


def test_two_limits_have_two_answers_as_brute_force_finds_them(table, answers) -> None:
    frame = table.to_frame()
    texts = [table.space.format(answers.architectures[i]) for i in answers.best]
    for column, limit, text in (
        (f"latency:{OS}", 0.015, texts[0]),
        (f"latency:{GPU}", 0.2, texts[1]),
    ):
        kept = frame[frame[column] < limit]
        best = kept["validation_accuracy"].max()
        assert table.evaluate(table.space.parse(text)).validation_accuracy == best
    assert texts[0] != texts[1]
    # Each answer breaks the other limit: that is what the figure shows.
    assert answers.columns[answers.best[0], 1] > 0.2
    assert answers.columns[answers.best[1], 0] > 0.015


def test_what_operations_cost_explains_the_difference(answers) -> None:
    names, weights = answers.operation_costs()
    cost = dict(zip(names, weights.tolist(), strict=True))
    # An array pays for multiply-adds alone; the other device for starting operations.
    assert cost["avg_pool_3x3"][0] == pytest.approx(0, abs=1e-4)
    assert cost["nor_conv_3x3"][0] > 2 * cost["nor_conv_1x1"][0]
    assert cost["avg_pool_3x3"][1] > 0.7 * cost["nor_conv_3x3"][1]


def test_the_figure_is_drawn_for_one_limit_and_for_several(table, answers) -> None:
    assert png(draw_limits(answers)).startswith(b"\x89PNG")
    assert png(draw_limits(answers)) == png(draw_limits(answers))
    nothing = LimitAnswers.of(table, [parse_constraint("accuracy>0.99")])
    assert nothing.best.tolist() == [-1]
    assert png(draw_limits(nothing)).startswith(b"\x89PNG")


def test_best_draws_and_names_each_answer(table, tmp_path, capsys) -> None:
    path = tmp_path / "best.png"
    words = ["best", str(table.path), "--under", f"latency:{OS}<0.015"]
    words += ["--under", f"latency:{GPU}<0.2", "--figure"]
    assert main([*words, str(path)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [line.split()[0] for line in out[1:3]] == ["A", "B"]
    assert out[1].split()[-1] != out[2].split()[-1]
    for wrong, said in (
        ([*words, str(tmp_path / "best.pdf")], "a PNG file"),
        ([*words, str(tmp_path)], "a PNG file"),
        (["best", str(table.path), "--figure", "x.png"], "give one by --under"),
    ):
        assert main(wrong) == 2
        assert said in capsys.readouterr().err
