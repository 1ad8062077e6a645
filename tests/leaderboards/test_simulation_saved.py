"""Runs that are stopped, written to a file and continued."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from leaderboards import RunSettings
from leaderboards.chosen_strategy import ChosenStrategy
from leaderboards.runner.run_file import checksum
from leaderboards.runner.saved_run import continue_experiment, continue_run, save_run
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


def test_another_strategy_is_refused_up_front(saved, landscape):
    landscape.calls.clear()
    both = (
        r"holds another run: its strategy is random_search\.RandomSearch\(\), and "
        r"random_search\.RandomSearchWithReplacement\(\) is given"
    ).replace("random_search", r"strategies\.enumerating\.random_search")
    with pytest.raises(NasbenchError, match=both):
        continue_run(saved, find_strategy("random-replacement"), landscape)
    assert not landscape.calls


@pytest.mark.parametrize("chosen", [True, False])
def test_other_settings_of_the_strategy_are_refused_up_front(
    tmp_path, landscape, chosen
):
    def evolution(**settings):
        if not chosen:
            return partial(find_strategy("evolution"), **settings)
        texts = ", ".join(f"{name}={value}" for name, value in settings.items())
        return ChosenStrategy(f"evolution({texts})")

    made = evolution(population_size=12)
    simulation = Simulation(Experiment(made, landscape, RunSettings(Budget(9)), 0))
    save_run(simulation, tmp_path / "run.json")
    both = r"population_size=12, tournament_size=10\), and .*=11, tournament_size=10\)"
    with pytest.raises(NasbenchError, match=both):
        continue_run(tmp_path / "run.json", evolution(population_size=11), landscape)
    # A default that is spelled out, and another way to say it, are the same.
    same = partial(
        partial(find_strategy("evolution"), tournament_size=10), population_size=12
    )
    continue_run(tmp_path / "run.json", same, landscape)


OTHER_RULES = [
    ({"seed": 1}, "its seed is 0, and 1 is given"),
    ({"budget": Budget(21)}, "budget is .*amount=20.*and .*amount=21.* is given"),
    ({"budget": Budget(20, "epochs")}, "budget is .*'evaluations'.* and .*'epochs'"),
    ({"workers": 2}, "its workers is 1, and 2 is given"),
    ({"noise": "trial"}, "its noise is mean, and trial is given"),
    ({"repeats": "free"}, "its repeats is charged, and free is given"),
    ({"overhead": 0.5}, "its overhead is 0.0, and 0.5 is given"),
    ({"constraints": (Constraint("flops", 9),)}, r"constraints is \(\), and \(Constr"),
]


@pytest.mark.parametrize("other, both", OTHER_RULES)
def test_another_seed_and_other_rules_are_refused_up_front(
    saved, landscape, other, both
):
    landscape.calls.clear()
    rules = {"budget": Budget(20), **other}
    seed = rules.pop("seed", 0)
    factory = find_strategy("random")
    with pytest.raises(NasbenchError, match=both) as refused:
        continue_experiment(
            saved, Experiment(factory, landscape, RunSettings(**rules), seed)
        )
    assert "\n" not in str(refused.value)
    assert not landscape.calls


def test_an_experiment_continues_under_a_name_of_its_own(saved, landscape):
    experiment = Experiment(
        find_strategy("random"), landscape, RunSettings(Budget(20)), 0, "mine"
    )
    simulation = continue_experiment(saved, experiment)
    simulation.advance()
    assert_equal(simulation.run(), run_whole(experiment))


@pytest.mark.parametrize("wrong", ["random", None])
def test_what_is_no_strategy_is_refused(saved, landscape, wrong):
    with pytest.raises(NasbenchError, match="a strategy is given as its class"):
        continue_run(saved, wrong, landscape)
    with pytest.raises(NasbenchError, match="a benchmark is an object with"):
        continue_run(saved, find_strategy("random"), wrong)


def other_values(value):
    """Yield values that do not belong where `value` stands."""
    yield from (v for v in WRONG if type(v) is not type(value))
    if type(value) is int:
        yield from (-1, 10**9)


WRONG = [None, True, 2.5, float("nan"), "text", [], {"a": 1}]


def damages(node, path=()):
    """Yield the place of everything in a JSON value, from the outside in."""
    items = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node[:1])
        if isinstance(node, list)
        else ()
    )
    for key, value in items:
        yield (*path, key), value
        yield from damages(value, (*path, key))


def refusal(saved, benchmark):
    """Return why a run cannot be continued; an empty text where it can."""
    try:
        continue_run(saved, find_strategy("random"), benchmark)
    except NasbenchError as error:
        return str(error)
    return ""


def test_no_damage_gives_anything_but_one_line(saved, landscape):
    """Every field gone or of another type; also where the checksum is renewed."""
    text = saved.read_text()
    tried = refused = 0
    for place, value in damages(json.loads(text)):
        for new in [..., *other_values(value)]:
            contents = json.loads(text)
            holder = contents
            for key in place[:-1]:
                holder = holder[key]
            if new is ...:
                del holder[place[-1]]
            else:
                holder[place[-1]] = new
            for renewed in (False, True):
                if renewed:
                    contents["checksum"] = checksum(contents)
                saved.write_text(json.dumps(contents))
                tried += 1
                message = refusal(saved, landscape)
                # A forger may change what nothing else says, such as an accuracy.
                assert message or renewed, (place, new)
                assert "\n" not in message
                refused += bool(message)
    assert tried > 500
    assert refused > 0.9 * tried


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
    both = "its benchmark is toy, and other is given"
    with pytest.raises(NasbenchError, match=both):
        continue_run(saved, find_strategy("random"), other)


def renewed(text, old, new):
    """Return the text with a change and the checksum that it then has."""
    assert old in text
    contents = json.loads(text.replace(old, new, 1))
    return json.dumps({**contents, "checksum": checksum(contents)})


@pytest.mark.parametrize(
    "damage, reason",
    [
        (lambda text: "hello", "is no saved run"),
        (lambda text: "[" * 100_000, "is no saved run"),
        (lambda text: text[:-40], "is no saved run"),
        (lambda text: "[]", "is no saved run of the format"),
        (lambda text: text.replace("version 2", "version 9"), "of the format"),
        (lambda text: text.replace('"seed": 0', '"seed": 1', 1), "changed by hand"),
        (lambda text: renewed(text, '"seed": 0', '"seed": "x"'), "is damaged: TypeE"),
        (lambda text: renewed(text, '"answers"', '"anwsers"'), "is damaged: KeyError"),
        (lambda text: renewed(text, '"status": "comp', '"status": "x'), "is damaged"),
        (lambda text: renewed(text, '"charged"', '"x"'), "is damaged: unknown repeats"),
        (lambda text: renewed(text, '"evaluations": 5', '"evaluations": 99'), "99 eva"),
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
    saved.write_text(json.dumps({**contents, "checksum": checksum(contents)}))
    with pytest.raises(NasbenchError, match="1 answers are left"):
        continue_run(saved, find_strategy("random"), landscape)


def test_a_folder_that_is_not_there_is_refused(tmp_path, landscape):
    factory = partial(find_strategy("random"))
    simulation = Simulation(Experiment(factory, landscape, RunSettings(Budget(2)), 0))
    with pytest.raises(NasbenchError, match="cannot write the run to"):
        save_run(simulation, tmp_path / "none" / "run.json")
