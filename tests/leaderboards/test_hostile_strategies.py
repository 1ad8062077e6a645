"""Strategies that mutate what they are told, draw globally, or never end."""

from __future__ import annotations

import random
import sys
from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from leaderboards import RunSettings, simulate
from leaderboards.runner.all_runs import run_all
from leaderboards.runner.saved_run import continue_run, save_run
from leaderboards.runner.simulation import Experiment, Simulation
from nasbench.benchmark import Measurements, StaticCosts
from nasbench.errors import NasbenchError
from nasbench.search import Budget, Constraint, Objective, Proposal
from nasbench.testing import ToyBenchmark, ToySpace
from strategies import RandomSearch, find_strategy
from tabular.shipped import open_shipped

SETTINGS = RunSettings(
    Budget(12),
    objectives=(Objective("validation_accuracy", maximise=True),),
    constraints=(Constraint("flops", 10**9),),
)


def assert_equal(first, second):
    for field in fields(first):
        np.testing.assert_array_equal(
            getattr(first, field.name), getattr(second, field.name), field.name
        )


def overwrite(thing, **values):
    for name, value in values.items():
        object.__setattr__(thing, name, value)


class Vandal(RandomSearch):
    """Overwrites all that it is handed; `simulate` must not care a run later."""

    def __init__(self, context):
        super().__init__(context)
        costs = context.costs(context.space.architecture_at(3))
        costs.modelled._numbers["latency:x"] = -1.0
        overwrite(costs, parameters=-1, modelled=Measurements({"latency:y": 0.0}))
        overwrite(context.budget, amount=10**6)
        overwrite(context.objectives[0], maximise=False)
        overwrite(context.constraints[0], limit=10**12)
        if context.benchmark_spec is not None:
            overwrite(context.benchmark_spec, digest="forged")

    def tell(self, proposal, evaluation):
        evaluation.measured._numbers["accuracy:secret"] = 1.0
        overwrite(
            evaluation,
            validation_accuracy=1.0,
            curve=(1.0,) * 9,
            cost_seconds=0.0,
            parameters=0,
            measured=Measurements({"latency:z": 0.0}),
        )
        overwrite(proposal, architecture=None, epochs=-1)


@pytest.mark.parametrize("repeats", ["charged", "free"])
@pytest.mark.parametrize("name", ["shipped", "toy"])
def test_a_strategy_that_overwrites_what_it_is_told_harms_no_later_run(name, repeats):
    benchmark = (
        open_shipped("cell201-mini-digits-v1")
        if name == "shipped"
        else ToyBenchmark(ToySpace((3, 4, 2, 3)))
    )
    settings = RunSettings(
        SETTINGS.budget,
        repeats=repeats,
        objectives=SETTINGS.objectives,
        constraints=SETTINGS.constraints,
    )
    before = simulate(find_strategy("evolution"), benchmark, settings, 1)
    costs = benchmark.cost_model(benchmark.space.architecture_at(3))
    simulate(Vandal, benchmark, settings, 1)
    assert settings.budget == Budget(12)
    assert settings.constraints == (Constraint("flops", 10**9),)
    assert settings.objectives == (Objective("validation_accuracy", maximise=True),)
    assert benchmark.cost_model(benchmark.space.architecture_at(3)) == costs
    assert dict(Measurements()) == dict(costs.modelled) == {}
    assert dict(StaticCosts(1, 2, 3).modelled) == {}
    assert_equal(simulate(find_strategy("evolution"), benchmark, settings, 1), before)


def test_a_vandal_does_not_change_its_own_record(landscape):
    class Quiet(RandomSearch):
        pass

    honest = simulate(Quiet, landscape, SETTINGS, 0, "same")
    assert_equal(simulate(Vandal, landscape, SETTINGS, 0, "same"), honest)


def draws_from_python(self):
    random.random()


def draws_from_numpy(self):
    np.random.random()


def draws_a_whole_block_from_numpy(self):
    np.random.random(312)  # 624 words: the position in the block is as before


def seeds_python(self):
    random.seed(7)


def seeds_numpy(self):
    np.random.seed(7)


def draws_from_torch(self):
    torch = pytest.importorskip("torch")
    torch.rand(1)


GLOBAL = {
    draws_from_python: "random",
    draws_from_numpy: "numpy",
    draws_a_whole_block_from_numpy: "numpy",
    seeds_python: "random",
    seeds_numpy: "numpy",
    draws_from_torch: "torch",
}


def spoiled(method, act):
    """Return a random search that acts in one of its methods."""

    class Spoiled(RandomSearch):
        pass

    def spoil(self, *given):
        act(self)
        return getattr(RandomSearch, method)(self, *given)

    setattr(Spoiled, method, spoil)
    return Spoiled


@pytest.mark.parametrize("method", ["__init__", "ask", "tell"])
@pytest.mark.parametrize("act", GLOBAL, ids=lambda act: act.__name__)
def test_the_strategy_that_uses_a_global_generator_is_named(landscape, act, method):
    if act is draws_from_torch:
        pytest.importorskip("torch")
    factory = spoiled(method, act)
    message = (
        rf"strategy 'culprit' on toy drew from or seeded the global random state of "
        rf"{GLOBAL[act]}: .*draw from self\.rng"
    )
    strategies = {"fine": RandomSearch, "culprit": factory}
    for jobs in (1, 2):
        with pytest.raises(NasbenchError, match=message) as refused:
            run_all(strategies, [landscape], SETTINGS, 3, jobs=jobs)
        assert "\n" not in str(refused.value)
    with pytest.raises(NasbenchError, match=message):
        Simulation(Experiment(factory, landscape, SETTINGS, 0, "culprit")).advance()


def test_drawing_between_the_steps_of_a_run_is_the_users_own_business(landscape):
    simulation = Simulation(Experiment(RandomSearch, landscape, SETTINGS, 0))
    for evaluations in (0, 3, 7):
        np.random.random()
        random.random()
        simulation.advance(evaluations)
    assert len(simulation.run()) == 7


def test_a_library_that_draws_while_it_loads_is_not_held_against_the_strategy(
    landscape, tmp_path, monkeypatch
):
    (tmp_path / "draws_at_import.py").write_text("import random\nrandom.random()\n")
    monkeypatch.syspath_prepend(tmp_path)

    def load(self):
        import draws_at_import  # noqa: F401

    def load_and_draw(self):
        load(self)
        random.random()

    calls = len(simulate(RandomSearch, landscape, SETTINGS, 0))
    for method in ("__init__", "tell"):
        landscape.calls.clear()
        sys.modules.pop("draws_at_import", None)
        run = simulate(spoiled(method, load), landscape, SETTINGS, 0)
        assert len(run) == calls
        # Whether it was the import is found out without another training.
        assert len(landscape.calls) == calls
        sys.modules.pop("draws_at_import")
        with pytest.raises(NasbenchError, match="global random state of random"):
            simulate(spoiled(method, load_and_draw), landscape, SETTINGS, 0)
    sys.modules.pop("draws_at_import")


class Parrot:
    """Proposes one architecture for ever."""

    def __init__(self, context):
        self.context = context

    def ask(self):
        return Proposal((0,), self.context.epochs)

    def tell(self, proposal, evaluation):
        pass


def test_free_repeats_for_ever_end_with_a_sentence(landscape):
    run = simulate(Parrot, landscape, RunSettings(Budget(5), repeats="free"), 3)
    assert (run.ended, len(run)) == ("idle", 1)
    assert run.early_end == (
        "strategy 'Parrot' on toy from seed 3 ended after 1 evaluation: its last 1000 "
        "proposals cost nothing, being repeats or trainings that take no time; the "
        "budget is not spent"
    )


def test_a_spent_budget_is_no_early_end_and_an_exhausted_space_is_one(landscape):
    assert simulate(Parrot, landscape, RunSettings(Budget(5)), 0).early_end is None
    run = simulate(RandomSearch, landscape, RunSettings(Budget(500)), 0)
    assert run.early_end == (
        "strategy 'RandomSearch' on toy from seed 0 ended after 40 evaluations: it had "
        "nothing left to propose; the budget is not spent"
    )


@pytest.mark.parametrize("seconds", [0.0, 1e-300])
def test_trainings_that_do_not_move_the_clock_end(table, seconds):
    benchmark = table({"a": 0.5, "b": 0.6}, seconds={"a": seconds, "b": 1.0})
    settings = RunSettings(Budget(50, "seconds"))

    class First(Parrot):
        asked = 0

        def ask(self):
            self.asked += 1
            return Proposal((int(self.asked == 1),), 4)

    run = simulate(First, benchmark, settings, 0)
    assert run.ended == "idle"
    assert "trainings that take no time" in run.early_end


def test_a_saved_run_of_a_vandal_continues(landscape, tmp_path):
    simulation = Simulation(Experiment(Vandal, landscape, SETTINGS, 0))
    simulation.advance(5)
    save_run(simulation, tmp_path / "run.json")
    continued = continue_run(tmp_path / "run.json", Vandal, landscape)
    continued.advance()
    simulation.advance()
    assert_equal(continued.run(), simulation.run())


NO_STRATEGY = "a strategy is given as its class, or a partial of it with settings, not "
WRONG_CALLS = {
    "a name": (("random",), NO_STRATEGY + r"as 'random'; .*find_strategy\('random'\)"),
    "no strategy": ((None,), NO_STRATEGY + "as None"),
    "an id": ((RandomSearch, "toy"), r"not 'toy'; nasbench\.make\('toy'\) opens"),
    "a class": ((RandomSearch, ToyBenchmark), "a benchmark is an object with evaluate"),
    "no benchmark": ((RandomSearch, None), "such as a table, not None"),
    "a number": ((RandomSearch, ..., 100), r"are RunSettings, .* not 100"),
    "a budget": ((RandomSearch, ..., Budget(5)), r"not Budget\(amount=5"),
    "half a seed": ((RandomSearch, ..., SETTINGS, 1.5), "as a whole number, not 1.5"),
    "True": ((RandomSearch, ..., SETTINGS, True), "as a whole number, not True"),
    "no seed": ((RandomSearch, ..., SETTINGS, None), "0 or more, .* not None"),
    "name": ((RandomSearch, ..., SETTINGS, 0, 7), "strategy is a text, not 7"),
}


@pytest.mark.parametrize("wrong", WRONG_CALLS)
def test_wrong_arguments_of_simulate_give_one_line(landscape, wrong):
    arguments, reason = WRONG_CALLS[wrong]
    given = [landscape if one is ... else one for one in arguments]
    given += [RandomSearch, landscape, SETTINGS, 0][len(given) :]
    with pytest.raises(NasbenchError, match=reason) as refused:
        simulate(*given)
    assert "\n" not in str(refused.value)


WRONG_BOARDS = [
    ({"seeds": 1.5}, "at least 1 seed, as a whole number, not 1.5"),
    ({"seeds": True}, "not True"),
    ({"seeds": 0}, "at least 1 seed, not 0"),
    ({"jobs": 2.5}, "at least 1 job, as a whole number, not 2.5"),
    ({"jobs": 0}, "at least 1 job, not 0"),
    ({"strategies": [RandomSearch]}, "are a mapping, names to factories, not"),
    ({"strategies": {"a": "random"}}, "not as 'random'; strategies.find_strategy"),
    ({"strategies": {}}, "given are 0 strategies, 1 benchmarks"),
    ({"benchmarks": "toy"}, "are a list of them, not 'toy'"),
    ({"benchmarks": ["toy"]}, "nasbench.make"),
    ({"benchmarks": []}, "given are 1 strategies, 0 benchmarks"),
    ({"settings": 100}, "are RunSettings"),
]


@pytest.mark.parametrize("wrong, reason", WRONG_BOARDS)
def test_wrong_arguments_of_a_board_give_one_line(landscape, wrong, reason):
    good = {
        "strategies": {"a": RandomSearch},
        "benchmarks": [landscape],
        "settings": SETTINGS,
        "seeds": 1,
    }
    with pytest.raises(NasbenchError, match=reason) as refused:
        run_all(**{**good, **wrong})
    assert "\n" not in str(refused.value)


WRONG_RULES = [
    (partial(RunSettings, Budget(5), workers=2.5), "1 worker, as a whole number"),
    (partial(RunSettings, Budget(5), workers=True), "not True"),
    (partial(RunSettings, Budget(5), workers="2"), "not '2'"),
    (partial(RunSettings, Budget(5), workers=10**9), "at most 65536 workers"),
    (partial(RunSettings, Budget(5), workers=0), "at least 1 worker, not 0"),
    (partial(RunSettings, Budget(5), workers=2, speeds=("1", 2)), "finite, not '1'"),
    (partial(RunSettings, Budget(5), workers=2, speeds=(True, 2)), "finite, not True"),
    (partial(RunSettings, Budget(5), speeds=2.0), "speeds are a tuple, .* not 2.0"),
    (partial(RunSettings, Budget(5), overhead=None), "or more, not None"),
    (partial(RunSettings, Budget(5), overhead=True), "or more, not True"),
    (partial(RunSettings, Budget(5), objectives="accuracy"), "tuple of Objective, not"),
    (partial(RunSettings, Budget(5), objectives=("accuracy",)), "tuple of Objective"),
    (partial(RunSettings, Budget(5), constraints=(1,)), "tuple of Constraint, not"),
    (partial(RunSettings, Budget(5), noise=["mean"]), "unknown noise"),
    (partial(RunSettings, 100), r"as in Budget\(100\), not 100"),
    (partial(Budget, "100"), "positive and finite number, not '100' evaluations"),
    (partial(Budget, True), "number, not True evaluations"),
    (partial(Budget, None), "number, not None evaluations"),
    (partial(Budget, float("nan")), "number, not nan evaluations"),
    (partial(Budget, 5, "hours"), "unknown budget unit 'hours'"),
    (partial(Budget, 5, None), "unknown budget unit"),
    (partial(Objective, None, True), "a column is named by a text, not None"),
    (partial(Objective, "flops", "min"), "True or False, not 'min'"),
    (partial(Constraint, "flops", "1M"), "is not a number: '1M'"),
    (partial(Constraint, "flops", True), "is not a number: True"),
    (partial(Constraint, "flops", 1, "yes"), "True or False, not 'yes'"),
]


@pytest.mark.parametrize("make, reason", WRONG_RULES)
def test_wrong_rules_of_any_type_give_one_line(make, reason):
    with pytest.raises(NasbenchError, match=reason) as refused:
        make()
    assert "\n" not in str(refused.value)


def test_numbers_of_numpy_and_lists_are_rules_too():
    rules = RunSettings(Budget(np.int64(5)), workers=np.int64(2), speeds=[1.0, 2.0])
    assert rules == RunSettings(Budget(5), workers=2, speeds=(1.0, 2.0))
    assert type(rules.workers) is int


@pytest.mark.parametrize("wrong", [None, 7, b"id", ["cell201-mini-digits-v1"]])
def test_make_takes_an_id(wrong):
    from nasbench.benchmark import make

    with pytest.raises(NasbenchError, match="make takes the id of a benchmark") as one:
        make(wrong)
    assert "cell201-mini-digits-v1" in str(one.value)
