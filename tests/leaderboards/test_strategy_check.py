"""What a run on a benchmark shows of a strategy."""

from __future__ import annotations

import gc
import itertools
import random
from typing import ClassVar

import pytest

from leaderboards.runner.strategy_check import check_on_benchmark
from nasbench.search import SearchExhausted
from nasbench.testing import ToyBenchmark, ToySpace
from strategies import RandomSearch, RandomSearchWithReplacement, find_strategy
from tabular import Table
from tabular.shipped import open_shipped

MINI = "cell201-mini-digits-v1"


@pytest.fixture(scope="module")
def shipped():
    return open_shipped(MINI)


class Counts(RandomSearchWithReplacement):
    """Its runs differ, since it counts them."""

    built = itertools.count()

    def __init__(self, context):
        super().__init__(context)
        for _ in range(next(self.built)):
            self.rng.random()


class DrawsGlobally(RandomSearch):
    def tell(self, proposal, evaluation):
        random.random()


class Parrot(RandomSearch):
    def ask(self):
        return self.propose((0,) * self.space.decisions)


class GivesUp(RandomSearch):
    def ask(self):
        raise SearchExhausted("no")


class OpensTheTable(RandomSearch):
    def ask(self):
        name = self.context.benchmark_spec.id if self.context.benchmark_spec else ""
        if name == MINI:
            open_shipped(MINI)
        return super().ask()


class FindsTheReferee(RandomSearch):
    def __init__(self, context):
        super().__init__(context)
        kept = [one for one in gc.get_objects() if type(one).__name__ == "_Watched"]
        for one in kept[-1:]:
            self.space_of = one  # the benchmark that it is judged by

    def tell(self, proposal, evaluation):
        if hasattr(self, "space_of"):
            self.space_of.mean_accuracy(proposal.architecture, "test")
            self.space_of.evaluate(proposal.architecture)


class Crashes(RandomSearch):
    def tell(self, proposal, evaluation):
        raise KeyError("oh")


class WritesDown(RandomSearch):
    """Keeps the best of one run for the next, in the class."""

    best: ClassVar[list] = []

    def ask(self):
        return self.propose(self.best[-1]) if self.best else super().ask()

    def tell(self, proposal, evaluation):
        if evaluation.validation_accuracy > 0.6:
            self.best.append(proposal.architecture)


BROKEN = {
    Counts: "from the same seed differ",
    DrawsGlobally: "drew from or seeded the global random state of random",
    Parrot: "With free repeats, strategy 'mine' on cell201-mini-digits-v1 from seed 0 "
    "ended after 1 evaluation",
    GivesUp: "nothing is evaluated on",
    OpensTheTable: "the strategy opens ",
    FindsTheReferee: "asks the referee",
    Crashes: "failed: KeyError",
    WritesDown: "from the same seed differ",
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_what_is_wrong_is_said(broken, shipped):
    sentences = check_on_benchmark(broken, shipped, "mine")
    assert any(BROKEN[broken] in one for one in sentences), sentences


@pytest.mark.parametrize(
    "name", ["random", "evolution", "grid", "local", "asha", "reinforce", "kalman"]
)
def test_ours_keep_to_it_on_tables_and_elsewhere(name, shipped):
    for benchmark in (shipped, ToyBenchmark(ToySpace((3, 4, 2, 3)), failures=0.3)):
        assert check_on_benchmark(find_strategy(name), benchmark) == []


def test_a_table_can_be_opened_after_the_check(shipped):
    import h5py

    original = h5py.File.__init__
    check_on_benchmark(RandomSearch, shipped)
    assert h5py.File.__init__ is original
    assert len(Table.open(shipped.path).seeds) == 3
