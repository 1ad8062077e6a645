"""Runs that replay one recorded search are one observation, in every statistic."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from drawn_curves import curves_at_the_end, generator

from leaderboards import anytime_curves, rank_board
from leaderboards.boards.published import results_of
from leaderboards.boards.results import read_results
from leaderboards.columns import RANKING, SEARCHES
from leaderboards.measures import (
    Claim,
    benchmark_aggregates,
    compare_on,
    curves_of,
    expected_running_time,
    hitting_times,
    improvement_matrix,
    mean_ranks,
    pooled_aggregates,
    rank_by_mean,
    score_profile,
    sequential_check,
)
from leaderboards.measures.repeats import LEAST_SEARCHES
from leaderboards.searches import told_repeats
from leaderboards.site import SiteBoard, write_site
from nasbench.cli import main

RUNS = 60


def replayed(searches, seed=0, runs=RUNS):
    """Return runs that replay so many searches in turn, and which they are."""
    values = np.round(generator(seed).exponential(size=searches), 3)
    labels = np.arange(runs) % searches
    return values[labels], labels


def curves_with(*counts, runs=RUNS):
    """Return curves of strategies, each of which replays so many searches."""
    sides = [replayed(count, number, runs) for number, count in enumerate(counts)]
    curves = curves_at_the_end(np.stack([one for one, _ in sides])[..., None])
    searches = np.stack([labels for _, labels in sides])[..., None]
    return replace(curves, searches=searches)


def once(curves, place, count):
    """Return the curves of one strategy with every search once."""
    return curves_at_the_end(curves.regrets[place : place + 1, :count, :, 0])


@pytest.mark.parametrize("measure", [pooled_aggregates, benchmark_aggregates])
def test_repeats_make_no_interval_narrower(measure):
    curves = curves_with(10)
    for name, known in measure(once(curves, 0, 10), generator(), 4000).items():
        found = measure(curves, generator(), 4000)[name]
        width = known.high - known.low
        # The middle half of ten runs is not quite that of sixty.
        slack = 0.3 if name == "iqm" else 0.1
        np.testing.assert_allclose(found.value, known.value, atol=slack * width.item())
        np.testing.assert_allclose(found.high - found.low, width, rtol=slack)
        naive = measure(replace(curves, searches=None), generator(), 4000)[name]
        assert (naive.high - naive.low < 0.75 * width).all()


def test_profiles_and_ranks_widen_alike():
    curves = curves_with(10, 10)
    found = score_profile(curves, [0.7], generator(), 4000)
    known = score_profile(once(curves, 0, 10), [0.7], generator(), 4000)
    assert found.low[0] == pytest.approx(known.low[0], abs=0.05)
    assert found.high[0] == pytest.approx(known.high[0], abs=0.05)
    samples, searches = curves.regrets[:, :, 0, 0], curves.searches[:, :, 0]
    ranks = rank_by_mean(samples, generator(), searches=searches)
    fewer = rank_by_mean(samples[:, :10], generator())
    np.testing.assert_array_equal(ranks.low, fewer.low)
    np.testing.assert_array_equal(ranks.high, fewer.high)


def test_of_one_search_no_bound_is_known():
    curves = curves_with(1, RUNS)
    samples, searches = curves.regrets[:, :, 0, 0], curves.searches[:, :, 0]
    for estimate in (
        *pooled_aggregates(curves, generator(), 50).values(),
        *benchmark_aggregates(curves, generator(), 50).values(),
        score_profile(curves, [0.5], generator(), replicates=50),
        mean_ranks(curves, generator(), replicates=50),
        rank_by_mean(samples, generator(), 50, searches=searches),
        expected_running_time(hitting_times(curves, [0.5]), generator(), 50),
    ):
        for bound in (estimate.low, estimate.high):
            assert np.isnan(bound[0]).all()
            assert not np.isnan(bound[1]).any()
        assert not np.isnan(estimate.value).any()
    chances = improvement_matrix(curves, generator(), replicates=50)
    assert np.isnan([chances.low[0, 1], chances.high[1, 0]]).all()
    assert chances.low[0, 0] == chances.high[1, 1] == 0.5


@pytest.mark.parametrize("count", [1, LEAST_SEARCHES - 1])
def test_too_few_searches_are_not_tested(count):
    curves = curves_with(RUNS, count, RUNS)
    shift = np.array([0.0, 9.0, 0.0])[:, None, None, None]
    apart = replace(curves, regrets=curves.regrets + shift)
    for test in ("unpaired", "paired"):
        found = compare_on(apart, "b0", test)
        assert np.isnan(found.p_values[1]).all()
        assert not np.isnan(found.p_values[0, 2])
    check = sequential_check(apart, Claim("s0", "s1", "b0"))
    assert check.decided_after is None
    assert np.isnan(check.p_value)
    searches = "1 search" if count == 1 else f"{count} searches"
    assert check.reason == f"s1: {RUNS} runs replay {searches}"
    assert len(check.wins) == count
    only = compare_on(apart.only(["s0", "s1"]), "b0")
    assert only.reason == check.reason


def test_every_search_is_tested_once():
    curves = curves_with(8, RUNS)
    runs = curves.regrets[:, :, 0, 0]
    found = compare_on(curves, "b0").p_values[0, 1]
    known = scipy.stats.mannwhitneyu(runs[0, :8], runs[1], method="asymptotic")
    assert found == pytest.approx(known.pvalue)
    naive = scipy.stats.mannwhitneyu(runs[0], runs[1]).pvalue
    assert abs(found - naive) > 1e-6
    paired = compare_on(curves, "b0", "paired").p_values[0, 1]
    assert paired == pytest.approx(scipy.stats.wilcoxon(*runs[:, :8]).pvalue)
    check = sequential_check(curves, Claim("s0", "s1", "b0"))
    assert check.wins[-1] == (runs[0, :8] < runs[1, :8]).sum()


def test_what_searches_itself_keeps_its_numbers_to_the_bit():
    curves = curves_with(RUNS, 10, RUNS)
    plain = replace(curves, searches=None)
    for measure in (
        lambda c: pooled_aggregates(c, generator(), 50)["iqm"],
        lambda c: benchmark_aggregates(c, generator(), 50)["iqm"],
        lambda c: score_profile(c, [0.5], generator(), 50),
        lambda c: expected_running_time(hitting_times(c, [0.5]), generator(), 50),
    ):
        first, second = measure(curves), measure(plain)
        for part in ("value", "low", "high"):
            pair = getattr(first, part), getattr(second, part)
            np.testing.assert_array_equal(pair[0][[0, 2]], pair[1][[0, 2]])


def board_of(count, runs=20):
    """Return a board of random search and of a replay of so many searches."""
    rows = []
    for strategy, (values, labels) in (
        ("random", replayed(runs, 1, runs)),
        ("replay", replayed(count, 2, runs)),
    ):
        for seed, (value, label) in enumerate(zip(values / 50, labels, strict=True)):
            numbers = (0.9 - value, 0.9 - value, value, value, label)
            rows.append(("b0", strategy, seed, 1, 3, 2.0 + value, "a", *numbers))
    columns = ["benchmark", "strategy", "seed", "evaluations", "epochs", "seconds"]
    columns += ["incumbent", "incumbent_validation_accuracy", "incumbent_test_accuracy"]
    columns += ["validation_regret", "test_regret", "search"]
    kinds = dict.fromkeys(("benchmark", "strategy", "incumbent"), "category")
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def test_a_ranking_says_how_many_searches_there_are():
    for count in (1, 3, 10):
        ranking = rank_board(board_of(count), generator()).set_index("strategy")
        assert ranking["searches"].to_dict() == {"random": 20, "replay": count}
        low = ranking["ranked_points_mean_low"]
        assert np.isnan(low["replay"]) == (count == 1)
        assert np.isnan(ranking["improvement_low"]["replay"]) == (count < 5)
        assert not np.isnan(low["random"])
        (sentence,) = told_repeats(board_of(count))
        searches = "1 recorded search" if count == 1 else f"{count} recorded searches"
        assert sentence.startswith(f"replay on b0: 20 runs replay {searches}; ")
    plain = rank_board(board_of(3).drop(columns="search"), generator())
    assert list(plain.columns) == [column.name for column in RANKING]
    assert SEARCHES.name not in plain


def test_curves_of_a_frame_know_the_searches():
    board = board_of(1)
    points = anytime_curves(board, "b0", generator(), "seconds").points
    assert np.isnan(points["replay"].low).all()
    assert np.isfinite(points["random"].low[-1])
    assert curves_of(board).search_counts().tolist() == [[20], [1]]
    assert curves_of(board.drop(columns="search")).searches is None


def rows_of(folder, name):
    return list(csv.DictReader(io.StringIO((folder / "csv" / name).read_text())))


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_says_unknown_and_why(tmp_path, count):
    columns = ["strategy", "benchmark", "seed", "architecture", "trained_epochs"]
    walks = pd.DataFrame(columns=columns)
    write_site(SiteBoard("A board", board_of(count), walks, "seconds"), tmp_path)
    why = f"replay: 20 runs replay {'1 search' if count == 1 else f'{count} searches'}"
    for row in rows_of(tmp_path, "pairs.csv"):
        assert row["chance"]
        assert row["chance_low"] == row["chance_high"] == row["p_value_holm"] == ""
        assert row["unknown"] == why
    (claim,) = rows_of(tmp_path, "claims.csv")
    assert claim["decided_after"] == claim["p_value_anytime"] == ""
    assert (claim["seeds"], claim["unknown"]) == (str(count), why)
    for row in rows_of(tmp_path, "running-times.csv"):
        if row["strategy"] == "replay":
            assert row["expected_low"] == row["expected_high"] == ""
            assert (row["searches"], row["unknown"]) == (str(count), why)
            assert int(row["searches_reached"]) <= count
        else:
            assert row["expected_low"]
            assert row["unknown"] == ""
    index = (tmp_path / "index.html").read_text()
    assert f"{count} ↻ <small>in 20 runs</small>" in index
    assert "↻ replay on b0: 20 runs replay" in index
    assert "nan" not in index.replace("nanmean", "")
    assert why in (tmp_path / "statistics.html").read_text()


@pytest.fixture(scope="module")
def shipped():
    return read_results(results_of("seconds"))


def test_the_shipped_board_knows_its_recorded_searches(shipped):
    counts = shipped.board.groupby(["strategy", "benchmark"], observed=True)["search"]
    found = counts.nunique()
    for benchmark, count in (
        ("cell201-cifar10x8-v1", 1),
        ("chain-digits-v1", 3),
        ("cell201-digits-v1", 10),
    ):
        assert found["darts", benchmark] == found["enas", benchmark] == count
        assert found["random", benchmark] == 100


def test_what_always_does_the_same_is_no_replay():
    results = read_results(results_of("constrained"))
    assert "grid" in set(results.runs["strategy"])
    assert "search" not in results.board


def test_show_and_report_say_what_is_repeated(capsys, tmp_path):
    for words in (
        ["board", "show", "weight-sharing"],
        ["report", "weight-sharing", "-o", str(tmp_path)],
    ):
        assert main(words) in (0, None)
        said = capsys.readouterr()
        assert "10 runs of each replay 3 recorded searches" in said.err
        if words[0] == "board":
            (line,) = (one for one in said.out.splitlines() if one.startswith("snas "))
            assert line.split()[1:3] == ["3", "*"]


def test_a_table_of_the_page_shows_no_bounds_that_are_unknown(tmp_path):
    columns = ["strategy", "benchmark", "seed", "architecture", "trained_epochs"]
    walks = pd.DataFrame(columns=columns)
    write_site(SiteBoard("A board", board_of(1), walks, "seconds"), tmp_path)
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium here")
    page = (tmp_path / "statistics.html").as_uri()
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command = [chromium, *options, "--virtual-time-budget=8000", page]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    table = re.search(r"<table data-profile-table.*?</table>", dom, re.DOTALL)[0]
    (row,) = (one for one in table.split("<tr>") if ">replay<" in one)
    assert " %<small></small>" in row
    assert "–" not in row
