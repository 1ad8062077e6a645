"""Runs that are stopped, written to a file and continued."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from leaderboards import RunSettings
from leaderboards.runner.saved_run import continue_run, save_run
from leaderboards.runner.simulation import Experiment, Simulation, run_whole
from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Budget, Constraint, Objective, Proposal
from nasbench.testing import ToyBenchmark, ToySpace
from strategies import find_strategy
from tabular.shipped import open_shipped

RULES = {
    "plain": RunSettings(Budget(30)),
    "workers": RunSettings(Budget(40), workers=3, speeds=(1, 0.5, 2), overhead=0.1),
    "free trials": RunSettings(
        Budget(40), repeats="free", noise="trial", fidelity="restart", workers=2
    ),
    "seconds": RunSettings(
        Budget(80, "seconds"), constraints=(Constraint("flops", 250),)
    ),
}


def assert_equal(first, second):
    for field in fields(first):
        np.testing.assert_array_equal(
            getattr(first, field.name), getattr(second, field.name), field.name
        )


@pytest.fixture
def benchmark_with_failures():
    return ToyBenchmark(ToySpace((3, 4, 2, 3)), failures=0.2)


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("name", ["random", "local", "evolution", "reinforce"])
def test_a_continued_run_is_the_run_that_was_not_stopped(
    tmp_path, benchmark_with_failures, name, rules
):
    benchmark, factory = benchmark_with_failures, find_strategy(name)
    experiment = Experiment(factory, benchmark, RULES[rules], 7, name)
    whole = run_whole(experiment)
    for evaluations in (0, 1, 2, 11, 1000):
        simulation = Simulation(experiment)
        simulation.advance(evaluations)
        stopped = simulation.run()
        assert len(stopped) == min(evaluations, len(whole))
        save_run(simulation, tmp_path / "run.json")
        continued = continue_run(tmp_path / "run.json", factory, benchmark)
        assert_equal(continued.run(), stopped)
        continued.advance()
        assert_equal(continued.run(), whole)
        simulation.advance()  # saving has changed nothing
        assert_equal(simulation.run(), whole)


def test_a_run_on_a_shipped_table_with_two_objectives_continues(tmp_path):
    benchmark = open_shipped("cell201-mini-digits-v1")
    rules = RunSettings(
        Budget(20), objectives=(VALIDATION_ACCURACY, Objective("flops", maximise=False))
    )
    experiment = Experiment(find_strategy("random"), benchmark, rules, 0)
    simulation = Simulation(experiment)
    simulation.advance(9)
    save_run(simulation, tmp_path / "run.json")
    continued = continue_run(tmp_path / "run.json", experiment.factory, benchmark)
    continued.advance()
    assert_equal(continued.run(), run_whole(experiment))


def test_measured_overhead_is_continued_as_it_was_measured(tmp_path, landscape):
    rules = RunSettings(Budget(20), overhead="measured")
    experiment = Experiment(find_strategy("random"), landscape, rules, 0)
    simulation = Simulation(experiment)
    simulation.advance(10)
    save_run(simulation, tmp_path / "run.json")
    continued = continue_run(tmp_path / "run.json", experiment.factory, landscape)
    assert_equal(continued.run(), simulation.run())


def test_no_training_of_the_file_is_repeated(tmp_path, table):
    benchmark = table({f"o{i}": 0.5 for i in range(40)})
    experiment = Experiment(
        find_strategy("random"), benchmark, RunSettings(Budget(20)), 0
    )
    simulation = Simulation(experiment)
    simulation.advance(15)
    save_run(simulation, tmp_path / "run.json")
    benchmark.calls.clear()
    continue_run(tmp_path / "run.json", experiment.factory, benchmark).advance()
    assert len(benchmark.calls) == 5


@pytest.fixture
def saved(tmp_path, landscape):
    simulation = Simulation(
        Experiment(find_strategy("random"), landscape, RunSettings(Budget(20)), 0)
    )
    simulation.advance(5)
    save_run(simulation, tmp_path / "run.json")
    return tmp_path / "run.json"


def test_a_changed_strategy_is_found_out(saved, landscape):
    with pytest.raises(NasbenchError, match="does not repeat itself: question 1 was"):
        continue_run(saved, find_strategy("random-replacement"), landscape)


def test_a_strategy_that_draws_from_elsewhere_is_found_out(tmp_path, landscape):
    shared = np.random.default_rng(0)

    class Undetermined:
        def __init__(self, context):
            self.context = context

        def ask(self):
            return Proposal(self.context.space.sample(shared), self.context.epochs)

        def tell(self, proposal, evaluation):
            pass

    simulation = Simulation(
        Experiment(Undetermined, landscape, RunSettings(Budget(20)), 0)
    )
    simulation.advance(10)
    save_run(simulation, tmp_path / "run.json")
    with pytest.raises(NasbenchError, match="draws from more than its seed"):
        continue_run(tmp_path / "run.json", Undetermined, landscape)


def test_another_benchmark_is_refused(saved, refereed_table):
    other = refereed_table({"a": 0.5}, name="other")
    with pytest.raises(NasbenchError, match=r"is a run on toy .*, not on other"):
        continue_run(saved, find_strategy("random"), other)


@pytest.mark.parametrize(
    "damage, reason",
    [
        (lambda text: "hello", "is no saved run"),
        (lambda text: "[" * 100_000, "is no saved run"),
        (lambda text: text[:-40], "is no saved run"),
        (lambda text: "[]", "is no saved run of the format"),
        (lambda text: text.replace("version 1", "version 9"), "of the format"),
        (lambda text: text.replace('"seed": 0', '"seed": "x"', 1), "is damaged"),
        (lambda text: text.replace('"answers"', '"anwsers"'), "is damaged: KeyError"),
        (lambda text: text.replace('"status": "comp', '"status": "xcomp'), "damaged"),
        (lambda text: text.replace('"repeats": "charged"', '"repeats": "x"'), "repeat"),
    ],
)
def test_damaged_files_are_refused_in_one_line(saved, landscape, damage, reason):
    text = saved.read_text()
    saved.write_text(damage(text))
    with pytest.raises(NasbenchError, match=reason) as refused:
        continue_run(saved, find_strategy("random"), landscape)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path, landscape):
    with pytest.raises(NasbenchError, match=r"cannot read the run .*none\.json"):
        continue_run(tmp_path / "none.json", find_strategy("random"), landscape)


def test_a_file_cut_by_hand_is_found_out(saved, landscape):
    contents = json.loads(saved.read_text())
    contents["answers"] = [*contents["answers"], contents["answers"][-1]]
    saved.write_text(json.dumps(contents))
    with pytest.raises(NasbenchError, match="1 answers are left"):
        continue_run(saved, find_strategy("random"), landscape)


def test_a_folder_that_is_not_there_is_refused(tmp_path, landscape):
    factory = partial(find_strategy("random"))
    simulation = Simulation(Experiment(factory, landscape, RunSettings(Budget(2)), 0))
    with pytest.raises(NasbenchError, match="cannot write the run to"):
        save_run(simulation, tmp_path / "none" / "run.json")
