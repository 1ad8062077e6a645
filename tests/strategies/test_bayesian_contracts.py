"""Model-based strategies keep the contract, in listed spaces and in larger ones."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import scipy.linalg  # noqa: F401 - one_thread limits the libraries that are loaded

from leaderboards.runner.one_thread import one_thread
from nasbench.errors import NasbenchError
from nasbench.search import Constraint, SearchExhausted
from nasbench.spaces import make_space
from nasbench.testing import StrategyContract, ToyBenchmark, ToySpace, context_of
from nasbench.testing.play import play
from strategies.bayesian import enumeration
from strategies.bayesian.acquisition import expected_improvement
from strategies.bayesian.bananas import Bananas
from strategies.bayesian.features import features_of_all
from strategies.bayesian.forest_search import RandomForestSearch
from strategies.bayesian.gp_search import (
    GaussianProcessSearch,
    PathKernelSearch,
    WeisfeilerLehmanSearch,
)
from strategies.bayesian.normal_scores import normal_scores
from strategies.bayesian.posterior import Posterior
from strategies.bayesian.tpe import TPE
from strategies.evolution.warm_evolution import WarmStartedEvolution


@pytest.fixture(autouse=True, scope="module")
def _small_matrices_on_one_thread():
    with one_thread():
        yield


SETTINGS = {
    "gp, confidence bound": partial(GaussianProcessSearch, acquisition="ucb"),
    "gp, Thompson": partial(GaussianProcessSearch, acquisition="its", initial=2),
    "gp, free costs as features": partial(GaussianProcessSearch, proxies="free"),
    "tpe, repeats": partial(TPE, repeats=True, initial=1),
    "warm evolution, tiny pool": partial(WarmStartedEvolution, pool_size=3),
}

SLOW = {
    "forest": partial(RandomForestSearch, trees=3, initial=30, random_share=0.5),
    "bananas": partial(Bananas, members=2, batch=20, initial=20),
    "bananas, forest": partial(Bananas, ensemble="forest", members=2, batch=20),
}

POOLED = {
    "gp": partial(GaussianProcessSearch, initial=30),
    "tpe": TPE,
    "bananas": partial(Bananas, ensemble="forest", members=2, batch=20),
}


class TestOtherSettings(StrategyContract):
    @pytest.fixture(params=list(SETTINGS))
    def factory(self, request):
        return SETTINGS[request.param]


@pytest.mark.slow
class TestSlowOnes(StrategyContract):
    @pytest.fixture(params=list(SLOW))
    def factory(self, request):
        return SLOW[request.param]


@pytest.fixture
def nothing_is_listed(monkeypatch):
    """Make every space one that is too large to score as a whole."""
    monkeypatch.setattr(enumeration, "LARGEST", 0)
    monkeypatch.setattr("strategies.bayesian.gp_search.POOL", 30)
    enumeration.enumeration_of.cache_clear()
    yield
    enumeration.enumeration_of.cache_clear()


@pytest.mark.usefixtures("nothing_is_listed")
class TestInLargeSpaces(StrategyContract):
    @pytest.fixture(params=list(POOLED))
    def factory(self, request):
        return POOLED[request.param]


MINI = ToyBenchmark(make_space("cell201-mini"))

NEVER_TWICE = {
    "gp": GaussianProcessSearch,
    "gp, wl kernel": WeisfeilerLehmanSearch,
    "tpe": TPE,
    "forest": partial(RandomForestSearch, trees=2, random_share=0.8),
    "bananas": partial(Bananas, ensemble="forest", members=2),
}


@pytest.mark.parametrize("name", NEVER_TWICE)
def test_every_class_is_proposed_once_and_then_the_search_ends(name):
    strategy = NEVER_TWICE[name](context_of(MINI))
    told = play(strategy, MINI, MINI.space.size)
    classes = [MINI.space.canonical(proposal.architecture) for proposal, _ in told]
    assert len(classes) == len(set(classes)) == len(MINI.space.classes)
    with pytest.raises(SearchExhausted):
        strategy.ask()


@pytest.mark.usefixtures("nothing_is_listed")
@pytest.mark.parametrize("name", POOLED)
def test_a_space_that_is_not_listed_is_searched_to_its_end(name):
    benchmark = ToyBenchmark(ToySpace((2, 3, 5)))
    told = play(POOLED[name](context_of(benchmark)), benchmark, 99)
    assert len({proposal.architecture for proposal, _ in told}) == len(told) == 30


@pytest.mark.parametrize(
    "factory", [GaussianProcessSearch, WeisfeilerLehmanSearch, PathKernelSearch, TPE]
)
def test_only_the_order_of_outcomes_matters(factory, evaluation):
    """An affine change of accuracy leaves the trajectory as it is."""
    trajectories = []
    for scale, shift in ((1.0, 0.0), (0.25, 0.5)):
        strategy = factory(context_of(MINI, 3))
        proposed = []
        for _ in range(40):
            proposal = strategy.ask()
            accuracy = MINI.evaluate(proposal.architecture).validation_accuracy
            strategy.tell(proposal, evaluation(scale * accuracy + shift))
            proposed.append(proposal.architecture)
        trajectories.append(proposed)
    assert trajectories[0] == trajectories[1]


@pytest.mark.parametrize("factory", [GaussianProcessSearch, WarmStartedEvolution])
def test_limits_on_free_columns_are_kept_without_asking(factory):
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    limit = Constraint("parameters", 140)
    context = replace(context_of(benchmark), constraints=(limit,))
    strategy = factory(context)
    told = play(strategy, benchmark, 15)
    assert len(told) == 15
    first = told if factory is GaussianProcessSearch else told[:5]
    assert all(context.permits(proposal.architecture) for proposal, _ in first)


WRONG = [
    (GaussianProcessSearch, {"kernel": "hamning"}, "hamming"),
    (GaussianProcessSearch, {"acquisition": "pi"}, "acquisition"),
    (GaussianProcessSearch, {"initial": 1}, "from 2 to"),
    (GaussianProcessSearch, {"confidence": float("nan")}, "confidence"),
    (TPE, {"initial": 0}, "from 1 to"),
    (RandomForestSearch, {"random_share": 1.5}, "1.5"),
    (RandomForestSearch, {"trees": 1}, "trees .* from 2 to 500"),
    (Bananas, {"members": 1}, "members .* from 2 to"),
    (Bananas, {"ensemble": "xgboost"}, "networks"),
    (Bananas, {"batch": 0}, "batch"),
    (WarmStartedEvolution, {"pool_size": 0}, "pool"),
    (WarmStartedEvolution, {"population_size": 0}, "population"),
]


@pytest.mark.parametrize("factory, settings, named", WRONG)
def test_a_wrong_setting_is_one_clear_line(factory, settings, named):
    with pytest.raises(NasbenchError, match=named) as caught:
        factory(context_of(MINI), **settings)
    assert "\n" not in str(caught.value)


def test_parallel_workers_spread():
    """Eight questions without an answer in between are eight different classes."""
    for factory in (GaussianProcessSearch, TPE, partial(TPE, multivariate=False)):
        strategy = factory(context_of(MINI))
        play(strategy, MINI, 20)
        asked = [strategy.ask().architecture for _ in range(8)]
        assert len({MINI.space.canonical(each) for each in asked}) == 8


def test_a_random_table_teaches_nothing(cell201, array_benchmark, best_so_far):
    """On permuted accuracies a model finds what draws without replacement find."""
    rng = np.random.default_rng(0)
    accuracies = np.empty(cell201.size)
    classes = cell201.classes
    values = rng.permutation(len(classes)) / len(classes)
    accuracies[:] = values[classes.class_of]
    benchmark = array_benchmark(cell201, accuracies)
    runs = 30
    best = best_so_far(TPE, benchmark, 100, runs)[:, -1]
    # The best of n draws without replacement out of 1..N has the mean n (N+1)/(n+1).
    expected = 100 / 101 * (len(classes) + 1) / len(classes)
    assert abs(best.mean() - expected) < 3 * 0.01 / np.sqrt(runs)


def test_the_proposal_has_the_largest_expected_improvement_of_all_that_is_left():
    """Computed anew, from all outcomes at once, over every class."""
    strategy = GaussianProcessSearch(context_of(MINI, 5))
    space = MINI.space
    classes = space.architectures_at(space.classes.representatives.tolist())
    features = features_of_all(space, "hamming")
    for number in range(40):
        proposal = strategy.ask()
        if number >= 10:
            told = [space.classes.class_of[space.index(a)] for a in strategy.told]
            values = normal_scores(strategy.scores)
            posterior = Posterior(features, strategy.parameters, np.array(told))
            deviation = np.sqrt(np.maximum(posterior.variance, 0))
            mean = posterior.mean(values)
            worth = expected_improvement(mean, deviation, values.max())
            worth[told] = -np.inf
            chosen = space.classes.class_of[space.index(proposal.architecture)]
            assert worth[chosen] >= worth.max() - 1e-9
            assert tuple(classes[chosen]) == proposal.architecture
        strategy.tell(proposal, MINI.evaluate(proposal.architecture))


@pytest.mark.parametrize("told", [12, 40, 72])
def test_candidates_of_bananas_are_one_decision_from_an_outcome(told):
    """No candidate is a mutation of another candidate, which would drift away."""
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    strategy = Bananas(context_of(benchmark), ensemble="forest", members=2)
    play(strategy, benchmark, told)
    known = set(strategy.told)
    order = np.argsort(-np.array(strategy.scores), kind="stable")
    parents = [strategy.told[i] for i in order]
    for candidate in strategy.mutations():
        assert candidate not in known
        distances = [
            sum(a != b for a, b in zip(candidate, parent, strict=True))
            for parent in parents
        ]
        assert min(distances) == 1


def test_bananas_proposes_a_round_before_it_looks_again():
    strategy = Bananas(context_of(MINI), ensemble="forest", members=2, batch=4)
    play(strategy, MINI, 10)
    state = strategy.rng.bit_generator.state["state"]
    round_of_four = [strategy.ask() for _ in range(4)]
    after_first = strategy.rng.bit_generator.state["state"]
    assert len({proposal.architecture for proposal in round_of_four}) == 4
    assert not strategy.queue
    assert after_first != state
