"""The tidy table of runs, its ranking and its curves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leaderboards import (
    RunSettings,
    anytime_curves,
    compare,
    rank_board,
    simulate,
    tabulate,
)
from leaderboards.columns import BOARD, RANKING
from nasbench.errors import NasbenchError
from nasbench.search import Budget

TWENTY = RunSettings(Budget(20))


@pytest.fixture
def board(landscape, uniform_search, index_order):
    strategies = {"random": uniform_search, "in order": index_order}
    return compare(strategies, [landscape], TWENTY, seeds=6)


def test_a_board_has_the_documented_columns_and_types(board):
    assert list(board.columns) == [column.name for column in BOARD]
    assert {c.name: str(board[c.name].dtype) for c in BOARD} == {
        c.name: c.dtype for c in BOARD
    }


def test_a_board_has_one_row_per_evaluation_in_order(board):
    expected = pd.MultiIndex.from_product(
        [["toy"], ["random", "in order"], range(6), range(1, 21)]
    )
    keys = ["benchmark", "strategy", "seed", "evaluations"]
    assert list(board[keys].itertuples(index=False, name=None)) == list(expected)


def test_a_board_by_hand(refereed_table, scripted):
    factory, _ = scripted(("b", 2), "b", "a", "c")
    benchmark = refereed_table({"a": 0.5, "b": 0.25, "c": 0.75, "d": 1.0})
    board = compare({"mine": factory}, [benchmark], TWENTY, seeds=1)
    assert board["architecture"].tolist() == ["b", "b", "a", "c"]
    assert board["incumbent"].isna().tolist() == [True, False, False, False]
    assert board["incumbent"].tolist()[1:] == ["b", "a", "c"]
    assert board["epochs"].tolist() == [2, 4, 8, 12]
    assert board["seconds"].tolist() == [2.0, 4.0, 8.0, 12.0]
    assert board["trained_epochs"].tolist() == [2, 4, 4, 4]
    np.testing.assert_allclose(
        board["validation_accuracy"], [0.1255, 0.251, 0.501, 0.751]
    )
    nan = np.nan
    expected = {
        "incumbent_validation_accuracy": [nan, 0.25, 0.5, 0.75],
        "incumbent_test_accuracy": [nan, 0.75, 0.5, 0.25],
        "validation_regret": [nan, 0.75, 0.5, 0.25],
        "test_regret": [nan, 0.0, 0.25, 0.5],
    }
    for column, values in expected.items():
        np.testing.assert_array_equal(board[column], values)


@pytest.mark.parametrize("noise", ["mean", "trial"])
def test_regret_is_never_negative_and_falls_where_means_are_observed(
    landscape, uniform_search, noise
):
    settings = RunSettings(Budget(200), noise=noise)
    board = compare({"random": uniform_search}, [landscape], settings, seeds=10)
    assert (board[["validation_regret", "test_regret"]] >= 0).all(axis=None)
    if noise == "mean":
        falling = board.groupby("seed")["validation_regret"].diff().dropna() <= 0
        assert falling.all()
        last = board.groupby("seed")["validation_regret"].last()
        assert (last == 0).sum() >= 8  # 200 draws of 40 nearly always find the best


def test_several_benchmarks_stand_on_one_board(refereed_table, uniform_search):
    benchmarks = [
        refereed_table({"a": 0.5, "b": 0.6}, name="second"),
        refereed_table({"b": 0.6, "c": 0.7}, name="first"),
    ]
    settings = RunSettings(Budget(3))
    board = compare({"random": uniform_search}, benchmarks, settings, seeds=5)
    assert list(board["benchmark"].unique()) == ["second", "first"]
    for name, texts in (("second", {"a", "b"}), ("first", {"b", "c"})):
        own = board[board["benchmark"] == name]
        assert set(own["architecture"]) == texts
        assert set(own["incumbent"]) <= texts
    ranking = rank_board(board, np.random.default_rng(0))
    assert ranking["benchmark"].tolist() == ["second", "first"]


def test_progress_is_told_after_every_run(landscape, uniform_search):
    told = []
    compare(
        {"a": uniform_search, "b": uniform_search},
        [landscape],
        RunSettings(Budget(2)),
        seeds=2,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_runs_from_elsewhere_make_the_same_board(board, landscape, uniform_search):
    runs = [
        simulate(uniform_search, landscape, TWENTY, seed, "random") for seed in range(6)
    ]
    elsewhere = tabulate(runs, [landscape])
    own = board[board["strategy"] == "random"]
    for column in BOARD:
        assert elsewhere[column.name].tolist() == own[column.name].tolist()


def test_without_a_known_best_the_regret_is_unknown_and_errors_are_ranked(
    refereed_table, scripted, monkeypatch
):
    monkeypatch.setattr(refereed_table, "best_accuracy", lambda self, split: None)
    benchmark = refereed_table({"a": 0.25, "b": 0.5})
    strategies = {"bad": scripted("b")[0], "good": scripted("a")[0]}
    board = compare(strategies, [benchmark], TWENTY, seeds=1)
    assert board["test_regret"].isna().all()
    ranking = rank_board(board, np.random.default_rng(0))
    assert ranking["strategy"].tolist() == ["good", "bad"]
    assert ranking["ranked_by"].tolist() == ["test error"] * 2
    assert ranking["ranked_points_mean"].tolist() == [25, 50]
    assert ranking["test_regret_points_mean"].isna().all()


def test_without_a_referee_there_is_nothing_to_rank(table, scripted):
    board = compare({"s": scripted("a")[0]}, [table({"a": 0.5})], TWENTY, seeds=1)
    assert board["validation_accuracy"].tolist() == [0.501]
    with pytest.raises(NasbenchError, match="nothing to rank on benchmark 'toy'"):
        rank_board(board, np.random.default_rng(0))


def test_a_best_that_is_not_the_best_is_an_error(refereed_table, scripted, monkeypatch):
    monkeypatch.setattr(refereed_table, "best_accuracy", lambda self, split: 0.4)
    benchmark = refereed_table({"a": 0.5})
    with pytest.raises(NasbenchError, match=r"is 0\.4, and 0\.5 was found"):
        compare({"s": scripted("a")[0]}, [benchmark], TWENTY, seeds=1)


def test_a_best_that_differs_by_rounding_is_a_regret_of_zero(
    refereed_table, scripted, monkeypatch
):
    rounded = np.nextafter(0.5, 0)
    monkeypatch.setattr(refereed_table, "best_accuracy", lambda self, split: rounded)
    benchmark = refereed_table({"a": 0.5})
    board = compare({"s": scripted("a")[0]}, [benchmark], TWENTY, seeds=1)
    assert board["test_regret"].tolist() == [0.0]


def test_what_makes_no_board_is_refused(landscape, uniform_search, scripted):
    strategies = {"random": uniform_search}
    for nothing in (
        ({}, [landscape], TWENTY, 1),
        (strategies, [], TWENTY, 1),
        (strategies, [landscape], TWENTY, 0),
    ):
        with pytest.raises(NasbenchError, match=r"a board needs (a|at least 1) s"):
            compare(*nothing)
    with pytest.raises(NasbenchError, match="twice on one board"):
        compare(strategies, [landscape, landscape], TWENTY, 1)
    with pytest.raises(NasbenchError, match="'mute' proposed nothing on 'toy' from"):
        compare({"mute": scripted()[0]}, [landscape], TWENTY, 1)
    run = simulate(uniform_search, landscape, TWENTY, 0)
    with pytest.raises(NasbenchError, match="a run is on benchmark 'toy'; given are"):
        tabulate([run], [])
    with pytest.raises(NasbenchError, match="at least one run"):
        tabulate([], [landscape])


def test_a_ranking_has_the_documented_columns_and_types(board):
    ranking = rank_board(board, np.random.default_rng(0))
    assert list(ranking.columns) == [column.name for column in RANKING]
    for column in RANKING:
        dtype = str(ranking[column.name].dtype)
        assert dtype in ({"str", "object"} if column.dtype == "str" else {column.dtype})


def test_a_ranking_aggregates_what_the_runs_ended_with(board, landscape):
    ranking = rank_board(board, np.random.default_rng(0)).set_index("strategy")
    final = board[board["evaluations"] == 20]
    for name in ("random", "in order"):
        regrets = 100 * final.loc[final["strategy"] == name, "test_regret"].to_numpy()
        row = ranking.loc[name]
        assert row["test_regret_points_mean"] == pytest.approx(regrets.mean())
        assert row["test_regret_points_median"] == pytest.approx(np.median(regrets))
        middle = np.sort(regrets)[1:-1].mean()  # six runs: one is cut at either end
        assert row["test_regret_points_iqm"] == pytest.approx(middle)
        assert (row["seeds"], row["evaluations"]) == (6, 20)
    # Both strategies have equal intervals of one value where all runs are the same.
    row = ranking.loc["in order"]
    assert row["test_regret_points_mean_low"] == row["test_regret_points_mean_high"]


def test_all_figures_of_a_ranking_come_from_the_same_resampled_runs(
    refereed_table, uniform_search
):
    values = np.random.default_rng(0).random(200).tolist()
    benchmark = refereed_table({f"o{i}": value for i, value in enumerate(values)})
    settings = RunSettings(Budget(5))
    board = compare({"random": uniform_search}, [benchmark], settings, seeds=11)
    row = rank_board(board, np.random.default_rng(0)).iloc[0]
    for end in ("", "_low", "_high"):
        assert row[f"ranked_points_mean{end}"] == row[f"test_regret_points_mean{end}"]


def test_a_ranking_compares_with_the_baseline(refereed_table, scripted, uniform_search):
    benchmark = refereed_table({"a": 0.2, "b": 0.3, "c": 0.9})
    strategies = {"last": scripted("b")[0], "random": scripted("c")[0]}
    strategies["first"] = scripted("a")[0]
    board = compare(strategies, [benchmark], TWENTY, seeds=3)
    ranking = rank_board(board, np.random.default_rng(0))
    # Test accuracy is what is left to 1, so a is the best.
    assert ranking["strategy"].tolist() == ["first", "last", "random"]
    assert ranking["rank"].tolist() == [1, 2, 3]
    assert ranking["rank_low"].tolist() == ranking["rank_high"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(ranking["improvement"], [1, 1, np.nan])
    ranking = rank_board(board, np.random.default_rng(0), baseline="absent")
    assert ranking["improvement"].isna().all()
    assert set(ranking["baseline"]) == {"absent"}


def test_a_run_without_an_incumbent_ranks_last(refereed_table, scripted):
    benchmark = refereed_table({"a": 0.2, "b": 0.3})
    strategies = {"partial": scripted(("a", 1))[0], "whole": scripted("b")[0]}
    board = compare(strategies, [benchmark], TWENTY, seeds=2)
    ranking = rank_board(board, np.random.default_rng(0))
    assert ranking["strategy"].tolist() == ["whole", "partial"]
    assert ranking["rank"].tolist() == [1, 2]
    assert np.isnan(ranking["test_regret_points_mean"][1])


def test_a_ranking_does_not_depend_on_the_order_of_the_runs(board):
    interleaved = board.sort_values(["seed", "strategy"], kind="stable")
    first = rank_board(board, np.random.default_rng(0))
    second = rank_board(interleaved, np.random.default_rng(0))
    pd.testing.assert_frame_equal(first, second)


def test_strategies_with_other_seeds_are_not_ranked(board):
    some = board[(board["strategy"] == "random") | (board["seed"] < 3)]
    with pytest.raises(NasbenchError, match="ran from other seeds on 'toy': 6 and 3"):
        rank_board(some, np.random.default_rng(0))


def test_curves_are_means_of_step_functions(board):
    curves = anytime_curves(board, "toy", np.random.default_rng(0))
    assert curves.grid.tolist() == list(range(1, 21))
    for strategy, line in curves.points.items():
        own = board[board["strategy"] == strategy]
        expected = 100 * own.groupby("evaluations")["test_regret"].mean()
        np.testing.assert_allclose(line.value, expected)
        assert (line.low <= line.value + 1e-12).all()
        assert (line.value <= line.high + 1e-12).all()


def test_curves_average_at_equal_cost_and_hold_after_the_end(refereed_table, scripted):
    benchmark = refereed_table(
        {"a": 0.9, "b": 0.5, "c": 0.1}, seconds={"a": 1.0, "b": 2.0, "c": 5.0}
    )
    strategies = {"slow": scripted("c")[0], "fast": scripted("a", "b")[0]}
    board = compare(strategies, [benchmark], TWENTY, seeds=2)
    curves = anytime_curves(board, "toy", np.random.default_rng(0), "seconds")
    assert (curves.grid[0], curves.grid[-1]) == (4.0, 20.0)
    assert np.isnan(curves.points["slow"].value[:-1]).all()
    # The incumbent is chosen by validation accuracy, so c, the best in test, counts
    # for the strategy that has nothing else.
    assert curves.points["slow"].value[-1] == 0
    assert np.unique(curves.points["fast"].value) == pytest.approx([80])


def test_curves_of_an_unknown_benchmark_or_cost_are_refused(
    board, refereed_table, scripted
):
    with pytest.raises(NasbenchError, match="'tyo'; did you mean 'toy'"):
        anytime_curves(board, "tyo", np.random.default_rng(0))
    benchmark = refereed_table({"a": 0.5}, seconds={"a": float("nan")})
    timeless = compare({"s": scripted("a")[0]}, [benchmark], TWENTY, seeds=1)
    with pytest.raises(NasbenchError, match="in seconds are not known"):
        anytime_curves(timeless, "toy", np.random.default_rng(0), "seconds")
