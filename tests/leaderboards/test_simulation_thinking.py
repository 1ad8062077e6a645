"""What the strategy's own work costs: overhead, and proxies that it buys."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
import pytest

from leaderboards import RunSettings, simulate
from nasbench.errors import NasbenchError
from nasbench.proxy_source import ProxyAnswer
from nasbench.search import Budget, Proposal

LONG = Budget(100)


class Source:
    """Scores that cost `seconds` each."""

    names = ("cheap",)

    def __init__(self, seconds):
        self.seconds = seconds

    def answer(self, architectures, names):
        n = len(architectures)
        return ProxyAnswer(np.zeros((n, len(names))), n * self.seconds)


class Buys:
    """Asks for `ahead` scores before every proposal and one after every outcome."""

    def __init__(self, context, ahead=2):
        self.context = context
        self.ahead = ahead

    def buy(self, n):
        self.context.proxies.scores(np.zeros((n, 1), np.uint8))

    def ask(self):
        self.buy(self.ahead)
        return Proposal((0,), self.context.epochs)

    def tell(self, proposal, evaluation):
        self.buy(1)


def test_a_declared_overhead_delays_every_training(table, scripted):
    rules = RunSettings(LONG, overhead=0.5)
    run = simulate(scripted(*"ab")[0], table({"a": 0.5, "b": 0.6}), rules, seed=0)
    assert run.finished.tolist() == [4.5, 9.0]
    assert run.cumulative_seconds.tolist() == [4.5, 9.0]
    assert run.thinking_seconds == 1.0
    assert run.proxy_seconds == 0.0


def test_workers_queue_for_the_strategy(table, scripted):
    rules = RunSettings(LONG, overhead=0.5, workers=3)
    run = simulate(
        scripted(*"abcd")[0], table(dict.fromkeys("abcd", 0.5)), rules, seed=0
    )
    # Three start 0.5 s after each other; the first that is free gets the fourth.
    assert run.finished.tolist() == [4.5, 5.0, 5.5, 9.0]
    assert run.cumulative_seconds[-1] == 4 * 4 + run.thinking_seconds


def test_free_answers_wait_for_the_strategy_too(table, scripted):
    rules = RunSettings(LONG, overhead=0.5, repeats="free")
    run = simulate(scripted(*"aaab")[0], table({"a": 0.5, "b": 0.6}), rules, seed=0)
    assert run.finished.tolist() == [4.5, 10.0]


def test_no_training_starts_when_thinking_has_spent_the_budget(table, scripted):
    rules = RunSettings(Budget(8.7, "seconds"), overhead=0.5)
    factory, _ = scripted(*"abcd")
    run = simulate(factory, table(dict.fromkeys("abcd", 0.5)), rules, seed=0)
    assert run.finished.tolist() == [4.5, 9.0]
    rules = RunSettings(Budget(9.2, "seconds"), overhead=0.5)
    run = simulate(
        scripted(*"abcd")[0], table(dict.fromkeys("abcd", 0.5)), rules, seed=0
    )
    assert run.finished.tolist() == [4.5, 9.0]  # the third would start at 9.5
    assert run.ended == "budget"


def test_measured_overhead_is_the_cpu_time_of_ask_and_tell(table):
    class Busy:
        def __init__(self, context):
            self.context = context

        def work(self):
            end = time.process_time() + 0.01
            while time.process_time() < end:
                pass

        def ask(self):
            self.work()
            return Proposal((0,), self.context.epochs)

        def tell(self, proposal, evaluation):
            self.work()

    rules = RunSettings(Budget(5), overhead="measured")
    run = simulate(Busy, table({"a": 0.5}), rules, seed=0)
    assert 0.1 <= run.thinking_seconds < 1
    assert run.finished[-1] > 5 * 4 + 0.09
    free = simulate(Busy, table({"a": 0.5}), RunSettings(Budget(5)), seed=0)
    assert free.thinking_seconds == 0
    assert free.finished[-1] == 20


def test_proxies_are_paid_for_on_the_clock(table):
    rules = RunSettings(Budget(3))
    run = simulate(Buys, table({"a": 0.5}), rules, 0, proxies=Source(0.25))
    # 0.5 before each training of 4, and 0.25 after each.
    assert run.finished.tolist() == [4.5, 9.25, 14.0]
    assert run.cumulative_seconds.tolist() == [4.5, 9.25, 14.0]
    assert run.proxy_seconds == run.thinking_seconds == 2.25


def test_a_budget_of_seconds_can_be_spent_on_proxies_alone(table):
    rules = RunSettings(Budget(10, "seconds"))
    factory = partial(Buys, ahead=50)
    run = simulate(factory, table({"a": 0.5}), rules, 0, proxies=Source(0.25))
    assert (len(run), run.ended) == (0, "budget")
    assert run.proxy_seconds == 12.5


def test_proxies_of_unknown_price_need_a_budget_without_seconds(table):
    source = Source(float("nan"))
    run = simulate(Buys, table({"a": 0.5}), RunSettings(Budget(3)), 0, proxies=source)
    assert np.isnan(run.finished).all()
    assert run.cumulative_epochs.tolist() == [4, 8, 12]
    rules = RunSettings(Budget(3, "seconds"))
    with pytest.raises(NasbenchError, match="nan as the proxies' seconds"):
        simulate(Buys, table({"a": 0.5}), rules, 0, proxies=source)


def test_every_run_has_a_meter_of_its_own(table):
    source = Source(0.25)
    spent = {
        simulate(
            Buys, table({"a": 0.5}), RunSettings(Budget(3)), seed, proxies=source
        ).proxy_seconds
        for seed in range(3)
    }
    assert spent == {2.25}
