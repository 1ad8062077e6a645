"""Budgets in all three units, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from leaderboards import RunSettings, simulate
from nasbench.errors import NasbenchError
from nasbench.search import Budget


def test_a_budget_of_evaluations_is_spent_to_the_last(table, scripted):
    factory, made = scripted("a", "b", "c", "d")
    benchmark = table({"a": 0.5, "b": 0.7, "c": 0.6, "d": 0.9})
    run = simulate(factory, benchmark, RunSettings(Budget(3)), seed=0)
    assert run.ended == "budget"
    assert run.architectures.tolist() == [[0], [1], [2]]
    assert run.architectures.dtype == np.uint8
    assert len(made[0].told) == 3  # the last one is told too


def test_a_budget_of_epochs_counts_the_evaluation_that_reaches_it(table, scripted):
    factory, _ = scripted(("a", 1), ("b", 3), ("c", 2), ("d", 4))
    benchmark = table(dict.fromkeys("abcd", 0.5))
    run = simulate(factory, benchmark, RunSettings(Budget(5, "epochs")), seed=0)
    assert run.epochs.tolist() == [1, 3, 2]
    assert run.cumulative_epochs.tolist() == [1, 4, 6]
    assert run.ended == "budget"


def test_a_budget_of_epochs_that_is_met_exactly_ends_there(table, scripted):
    factory, _ = scripted(("a", 1), ("b", 4), ("c", 4))
    benchmark = table(dict.fromkeys("abc", 0.5))
    run = simulate(factory, benchmark, RunSettings(Budget(5, "epochs")), seed=0)
    assert run.cumulative_epochs.tolist() == [1, 5]


def test_a_budget_of_seconds_counts_the_evaluation_that_overshoots(table, scripted):
    factory, _ = scripted("a", "b", "c")
    benchmark = table(
        {"a": 0.5, "b": 0.9, "c": 0.7}, seconds={"a": 1.5, "b": 2.0, "c": 1.0}
    )
    run = simulate(factory, benchmark, RunSettings(Budget(7, "seconds")), seed=0)
    assert run.cumulative_seconds.tolist() == [6.0, 14.0]
    assert run.incumbent.tolist() == [0, 1]  # the one that overshoots counts


def test_an_exhausted_strategy_ends_its_run_normally(table, scripted):
    factory, _ = scripted("a", "b")
    benchmark = table({"a": 0.5, "b": 0.7})
    run = simulate(factory, benchmark, RunSettings(Budget(100)), seed=0)
    assert run.ended == "exhausted"
    assert len(run) == 2


def test_a_strategy_that_proposes_nothing_has_an_empty_run(refereed_table, scripted):
    factory, _ = scripted()
    run = simulate(factory, refereed_table({"a": 0.5}), RunSettings(Budget(3)), seed=0)
    assert len(run) == 0
    assert run.architectures.shape == (0, 1)
    assert run.incumbent_test_accuracy.shape == (0,)


@pytest.mark.parametrize("seconds", [float("nan"), -1.0])
def test_a_budget_of_seconds_needs_a_benchmark_that_knows_them(
    table, scripted, seconds
):
    factory, _ = scripted("a")
    benchmark = table({"a": 0.5}, seconds={"a": seconds})
    with pytest.raises(NasbenchError, match="set the budget in evaluations or epochs"):
        simulate(factory, benchmark, RunSettings(Budget(3, "seconds")), seed=0)


def test_unknown_seconds_stay_unknown_under_another_budget(table, scripted):
    factory, _ = scripted(("a", 2), ("a", 4), "b")
    benchmark = table({"a": 0.5, "b": 0.6}, seconds={"a": float("nan")})
    run = simulate(factory, benchmark, RunSettings(Budget(9)), seed=0)
    assert np.isnan(run.cumulative_seconds).all()


def test_trainings_that_cost_no_seconds_do_not_run_for_ever(table, uniform_search):
    benchmark = table({"a": 0.5, "b": 0.6}, seconds={"a": 0.0, "b": 0.0})
    settings = RunSettings(Budget(3, "seconds"))
    run = simulate(uniform_search, benchmark, settings, seed=0)
    assert run.ended == "idle"
    assert len(run) == 1000


@pytest.mark.parametrize(
    "setting, value", [("repeats", "chraged"), ("fidelity", "both"), ("noise", "none")]
)
def test_a_misspelt_setting_is_refused_with_what_is_known(setting, value):
    with pytest.raises(NasbenchError, match=f"unknown {setting} '{value}'"):
        RunSettings(Budget(3), **{setting: value})


def test_a_misspelt_unit_is_refused():
    with pytest.raises(NasbenchError, match="did you mean 'seconds'"):
        RunSettings(Budget(3, "second"))
