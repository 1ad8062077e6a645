"""What the runner owes the strategy, and the strategy the runner."""

from __future__ import annotations

import random
from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from leaderboards import RunSettings, simulate
from leaderboards.runner.equivalence import reader
from nasbench.errors import NasbenchError
from nasbench.search import Budget, Proposal
from nasbench.spaces import make_space
from nasbench.testing.reachability import reachable
from strategies import RandomSearch

SETTINGS = RunSettings(Budget(5))


class Proposes:
    """Always proposes the same thing."""

    def __init__(self, context, thing):
        self.thing = thing

    def ask(self):
        return self.thing

    def tell(self, proposal, evaluation):
        pass


def equal_runs(first, second):
    return all(
        np.array_equal(
            getattr(first, f.name),
            getattr(second, f.name),
            equal_nan=isinstance(getattr(first, f.name), np.ndarray),
        )
        for f in fields(first)
    )


@pytest.mark.parametrize(
    "thing, reason",
    [
        (Proposal((7,), 4), "each below 2"),
        (Proposal((0, 0), 4), "expected 1 integers"),
        (Proposal("a", 4), "is no architecture of line"),
        (Proposal(None, 4), "is no architecture of line"),
        (Proposal((0.5,), 4), "is no architecture of line"),
        (Proposal((0,), 0), "expected 1 to 4 epochs"),
        (Proposal((0,), 5), "expected 1 to 4 epochs"),
        (Proposal((0,), 2.0), "expected 1 to 4 epochs"),
        (Proposal((0,), None), "expected 1 to 4 epochs"),
        (None, "expected a nasbench.search.Proposal"),
        ((0,), "expected a nasbench.search.Proposal"),
    ],
)
def test_an_invalid_proposal_is_refused_in_one_line(table, thing, reason):
    benchmark = table({"a": 0.5, "b": 0.5})
    with pytest.raises(NasbenchError) as refused:
        simulate(partial(Proposes, thing=thing), benchmark, SETTINGS, 0, "wild")
    message = str(refused.value)
    assert message.startswith(f"strategy 'wild' proposed {thing!r}: ")
    assert reason in message
    assert "\n" not in message
    assert not benchmark.calls


def test_a_proposal_of_many_lines_is_refused_in_one(table):
    factory = partial(Proposes, thing=Proposal(np.zeros((3, 3)), 4))
    with pytest.raises(NasbenchError) as refused:
        simulate(factory, table({"a": 0.5}), SETTINGS, seed=0)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("architecture", [[1], np.array([1]), (np.uint8(1),)])
def test_every_sequence_of_integers_is_an_architecture(table, architecture):
    benchmark = table({"a": 0.5, "b": 0.6})
    factory = partial(Proposes, thing=Proposal(architecture, np.int64(4)))
    run = simulate(factory, benchmark, SETTINGS, seed=0)
    assert run.architectures.tolist() == [[1]] * 5
    assert benchmark.calls[0] == ((1,), 4, None)
    assert type(benchmark.calls[0][0][0]) is int


def test_every_proposal_is_told_once_right_after_its_ask(table):
    class Strict:
        """Fails when it is asked or told out of turn."""

        def __init__(self, context):
            self.context = context
            self.open = None
            self.rounds = 0

        def ask(self):
            assert self.open is None, "asked again before it was told"
            self.open = Proposal((self.rounds % 2,), 1 + self.rounds % 4)
            return self.open

        def tell(self, proposal, evaluation):
            assert proposal is self.open, "told of what it did not just propose"
            assert evaluation.epochs == proposal.epochs
            self.open = None
            self.rounds += 1

    made = []

    def factory(context):
        made.append(Strict(context))
        return made[-1]

    benchmark = table({"a": 0.5, "b": 0.6})
    for repeats in ("charged", "free"):
        settings = RunSettings(Budget(5), repeats=repeats)
        simulate(factory, benchmark, settings, seed=0)
        assert made[-1].open is None
        assert made[-1].rounds >= 5


def test_a_strategy_cannot_reach_test_accuracies_or_the_benchmark(
    refereed_table, scripted
):
    factory, made = scripted("a")
    benchmark = refereed_table({"a": 0.5})
    simulate(factory, benchmark, SETTINGS, seed=0)
    given = made[0].context
    assert {f.name for f in fields(given)} == {
        "space",
        "epochs",
        "budget",
        "costs",
        "seed",
        "objectives",
        "constraints",
        "benchmark_spec",
        "run",
        "proxies",
    }
    assert given.run == 0  # a number, as the seed is
    assert given.proxies is None
    told = {f.name for f in fields(made[0].told[0][1])}
    assert not [name for name in told if "test" in name]
    assert not any(found is benchmark for found in reachable(made[0]))


def test_equal_arguments_give_equal_runs(landscape, uniform_search):
    settings = RunSettings(Budget(60), repeats="free", noise="trial")
    first = simulate(uniform_search, landscape, settings, seed=3)
    assert equal_runs(first, simulate(uniform_search, landscape, settings, seed=3))
    assert not equal_runs(first, simulate(uniform_search, landscape, settings, seed=4))


def test_global_random_states_are_left_alone(landscape, uniform_search):
    before = random.getstate(), np.random.get_state()[1].tolist()
    simulate(uniform_search, landscape, RunSettings(Budget(9), noise="trial"), seed=0)
    assert before == (random.getstate(), np.random.get_state()[1].tolist())


def test_the_noise_of_the_runner_does_not_move_the_strategy(landscape, uniform_search):
    proposed = [
        simulate(uniform_search, landscape, RunSettings(Budget(50), noise=noise), 1)
        for noise in ("mean", "trial")
    ]
    np.testing.assert_array_equal(proposed[0].architectures, proposed[1].architectures)


def test_strategy_and_runner_draw_from_independent_streams(table):
    seen = {}

    class Repeats:
        """Draws the same way as the runner does."""

        def __init__(self, context):
            self.rng = np.random.default_rng(context.seed)
            self.count = 0
            seen[context.seed] = self.drawn = []

        def ask(self):
            self.drawn.append(int(self.rng.integers(4)))
            self.count += 1
            return Proposal((self.count - 1,), 4)

        def tell(self, proposal, evaluation):
            self.drawn[-1] = (self.drawn[-1], evaluation.seed)

    benchmark = table({f"o{i}": 0.5 for i in range(100)}, seeds=(0, 1, 2, 3))
    for seed in range(40):
        simulate(Repeats, benchmark, RunSettings(Budget(100), noise="trial"), seed)
    assert len(seen) == 40  # 40 runs, 40 seeds of strategies
    pairs = np.array([pair for drawn in seen.values() for pair in drawn])
    counts = np.bincount(pairs @ [4, 1], minlength=16)
    expected = len(pairs) / 16
    assert ((counts - expected) ** 2 / expected).sum() < 37.7  # chi2(15), p = 0.001


@pytest.mark.parametrize("seed", [-1, -(2**40)])
def test_a_negative_seed_is_refused(landscape, uniform_search, seed):
    with pytest.raises(NasbenchError, match=f"0 or more, not {seed}"):
        simulate(uniform_search, landscape, SETTINGS, seed)


def test_a_run_is_named_after_its_factory(landscape, uniform_search):
    run = simulate(partial(partial(uniform_search)), landscape, SETTINGS, seed=2)
    assert (run.strategy, run.benchmark, run.seed) == ("UniformSearch", "toy", 2)
    assert simulate(uniform_search, landscape, SETTINGS, 0, "mine").strategy == "mine"


def test_an_error_of_the_strategy_is_named_with_its_place(landscape):
    class Broken:
        def __init__(self, context):
            pass

        def ask(self):
            raise ZeroDivisionError

    place = r"'Broken' on toy failed: ZeroDivisionError.*contract\.py:\d+, in ask"
    with pytest.raises(NasbenchError, match=place) as failure:
        simulate(Broken, landscape, SETTINGS, seed=0)
    assert isinstance(failure.value.__cause__, ZeroDivisionError)


def test_forgetting_architectures_changes_nothing(
    monkeypatch, landscape, uniform_search
):
    settings = RunSettings(Budget(40), repeats="free", noise="trial")
    expected = simulate(uniform_search, landscape, settings, seed=0)
    monkeypatch.setattr("leaderboards.runner.equivalence.REMEMBERED", 2)
    assert equal_runs(expected, simulate(uniform_search, landscape, settings, seed=0))


def test_the_reader_knows_the_classes_of_a_space():
    space = make_space("cell201-mini")
    read = reader(space)
    for _ in range(2):  # computed, then remembered
        for architecture in space:
            assert read(architecture) == (architecture, space.canonical(architecture))


def test_a_strategy_that_leaves_python_is_a_failed_run(landscape):
    class Leaves(RandomSearch):
        def ask(self):
            raise SystemExit(0)

    with pytest.raises(NasbenchError, match="SystemExit"):
        simulate(Leaves, landscape, SETTINGS, seed=0)
