"""Strategies that look where they must not, or never come to an end, are found out."""

from __future__ import annotations

import gc
import sys

import numpy as np
import pytest

from nasbench.search import Proposal
from nasbench.testing import ToyBenchmark, check_strategy
from nasbench.testing.honesty import WatchedBenchmark, finds_new, no_peeking


class Sound:
    """Random search; owes nothing to our base class."""

    def __init__(self, context):
        self.context = context
        self.rng = np.random.default_rng(context.seed)

    def ask(self):
        return Proposal(self.context.space.sample(self.rng), self.context.epochs)

    def tell(self, proposal, evaluation):
        pass

    def state(self):
        return {"rng": self.rng.bit_generator.state}

    def restore(self, state):
        self.rng.bit_generator.state = state["rng"]


def found_in_frames():
    """Return a benchmark among the variables of the callers."""
    frame = sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if isinstance(value, ToyBenchmark):
                return value
        frame = frame.f_back
    return None


class SearchesMemory(Sound):
    def __init__(self, context):
        super().__init__(context)
        kept = [one for one in gc.get_objects() if type(one) is WatchedBenchmark]
        self.found = kept[-1] if kept else None


class AsksTheReferee(Sound):
    def ask(self):
        benchmark = found_in_frames()
        if benchmark is None:
            return super().ask()
        best = max(benchmark.space, key=lambda a: benchmark.mean_accuracy(a, "test"))
        return Proposal(best, self.context.epochs)


class TrainsInSecret(SearchesMemory):
    def tell(self, proposal, evaluation):
        benchmark = self.found
        if benchmark is not None:
            benchmark.evaluate(proposal.architecture, seed=1)


class ReadsTheTestAccuracies(SearchesMemory):
    def ask(self):
        benchmark = self.found
        if benchmark is None:
            return super().ask()
        order = np.argsort(-benchmark._test.mean(axis=1))
        index = int(order[self.rng.integers(5)])
        return Proposal(self.context.space.architecture_at(index), self.context.epochs)


class ReadsOtherTrials(SearchesMemory):
    def ask(self):
        benchmark = self.found
        if benchmark is None:
            return super().ask()
        order = np.argsort(-benchmark._validation[:, 1])
        index = int(order[self.rng.integers(5)])
        return Proposal(self.context.space.architecture_at(index), self.context.epochs)


class Parrot(Sound):
    def ask(self):
        space = self.context.space
        first = next(each for each in space if space.is_valid(each))
        return Proposal(first, self.context.epochs)


@pytest.mark.parametrize(
    "peeping, sentence",
    [
        (AsksTheReferee, "asks the referee"),
        (TrainsInSecret, "evaluates by itself: 80 evaluations for 40 proposals"),
        (ReadsTheTestAccuracies, "Proposal 1 changes with test accuracies or trials"),
        (ReadsOtherTrials, "Proposal 1 changes with test accuracies or trials"),
    ],
)
def test_peeping_is_found_out(peeping, sentence):
    gc.collect()
    assert any(sentence in one for one in no_peeking(peeping))


def test_a_parrot_is_found_out():
    (sentence,) = finds_new(Parrot)
    assert "Of 1000 proposals only 1 are distinct, in a space of 72" in sentence


def test_random_search_plays_fair():
    assert list(no_peeking(Sound)) == []
    assert list(finds_new(Sound)) == []


class Listed(Sound):
    """A fixed enumeration."""

    def __init__(self, context):
        super().__init__(context)
        self.rng = np.random.default_rng(0)


class ListedAndHonest(Listed):
    deterministic = True


class RandomAndDishonest(Sound):
    deterministic = True


def test_a_strategy_that_ignores_the_seed_says_so():
    (sentence,) = check_strategy(Listed)
    assert "set `deterministic = True`" in sentence
    assert check_strategy(ListedAndHonest) == []
    (sentence,) = check_strategy(RandomAndDishonest)
    assert "says that it is deterministic" in sentence


def test_what_is_told_is_equal_and_all_else_differs():
    one, other = WatchedBenchmark(0), WatchedBenchmark(1)
    assert [one.evaluate(a) for a in one.space] == [
        other.evaluate(a) for a in other.space
    ]
    for split in ("validation", "test"):
        assert [one.mean_accuracy(a, split) for a in one.space] != [
            other.mean_accuracy(a, split) for a in other.space
        ]


def test_a_strategy_that_leaves_the_program_breaks_the_contract():
    class Leaving(Sound):
        def ask(self):
            raise SystemExit(0)

    sentences = check_strategy(Leaving)
    assert sentences
    assert all("SystemExit" in sentence for sentence in sentences)
