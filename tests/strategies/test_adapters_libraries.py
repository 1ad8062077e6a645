"""Optuna, pymoo and SMAC as strategies: they search, and are driven as documented."""

from __future__ import annotations

import logging
import random
import warnings
from collections import Counter
from functools import partial

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Constraint, Objective, SearchContext
from nasbench.spaces import make_space
from nasbench.spaces.cell101 import Cell101
from nasbench.testing import StrategyContract, ToySpace
from nasbench.testing.chance import implausible
from nasbench.testing.play import context_of, play
from nasbench.testing.toy_benchmark import ToyBenchmark
from nasbench.testing.toy_spaces import ConstrainedToySpace
from strategies.adapters.extras import require
from strategies.adapters.optuna_sampler import OptunaNsga2, OptunaRandom, OptunaTpe
from strategies.adapters.pymoo_algorithm import (
    PymooGenetic,
    PymooNsga2,
    PymooStrategy,
)
from strategies.adapters.smac_facade import Smac

for library in ("optuna", "pymoo", "smac"):
    pytest.importorskip(library)

SMALL_PYMOO = partial(PymooNsga2, population_size=8)
EARLY_SMAC = partial(Smac, retrain_after=20)

ALL = {
    "optuna-random": OptunaRandom,
    "optuna-tpe": partial(OptunaTpe, startup=5),
    "optuna-tpe-independent": partial(OptunaTpe, startup=5, multivariate=False),
    "optuna-nsga2": partial(OptunaNsga2, population_size=8),
    "pymoo-nsga2": SMALL_PYMOO,
    "pymoo-genetic": partial(PymooGenetic, population_size=8),
    "smac": EARLY_SMAC,
}

FEW = 14
"""Evaluations in the quick tests; SMAC's models take a second each."""


SLOW_LIBRARIES = [pytest.param("smac", marks=pytest.mark.slow)]


@pytest.fixture(params=[*sorted(set(ALL) - {"smac"}), *SLOW_LIBRARIES])
def library_strategy(request):
    return ALL[request.param]


class TestOptunaRandom(StrategyContract):
    @pytest.fixture
    def factory(self):
        return OptunaRandom


@pytest.mark.slow
class TestSlowOnes(StrategyContract):
    @pytest.fixture(params=sorted(set(ALL) - {"optuna-random", "smac"}))
    def factory(self, request):
        return ALL[request.param]


def toy(seed=0, space=None, **settings):
    benchmark = ToyBenchmark(space or ToySpace((3, 4, 2, 3)), **settings)
    return benchmark, context_of(benchmark, seed)


def proposed(told):
    return [proposal.architecture for proposal, _ in told]


def test_equal_seeds_give_equal_searches_and_others_others(library_strategy):
    runs = []
    for seed in (1, 1, 2):
        benchmark, context = toy(seed)
        runs.append(proposed(play(library_strategy(context), benchmark, FEW)))
    assert runs[0] == runs[1] != runs[2]


def test_a_restored_search_goes_on_as_the_saved_one(library_strategy):
    benchmark, context = toy()
    first = library_strategy(context)
    play(first, benchmark, 6)
    open_one = first.ask()
    state = first.state()
    second = library_strategy(context)
    second.restore(state)
    for one in (first, second):
        one.tell(open_one, benchmark.evaluate(open_one.architecture))
    assert proposed(play(first, benchmark, 6)) == proposed(play(second, benchmark, 6))


def test_a_history_of_another_context_is_refused(library_strategy):
    benchmark, context = toy()
    first = library_strategy(context)
    play(first, benchmark, 3)
    _, other = toy(seed=5)
    with pytest.raises(NasbenchError, match="cannot go on from the saved state"):
        library_strategy(other).restore(first.state())


def test_workers_may_ask_before_anything_is_told(library_strategy):
    benchmark, context = toy()
    strategy = library_strategy(context)
    for _ in range(2):
        asked = [strategy.ask() for _ in range(6)]
        for proposal in reversed(asked):
            strategy.tell(proposal, benchmark.evaluate(proposal.architecture))


def test_invalid_suggestions_are_neither_proposed_nor_charged(library_strategy):
    space = ConstrainedToySpace((3, 2, 4, 3))
    benchmark, context = toy(space=space)
    architectures = proposed(play(library_strategy(context), benchmark, FEW))
    assert len(architectures) == FEW
    assert all(space.is_valid(one) for one in architectures)


def test_failed_trainings_and_broken_limits_are_survived(library_strategy):
    benchmark, context = toy(failures=1.0)
    assert len(play(library_strategy(context), benchmark, FEW)) == FEW
    benchmark, plain = toy()
    limited = SearchContext(
        plain.space,
        plain.epochs,
        plain.budget,
        plain.costs,
        seed=0,
        constraints=(Constraint("parameters", 130),),
    )
    assert len(play(library_strategy(limited), benchmark, FEW)) == FEW


def test_nothing_global_is_touched_and_nothing_is_said(
    library_strategy, capfd, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    benchmark, context = toy(space=ToySpace((2, 3, 1)))
    play(library_strategy(context), benchmark, 2)  # imports configure themselves
    capfd.readouterr()
    levels = {name: logging.getLogger(name).level for name in ("optuna", "smac", "")}
    handlers = list(logging.getLogger().handlers)
    numpys, pythons = np.random.get_state()[1].copy(), random.getstate()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        play(library_strategy(context), benchmark, 10)
    assert random.getstate() == pythons
    assert (np.random.get_state()[1] == numpys).all()
    assert {name: logging.getLogger(name).level for name in levels} == levels
    assert logging.getLogger().handlers == handlers
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


class PymooRandom(PymooStrategy):
    """pymoo's own random search, for the law that it has to follow."""

    def make_algorithm(self, operators):
        searches = require("pymoo.algorithms.soo.nonconvex.random_search")
        return searches.RandomSearch(sampling=operators["sampling"])


class SmacRandom(Smac):
    """SMAC's random facade, which repeats nothing."""

    def make_facade(self, scenario):
        facade = require("smac").RandomFacade
        return facade(scenario, logging_level=False, overwrite=True)


@pytest.mark.parametrize(
    "factory, evaluations",
    [
        (OptunaRandom, 1000),
        (PymooRandom, 1000),
        pytest.param(SmacRandom, 300, marks=pytest.mark.slow),
    ],
)
def test_random_samplers_draw_as_our_random_search_does(factory, evaluations):
    space = make_space("cell201")
    benchmark = ToyBenchmark(space)
    drawn = np.array(
        proposed(play(factory(context_of(benchmark)), benchmark, evaluations))
    )
    for column in drawn.T:
        counts = np.bincount(column, minlength=5)
        assert not implausible(counts.tolist(), [1] * 5)
    pairs = Counter(zip(drawn[:, 0].tolist(), drawn[:, 5].tolist(), strict=True))
    counts = [pairs[a, b] for a in range(5) for b in range(5)]
    assert not implausible(counts, [1] * 25)


def test_random_draws_are_uniform_over_the_valid_architectures():
    space = ConstrainedToySpace((3, 2, 4, 3))
    benchmark = ToyBenchmark(space)
    members = list(space)
    for factory in (OptunaRandom, PymooRandom):
        drawn = Counter(proposed(play(factory(context_of(benchmark)), benchmark, 1000)))
        assert not implausible([drawn[one] for one in members], [1] * len(members))


def test_smac_can_be_restored():
    benchmark, context = toy(space=ToySpace((2, 3, 1)))
    first, second = EARLY_SMAC(context), EARLY_SMAC(context)
    play(first, benchmark, 3)
    second.restore(first.state())
    assert proposed(play(first, benchmark)) == proposed(play(second, benchmark))


def test_smac_ends_when_everything_was_tried():
    benchmark, context = toy(space=ToySpace((2, 3, 1)))
    told = play(EARLY_SMAC(context), benchmark, 10)
    assert sorted(set(proposed(told))) == sorted(benchmark.space)
    assert len(told) == 6


@pytest.mark.parametrize("name", ["optuna-tpe", "optuna-nsga2", "pymoo-genetic"])
def test_what_learns_beats_random_search(name):
    benchmark = ToyBenchmark(make_space("cell201"))

    def best(factory):
        runs = [
            play(factory(context_of(benchmark, seed)), benchmark, 60)
            for seed in range(8)
        ]
        return [max(e.validation_accuracy for _, e in told) for told in runs]

    assert np.mean(best(ALL[name])) > np.mean(best(OptunaRandom))


@pytest.mark.parametrize("name", ["optuna-random", "optuna-nsga2", "pymoo-nsga2"])
def test_several_objectives_are_told_in_their_own_directions(name):
    benchmark, _ = toy()
    objectives = (VALIDATION_ACCURACY, Objective("parameters", maximise=False))
    context = context_of(benchmark, 0, objectives)
    told = play(ALL[name](context), benchmark, 60)
    # Selection presses on both: the second half is cheaper than a random draw.
    assert len(told) == 60
    if name != "optuna-random":
        later = [evaluation.parameters for _, evaluation in told[30:]]
        every = [benchmark.cost_model(one).parameters for one in benchmark.space]
        assert np.mean(later) < np.mean(every)


@pytest.mark.parametrize("name", ["optuna-nsga2", "pymoo-nsga2", "pymoo-genetic"])
def test_limits_are_learned(name):
    # One architecture in twenty keeps the limit.
    benchmark, plain = toy(space=ToySpace((4,) * 6))
    limit = Constraint("parameters", 150)
    context = SearchContext(
        plain.space, plain.epochs, plain.budget, plain.costs, 0, constraints=(limit,)
    )
    every = [benchmark.cost_model(one).parameters for one in benchmark.space]
    chance = np.mean(np.array(every) <= limit.limit)
    told = play(ALL[name](context), benchmark, 80)
    kept = [evaluation.parameters <= limit.limit for _, evaluation in told[40:]]
    assert np.mean(kept) > 3 * chance


def test_cells_of_nas_bench_101_can_be_searched():
    space = Cell101("cut", vertices=5)
    benchmark = ToyBenchmark(space)
    for factory in (ALL["optuna-tpe"], SMALL_PYMOO):
        told = play(factory(context_of(benchmark)), benchmark, 20)
        assert all(space.is_valid(one) for one in proposed(told))


@pytest.mark.parametrize(
    "wrong",
    [
        partial(OptunaTpe, startup=-1),
        partial(OptunaTpe, candidates=0),
        partial(OptunaNsga2, population_size=1),
        partial(PymooNsga2, population_size=1),
        partial(Smac, retrain_after=0),
    ],
)
def test_wrong_settings_are_refused(wrong):
    _, context = toy()
    with pytest.raises(NasbenchError) as raised:
        wrong(context)
    assert "\n" not in str(raised.value)


def test_a_library_that_is_missing_is_named_with_its_extra():
    with pytest.raises(
        NasbenchError, match=r'pip install "nasbench-suite\[adapters\]"'
    ):
        require("no_such_library.part")
