"""Boards become step functions: against a plain loop, and refused where they cannot."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leaderboards import RunSettings, anytime_curves, compare
from leaderboards.measures import curves_of, first_regrets
from leaderboards.measures.run_curves import RunCurves
from leaderboards.measures.step_functions import on_grid
from nasbench.errors import NasbenchError
from nasbench.search import Budget


@pytest.fixture
def board(landscape, refereed_table, uniform_search, index_order):
    seconds = {f"o{i}": 0.5 + (7 * i) % 11 for i in range(40)}
    failing = frozenset(f"o{i}" for i in range(0, 40, 3))
    other = refereed_table(
        landscape.accuracies, seconds=seconds, failing=failing, name="other"
    )
    strategies = {"uniform": uniform_search, "in-order": index_order}
    return compare(strategies, [landscape, other], RunSettings(Budget(15)), 4)


@pytest.mark.parametrize("unit", ["evaluations", "epochs", "seconds"])
@pytest.mark.parametrize("quantity", ["test regret", "validation regret"])
def test_curves_are_those_of_a_plain_loop(board, unit, quantity):
    curves = curves_of(board, quantity, unit)
    for (strategy, seed, benchmark), rows in board.groupby(
        ["strategy", "seed", "benchmark"], observed=True
    ):
        place = (
            curves.strategy_index(strategy),
            curves.seeds.index(seed),
            curves.benchmark_index(benchmark),
        )
        column = quantity.replace(" ", "_")
        expected = on_grid(rows[unit], rows[column], curves.times)
        np.testing.assert_allclose(curves.regrets[place], expected, atol=1e-12)
        assert curves.ended[place] == rows[unit].max()
    assert curves.strategies == ("uniform", "in-order")
    assert curves.times[-1] == board[unit].max()


def test_what_differs_by_the_order_of_summation_is_equal(board):
    dust = board.assign(test_regret=board["test_regret"] + 1e-16)
    np.testing.assert_array_equal(curves_of(dust).regrets, curves_of(board).regrets)
    assert (curves_of(dust).regrets == 0).any()


def test_the_order_of_rows_and_seeds_does_not_matter(board):
    shuffled = board.sample(frac=1, random_state=3)
    first, second = curves_of(board), curves_of(shuffled)
    again = second.only(first.strategies, first.benchmarks)
    np.testing.assert_array_equal(first.regrets, again.regrets)
    np.testing.assert_array_equal(first.ended, again.ended)


def test_before_the_first_incumbent_there_is_no_number(board):
    curves = curves_of(board)
    # Every third architecture of the other benchmark fails, the first among them.
    early = curves.regrets[curves.strategy_index("in-order"), :, :, 0]
    assert np.isnan(early[:, curves.benchmark_index("other")]).all()
    assert np.isfinite(early[:, curves.benchmark_index("toy")]).all()
    later = curves.regrets[curves.strategy_index("in-order"), :, :, 1]
    assert np.isfinite(later).all()


def test_means_are_those_of_the_anytime_curves(board):
    curves = curves_of(board)
    shown = anytime_curves(board, "toy", np.random.default_rng(0), replicates=10)
    at_grid = np.searchsorted(curves.times, shown.grid)
    mean = 100 * curves.only(benchmarks=["toy"]).regrets[..., at_grid].mean(axis=1)
    np.testing.assert_allclose(mean[0, 0], shown.points["uniform"].value)


def test_a_run_that_ended_holds_or_is_unknown(board):
    short = board[(board["strategy"] != "in-order") | (board["evaluations"] <= 9)]
    held = curves_of(short)
    assert held.common_end == 9
    i = held.strategy_index("in-order")
    assert (held.regrets[i, ..., 9:] == held.regrets[i, ..., 8:9]).all()
    unknown = curves_of(short, after_end="unknown")
    assert np.isnan(unknown.regrets[i, ..., 9:]).all()
    np.testing.assert_array_equal(unknown.regrets[..., :9], held.regrets[..., :9])


def test_errors_serve_where_the_best_is_unknown(board):
    blind = board.assign(test_regret=np.nan)
    with pytest.raises(NasbenchError, match="read 'test error' instead"):
        curves_of(blind)
    errors = curves_of(blind, "test error")
    regrets = curves_of(board, "test regret")
    gaps = errors.regrets - regrets.regrets  # one constant per benchmark
    low, high = np.nanmin(gaps, axis=(0, 1, 3)), np.nanmax(gaps, axis=(0, 1, 3))
    np.testing.assert_allclose(low, high)


def test_runs_that_all_failed_are_unknown_not_wrong(board):
    empty = ["test_regret", "validation_regret", "incumbent"]
    accuracies = ["incumbent_test_accuracy", "incumbent_validation_accuracy"]
    lost = board["strategy"] == "uniform"
    frame = board.astype({"incumbent": object})
    frame.loc[lost, empty + accuracies] = np.nan
    assert np.isnan(curves_of(frame).regrets[0]).all()
    assert np.isnan(curves_of(frame, "test error").regrets[0]).all()


def test_a_chosen_axis_is_read_where_it_says(board):
    curves = curves_of(board, times=[0.5, 3, 7.5, 100])
    full = curves_of(board)
    assert np.isnan(curves.regrets[..., 0]).all()
    np.testing.assert_array_equal(
        curves.regrets[..., 1:], full.regrets[..., [2, 6, -1]]
    )


def test_a_board_that_is_no_rectangle_is_refused(board):
    missing = board[(board["seed"] != 2) | (board["strategy"] != "uniform")]
    with pytest.raises(
        NasbenchError, match=r"'uniform' has no run from seed 2 .* 2 of"
    ):
        curves_of(missing)
    with pytest.raises(NasbenchError, match="with rows; this one is empty"):
        curves_of(board.iloc[:0])


def test_a_board_joined_with_itself_is_refused(board):
    with pytest.raises(NasbenchError, match=r"evaluation 1 of .* stands twice"):
        curves_of(pd.concat([board, board]))


def test_unknown_costs_and_choices_are_refused(board):
    with pytest.raises(NasbenchError, match="not known in this unit"):
        curves_of(board.assign(seconds=np.nan), unit="seconds")
    with pytest.raises(NasbenchError, match="did you mean 'test regret'"):
        curves_of(board, "test regrets")
    with pytest.raises(NasbenchError, match="unknown after_end 'drop'; known are"):
        curves_of(board, after_end="drop")


def test_the_first_regret_of_random_search_is_the_mean_of_the_space(
    landscape, uniform_search
):
    board = compare(
        {"random": uniform_search}, [landscape], RunSettings(Budget(3)), 600
    )
    curves = curves_of(board, "validation regret")
    regrets = max(landscape.accuracies.values()) - np.array(
        list(landscape.accuracies.values())
    )
    error = regrets.std() / np.sqrt(600)
    assert abs(first_regrets(curves)[0] - regrets.mean()) < 4 * error
    relative = curves.scaled(first_regrets(curves))
    assert first_regrets(relative) == pytest.approx([1.0])


def small(**changes):
    fields = {
        "strategies": ("a", "b"),
        "seeds": (0, 1),
        "benchmarks": ("p",),
        "times": np.array([1.0, 2.0]),
        "unit": "evaluations",
        "quantity": "test regret",
        "regrets": np.zeros((2, 2, 1, 2)),
        "ended": np.full((2, 2, 1), 2.0),
    }
    return RunCurves(**fields | changes)


@pytest.mark.parametrize(
    "changes,match",
    [
        ({"strategies": ()}, "given are 0, 2, 1 and 2"),
        ({"regrets": np.zeros((2, 2, 2))}, "ask for"),
        ({"strategies": ("a", "a")}, "stands twice"),
        ({"times": np.array([2.0, 2.0])}, "strictly increase"),
        ({"regrets": np.full((2, 2, 1, 2), -0.1)}, "0 or more, not -0.1"),
    ],
)
def test_curves_that_contradict_themselves_are_refused(changes, match):
    with pytest.raises(NasbenchError, match=match):
        small(**changes)


def test_what_curves_do_not_hold_is_named():
    curves = small()
    with pytest.raises(NasbenchError, match="from 1 to 2 evaluations, not at 3"):
        curves.at(3)
    with pytest.raises(NasbenchError, match="unknown strategy of the curves 'c'"):
        curves.only(["c"])
    with pytest.raises(NasbenchError, match="unknown benchmark of the curves 'q'"):
        curves.only(benchmarks=["q"])
    with pytest.raises(NasbenchError, match="one positive number for each of the 1"):
        curves.scaled([0.0])


@pytest.mark.parametrize(
    "column, unit",
    [("seed", "evaluations"), ("test_regret", "epochs"), ("epochs",) * 2],
)
def test_a_board_without_a_column_is_refused(board, column, unit):
    with pytest.raises(NasbenchError, match=f"no column '{column}'"):
        curves_of(board.drop(columns=column), "test regret", unit)


def test_errors_need_no_regrets(board):
    bare = board.drop(columns=["test_regret", "validation_regret"])
    assert curves_of(bare, "test error").regrets.shape[0] == 2
