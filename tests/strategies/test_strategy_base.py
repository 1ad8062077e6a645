"""What the base class does for every strategy."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Objective, Proposal
from nasbench.testing import ToyBenchmark, ToySpace, context_of, play
from strategies import RandomSearch, RegularizedEvolution, Strategy

COST = Objective("cost_seconds", maximise=False)


class FirstArchitecture(Strategy):
    """The shortest strategy: it learns nothing."""

    def ask(self):
        return self.propose((0,) * self.space.decisions)


@pytest.fixture
def toy():
    return ToyBenchmark(ToySpace((3, 4)))


def test_a_strategy_of_one_method_runs(toy):
    told = play(FirstArchitecture(context_of(toy)), toy, 3)
    assert [proposal for proposal, _ in told] == [Proposal((0, 0), 4)] * 3


def test_the_score_is_the_objective_with_larger_better(toy):
    done = toy.evaluate((1, 1))
    failed = ToyBenchmark(toy.space, failures=1.0).evaluate((1, 1))
    accuracy = FirstArchitecture(context_of(toy))
    cost = FirstArchitecture(context_of(toy, objectives=(COST,)))
    assert accuracy.score(done) == done.validation_accuracy
    assert cost.score(done) == -done.cost_seconds
    assert accuracy.score(failed) == cost.score(failed) == -np.inf


@pytest.mark.parametrize("objectives", [(), (VALIDATION_ACCURACY, COST)])
def test_several_objectives_are_refused_where_one_is_optimised(toy, objectives):
    with pytest.raises(NasbenchError, match="optimises one objective, not"):
        RegularizedEvolution(context_of(toy, objectives=objectives))


def test_random_search_takes_any_number_of_objectives(toy):
    objectives = (VALIDATION_ACCURACY, COST)
    strategy = RandomSearch(context_of(toy, objectives=objectives))
    assert len(play(strategy, toy)) == 12


def test_the_state_holds_neither_the_context_nor_the_space(any_strategy, toy):
    strategy = any_strategy(context_of(toy))
    play(strategy, toy, 5)
    state = strategy.state()
    assert not {"context", "space"} & set(state)
    assert b"ToySpace" not in pickle.dumps(state)


def test_restoring_leaves_the_saved_state_as_it_was(any_strategy, toy):
    strategy = any_strategy(context_of(toy))
    play(strategy, toy, 5)
    state = strategy.state()
    before = pickle.dumps(copy.deepcopy(state))
    strategy.restore(state)
    play(strategy, toy, 5)
    assert pickle.dumps(copy.deepcopy(state)) == before


def test_a_state_restores_into_another_seed(any_strategy, toy):
    strategy = any_strategy(context_of(toy, seed=1))
    play(strategy, toy, 5)
    other = any_strategy(context_of(toy, seed=2))
    other.restore(strategy.state())
    assert play(other, toy, 7) == play(strategy, toy, 7)
