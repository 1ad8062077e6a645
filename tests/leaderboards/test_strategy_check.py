"""What a run on a benchmark shows of a strategy."""

from __future__ import annotations

import gc
import itertools
import random
from typing import ClassVar

import pytest

from leaderboards import ChosenStrategy, RunSettings
from leaderboards.runner.simulation import Experiment
from leaderboards.runner.strategy_check import check_on_benchmark, peeks
from nasbench.benchmark import make
from nasbench.search import Budget, SearchExhausted
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

    original = h5py.h5f.open
    check_on_benchmark(RandomSearch, shipped)
    assert h5py.h5f.open is original
    assert len(Table.open(shipped.path).seeds) == 3


PEEKING = """
from nasbench.benchmark import make
from strategies import RandomSearch

{at_module}


class Peeks(RandomSearch):
    def __init__(self, context):
        super().__init__(context)
        {at_init}

    def ask(self):
        {at_ask}
        return super().ask()
"""
OTHER = "chain-digits-v1"
PLACES = ("at_module", "at_init", "at_ask")


def peeking(folder, place, code):
    lines = dict.fromkeys(PLACES, "pass") | {place: code}
    file = folder / "peeks.py"
    file.write_text(PEEKING.format(**lines))
    return ChosenStrategy(f"{file}:Peeks")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "name, said",
    [(MINI, ", by which it is judged"), (OTHER, ", a benchmark that its inputs()")],
)
def test_opening_a_table_is_seen_wherever_it_is_done(
    place, name, said, shipped, tmp_path
):
    factory = peeking(tmp_path, place, f"make({name!r})")
    assert any(
        f"{name}.h5{said}" in one for one in check_on_benchmark(factory, shipped)
    )


@pytest.mark.parametrize(
    "code",
    [
        "open({path!r}, 'rb').close()",
        "__import__('os').close(__import__('os').open({path!r}, 0))",
        "__import__('h5py').h5f.open({path!r}.encode())",
        "(t := __import__('threading').Thread(target=open, args=({path!r}, 'rb')))"
        ".start(); t.join()",
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_other_ways_to_open_it_are_seen(code, shipped, tmp_path):
    factory = peeking(tmp_path, "at_init", code.format(path=str(shipped.path)))
    found = check_on_benchmark(factory, shipped)
    assert [one for one in found if ", by which it is judged" in one], found


def test_a_copy_of_the_whole_table_is_seen(shipped, tmp_path):
    copy = tmp_path / "notes.dat"
    copy.write_bytes(shipped.path.read_bytes())
    code = f"__import__('tabular').Table.open({str(copy)!r})"
    found = check_on_benchmark(peeking(tmp_path, "at_init", code), shipped)
    assert f"By itself the strategy opens {copy}, by which it is judged." in found


def test_a_declared_input_may_be_opened_and_the_own_table_never(shipped):
    class Declares(RandomSearch):
        opened = OTHER

        def __init__(self, context):
            super().__init__(context)
            make(self.opened)

        @classmethod
        def inputs(cls, context):
            return {"source": make(cls.opened).spec.digest}

    class DeclaresItsOwn(Declares):
        opened = MINI

    assert check_on_benchmark(Declares, shipped) == []
    (sentence,) = check_on_benchmark(DeclaresItsOwn, shipped)
    assert ", by which it is judged" in sentence


def test_a_transfer_strategy_opens_what_it_declares(shipped):
    table = open_shipped("cell201-cifar10x8-v1")
    factory = ChosenStrategy("warm-start(sources=cell201-digits-v1)")
    assert peeks(Experiment(factory, table, RunSettings(Budget(3)), 0)) == []


def test_what_was_opened_before_counts(shipped):
    before = [str(shipped.path)]
    (sentence,) = check_on_benchmark(RandomSearch, shipped, "", before)
    assert ", by which it is judged" in sentence
