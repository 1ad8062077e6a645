"""Simulated workers: against a simulation by small steps, and by hand."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from leaderboards import RunSettings, simulate
from nasbench.errors import NasbenchError
from nasbench.search import Budget, Proposal, SearchExhausted
from nasbench.testing import ToyBenchmark, ToySpace
from strategies import find_strategy

LONG = Budget(1000)


def by_small_steps(durations, speeds):
    """Return (finish, worker, number) of every training, one moment after another.

    Durations are whole numbers, so the moments are multiples of the smallest step.
    """
    free_at = [0.0] * len(speeds)
    running = {}
    done = []
    waiting = list(enumerate(durations))
    for moment in np.arange(0, sum(durations) / min(speeds) + 1, 0.25):
        for worker in sorted(running, key=lambda w: running[w]):
            if free_at[worker] == moment:
                done.append((moment, worker, running.pop(worker)))
        for worker in range(len(speeds)):
            if worker not in running and waiting:
                running[worker], duration = waiting.pop(0)
                free_at[worker] = moment + duration / speeds[worker]
    return done


@given(
    durations=st.lists(st.integers(1, 6), min_size=1, max_size=25),
    speeds=st.lists(st.sampled_from([0.5, 1.0, 2.0, 4.0]), min_size=1, max_size=5),
)
@tried(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=60,
    deadline=None,
)
def test_events_are_those_of_a_simulation_by_small_steps(
    table, scripted, durations, speeds
):
    names = [f"o{i}" for i in range(len(durations))]
    seconds = {n: d / 4 for n, d in zip(names, durations, strict=True)}  # 4 epochs
    factory, made = scripted(*names)
    benchmark = table(dict.fromkeys(names, 0.5), seconds=seconds)
    rules = RunSettings(LONG, workers=len(speeds), speeds=tuple(speeds))
    run = simulate(factory, benchmark, rules, seed=0)
    expected = by_small_steps(durations, speeds)
    found = zip(run.finished, run.worker, run.architectures[:, 0], strict=True)
    assert [tuple(row) for row in found] == expected
    told = [proposal.architecture[0] for proposal, _ in made[0].told]
    assert told == [number for *_, number in expected]
    busy = np.array(durations) / np.array(speeds)[run.worker[np.argsort(told)]]
    assert run.cumulative_seconds[-1] == pytest.approx(busy.sum())


@pytest.mark.parametrize("name", ["random", "local", "evolution", "reinforce"])
def test_the_charge_is_the_sum_of_the_time_of_the_workers(name):
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    rules = RunSettings(Budget(50), workers=4, speeds=(1, 2, 0.5, 1))
    run = simulate(find_strategy(name), benchmark, rules, seed=1)
    total = 0.0
    for worker in range(4):
        ends = run.finished[run.worker == worker]
        # Workers are never idle between trainings, so the last end is their time.
        total += ends[-1]
        assert (np.diff(ends) > 0).all()
    assert run.cumulative_seconds[-1] == pytest.approx(total)
    assert (np.diff(run.finished) >= 0).all()
    assert len(run) == 50


@pytest.mark.parametrize("name", ["random", "local", "evolution", "genetic"])
def test_one_worker_does_what_ask_evaluate_tell_does(name):
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    told = []

    def factory(context):
        strategy = find_strategy(name)(context)
        if not told:  # the same context, driven by a plain loop
            alone, spent = find_strategy(name)(context), 0.0
            for _ in range(60):
                proposal = alone.ask()
                evaluation = benchmark.evaluate(proposal.architecture)
                alone.tell(proposal, evaluation)
                spent += evaluation.cost_seconds
                told.append((proposal.architecture, spent))
        return strategy

    run = simulate(factory, benchmark, RunSettings(Budget(60)), seed=5)
    assert [tuple(row) for row in run.architectures.tolist()] == [a for a, _ in told]
    assert run.finished.tolist() == [spent for _, spent in told]
    assert run.finished.tolist() == run.cumulative_seconds.tolist()
    assert not run.worker.any()


def test_trainings_that_end_together_are_told_in_the_order_of_their_starts(
    table, scripted
):
    factory, _ = scripted(*"abcdef")
    run = simulate(
        factory, table(dict.fromkeys("abcdef", 0.5)), RunSettings(LONG, workers=3), 0
    )
    assert run.architectures[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert run.worker.tolist() == [0, 1, 2, 0, 1, 2]
    assert run.finished.tolist() == [4, 4, 4, 8, 8, 8]


def test_all_that_ends_at_a_moment_is_told_before_anything_is_asked(table):
    log = []

    class Logs:
        def __init__(self, context):
            self.count = 0

        def ask(self):
            log.append("ask")
            self.count += 1
            return Proposal((self.count % 2,), 4)

        def tell(self, proposal, evaluation):
            log.append("tell")

    rules = RunSettings(Budget(6), workers=3)
    simulate(Logs, table({"a": 0.5, "b": 0.6}), rules, seed=0)
    assert log == ["ask"] * 3 + ["tell"] * 3 + ["ask"] * 3 + ["tell"] * 3


def test_a_budget_counts_what_starts_and_all_that_started_ends(table, scripted):
    benchmark = table(dict.fromkeys("abcdefgh", 0.5), seconds={"a": 10.0})
    for budget, count in [
        (Budget(5), 5),
        (Budget(9, "epochs"), 3),
        (Budget(8, "seconds"), 5),  # a, and two after each other on both others
        (Budget(8.5, "seconds"), 7),
    ]:
        factory, made = scripted(*"abcdefgh")
        run = simulate(factory, benchmark, RunSettings(budget, workers=3), seed=0)
        assert run.ended == "budget"
        assert len(run) == len(made[0].told) == count
        assert run.finished.max() == 40.0
        assert run.cumulative_seconds[-1] == 40 + 4 * (count - 1)


def test_the_incumbent_is_the_best_of_what_has_ended(table, scripted):
    factory, _ = scripted(*"abc")
    benchmark = table(
        {"a": 0.9, "b": 0.5, "c": 0.7}, seconds={"a": 5.0, "b": 1.0, "c": 1.0}
    )
    run = simulate(factory, benchmark, RunSettings(LONG, workers=2), seed=0)
    assert run.architectures[:, 0].tolist() == [1, 2, 0]
    assert run.finished.tolist() == [4, 8, 20]
    assert run.incumbent.tolist() == [0, 1, 2]


def test_what_is_still_trained_is_not_known_yet(table, scripted):
    rules = RunSettings(LONG, repeats="free", workers=2)
    factory, _ = scripted("a", "a", "b", "a")
    run = simulate(factory, table({"a": 0.5, "b": 0.6}), rules, seed=0)
    assert run.architectures[:, 0].tolist() == [0, 0, 1]
    assert run.free_repeats == 1


def test_only_what_has_ended_leaves_a_checkpoint(table, scripted):
    factory, _ = scripted(("a", 2), ("a", 4), ("a", 3), ("a", 4))
    run = simulate(factory, table({"a": 0.5}), RunSettings(LONG, workers=2), seed=0)
    # The second starts with the first; the third goes on from the first.
    assert run.epochs.tolist() == [2, 3, 4, 4]
    assert run.cumulative_epochs.tolist() == [2, 3, 7, 8]


def test_a_trial_is_drawn_once_for_all_workers(table, scripted):
    rules = RunSettings(LONG, noise="trial", workers=4)
    for seed in range(10):
        benchmark = table({"a": 0.5})
        factory, _ = scripted(*["a"] * 8)
        simulate(factory, benchmark, rules, seed)
        assert len({seed for *_, seed in benchmark.calls}) == 1


class Rounds:
    """Proposes in rounds of three, and none before all of a round are told."""

    def __init__(self, context, rounds):
        self.left = [3] * rounds
        self.outstanding = 0

    def ask(self):
        if self.left and self.left[0] == 0 and self.outstanding == 0:
            self.left.pop(0)
        if not self.left or self.left[0] == 0:
            raise SearchExhausted("nothing now")
        self.left[0] -= 1
        self.outstanding += 1
        return Proposal((self.left[0],), 4)

    def tell(self, proposal, evaluation):
        self.outstanding -= 1


def test_workers_wait_for_a_strategy_that_has_nothing_before_it_is_told(table):
    benchmark = table({"a": 0.5, "b": 0.6, "c": 0.7}, seconds={"a": 2.0})
    factory = partial(Rounds, rounds=3)
    run = simulate(factory, benchmark, RunSettings(LONG, workers=2), seed=0)
    assert run.ended == "exhausted"
    assert len(run) == 9
    # c and b start together, a follows and takes 8; then the next round.
    assert run.finished.tolist() == [4, 4, 12, 16, 16, 24, 28, 28, 36]


def test_equal_seeds_give_equal_runs_whatever_the_workers():
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    for workers in (2, 7):
        rules = RunSettings(Budget(60), workers=workers, noise="trial", repeats="free")
        runs = [
            simulate(find_strategy("evolution"), benchmark, rules, 4) for _ in range(2)
        ]
        assert runs[0].architectures.tolist() == runs[1].architectures.tolist()
        assert runs[0].finished.tolist() == runs[1].finished.tolist()


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0])
def test_several_workers_need_a_benchmark_that_knows_seconds(table, scripted, seconds):
    benchmark = table({"a": 0.5}, seconds={"a": seconds})
    with pytest.raises(NasbenchError, match=r"as a training's seconds; .* one worker"):
        simulate(scripted("a")[0], benchmark, RunSettings(LONG, workers=2), seed=0)


@pytest.mark.parametrize(
    "wrong, reason",
    [
        ({"workers": 0}, "at least 1 worker, not 0"),
        ({"workers": 2, "speeds": (1.0,)}, "1 speeds are given for 2 workers"),
        ({"workers": 1, "speeds": (0.0,)}, "positive and finite, not 0"),
        ({"workers": 1, "speeds": (float("nan"),)}, "positive and finite, not nan"),
        ({"overhead": -1.0}, "0 or more, not -1"),
        ({"overhead": float("nan")}, "0 or more, not nan"),
        ({"overhead": "free"}, "'measured' or seconds per proposal"),
        ({"objectives": ()}, "at least one objective"),
    ],
)
def test_wrong_rules_are_refused_in_one_line(wrong, reason):
    with pytest.raises(NasbenchError, match=reason) as refused:
        RunSettings(LONG, **wrong)
    assert "\n" not in str(refused.value)
