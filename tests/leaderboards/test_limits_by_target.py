"""Objectives and limits by target: simulated latencies are known before training."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from leaderboards import RunSettings
from leaderboards.fronts.objective_text import constraint_text, parse_constraint
from leaderboards.fronts.permitted import permitted
from leaderboards.runner.simulate import simulate
from nasbench.cli import main
from nasbench.search import Budget, SearchContext, read_cost
from strategies import RandomSearch
from tabular.modelled_latencies import model_latencies

SHIPPED = Path(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"))
TARGET = "sim-roofline-pi4class"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("modelled") / "m.h5"
    return model_latencies(Path(shutil.copy(SHIPPED, path)), [TARGET])


@pytest.fixture
def limit(table):
    """A limit that about half of the architectures keep."""
    median = sorted(table.latencies[TARGET].median_ms())[30]
    return parse_constraint(f"latency:{TARGET}<{median:.6f}ms")


def test_a_limit_reads_as_it_was_written(limit):
    assert parse_constraint(constraint_text(limit)) == limit


def test_the_same_limit_in_other_units_is_the_same():
    assert parse_constraint(f"latency:{TARGET}<0.02s") == parse_constraint(
        f"latency:{TARGET}<20ms"
    )


def test_simulated_targets_are_known_before_an_evaluation(table, limit):
    context = SearchContext(
        table.space,
        table.epochs,
        Budget(9),
        table.cost_model,
        0,
        constraints=(limit,),
    )
    allowed = {one for one in table.space if context.permits(one)}
    assert 0 < len(allowed) < table.space.size
    for architecture in table.space:
        evaluation = table.evaluate(architecture)
        known = read_cost(limit.column, table.cost_model(architecture))
        assert known == evaluation.measured[limit.column]
        assert (architecture in allowed) == (not limit.violation(evaluation))
    assert {architecture for architecture, _ in permitted(table, [limit])} == allowed


def test_a_search_under_a_limit_evaluates_nothing_that_breaks_it(table, limit):
    settings = RunSettings(Budget(20), constraints=(limit,))
    run = simulate(RandomSearch, table, settings, 0)
    assert (run.violation == 0).all()


def test_boards_take_latency_and_energy_of_a_target(table, capsys):
    words = ["compare", str(table.path), "--jobs", "1", "--seeds", "3"]
    words += ["--strategy", "random", "--strategy", "nsga2", "--evaluations", "30"]
    words += ["--objectives", f"accuracy,latency:{TARGET}"]
    words += ["--constraint", f"energy:{TARGET}<2e2mJ"]
    assert main(words) == 0
    assert "hypervolume" in capsys.readouterr().out
