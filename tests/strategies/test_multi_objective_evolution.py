"""Multi-objective evolution, MOEA/D and ParEGO: laws, limits, and their parts."""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Constraint, Objective
from nasbench.testing import StrategyContract, ToyBenchmark, ToySpace, context_of, play
from strategies import RandomSearch, RegularizedEvolution
from strategies.objectives.dominance import Outcome, front_numbers
from strategies.objectives.moead import MOEAD, tchebycheff, weight_vectors
from strategies.objectives.multi_objective_evolution import MultiObjectiveEvolution
from strategies.objectives.random_scalarization import RandomScalarization, scalarised

FLOPS = Objective("flops", maximise=False)
BOTH = (VALIDATION_ACCURACY, FLOPS)
ALL = [MultiObjectiveEvolution, MOEAD, RandomScalarization]


class TestMultiObjectiveStrategies(StrategyContract):
    @pytest.fixture(
        params=[
            MultiObjectiveEvolution,
            partial(MultiObjectiveEvolution, population_size=1, tournament_size=1),
            MOEAD,
            partial(MOEAD, subproblems=2, neighbours=2, mating_nearby=0.0),
            partial(RandomScalarization, initial=4),
        ],
        ids=["evolution", "smallest evolution", "moead", "smallest moead", "parego"],
    )
    def factory(self, request):
        return request.param


@pytest.fixture(scope="module")
def toy():
    return ToyBenchmark(ToySpace((4, 4, 4, 4, 4)), noise=0.0)


def test_with_one_objective_it_is_regularised_evolution_proposal_for_proposal(toy):
    settings = {"population_size": 12, "tournament_size": 4}
    for seed in range(3):
        context = context_of(toy, seed)
        several = play(MultiObjectiveEvolution(context, **settings), toy, 150)
        assert several == play(RegularizedEvolution(context, **settings), toy, 150)


def front(evaluations):
    scores = np.array([[one.score(e) for one in BOTH] for e in evaluations])
    return {tuple(row) for row in scores[front_numbers(scores) == 0].tolist()}


def found_share(factory, benchmark, true, seeds=6, evaluations=100):
    shares = []
    for seed in range(seeds):
        told = play(factory(context_of(benchmark, seed, BOTH)), benchmark, evaluations)
        shares.append(len(true & front([e for _, e in told])) / len(true))
    return float(np.mean(shares))


@pytest.mark.parametrize("strategy", ALL)
def test_it_finds_more_of_the_front_than_random_search(toy, strategy):
    true = front([toy.evaluate(one) for one in toy.space])
    random = found_share(RandomSearch, toy, true)
    assert found_share(strategy, toy, true) > 1.5 * random


@pytest.mark.parametrize("strategy", ALL)
def test_nothing_is_spent_on_what_breaks_a_free_limit(toy, strategy):
    limit = Constraint("flops", 300)
    context = context_of(toy, 0, BOTH, (limit,))
    told = play(strategy(context), toy, 60)
    assert len(told) == 60
    assert not any(limit.violation(evaluation) for _, evaluation in told)


@pytest.mark.parametrize("strategy", ALL)
def test_a_limit_that_shows_only_after_training_draws_the_search_to_one_side(
    toy, strategy
):
    limit = Constraint("validation_accuracy", 0.65, at_least=True)

    def kept(*constraints):
        context = context_of(toy, 1, BOTH, constraints)
        told = play(strategy(context), toy, 120)[60:]
        return sum(not limit.violation(evaluation) for _, evaluation in told)

    assert kept(limit) > kept()


@pytest.mark.parametrize("strategy", [MOEAD, RandomScalarization])
def test_the_whole_front_is_found_when_everything_may_be_evaluated(strategy):
    small = ToyBenchmark(ToySpace((3, 4, 2)))
    told = play(strategy(context_of(small, objectives=BOTH)), small, 1000)
    assert len({proposal.architecture for proposal, _ in told}) == len(told) == 24


@given(st.integers(1, 4), st.integers(2, 30))
def test_weights_are_the_lattice_of_the_simplex(objectives, count):
    weights = weight_vectors(objectives, count)
    assert len(weights) >= count
    assert np.allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert (weights > 0).all()
    if objectives == 1:
        return
    parts = round(1 / np.diff(np.unique(weights.round(5)))[0])
    lattice = [
        row for row in product(range(parts + 1), repeat=objectives) if sum(row) == parts
    ]
    found = {tuple(row) for row in (weights * parts).round().astype(int).tolist()}
    assert found == set(lattice)
    assert len(weights) == len(lattice)


def test_weights_agree_with_pymoo():
    directions = pytest.importorskip("pymoo.util.ref_dirs")
    for objectives, parts in ((2, 19), (3, 5)):
        theirs = directions.get_reference_directions(
            "das-dennis", objectives, n_partitions=parts
        )
        ours = weight_vectors(objectives, len(theirs))
        assert sorted(map(tuple, theirs.round(5))) == sorted(map(tuple, ours.round(5)))


def test_tchebycheff_agrees_with_pymoo():
    module = pytest.importorskip("pymoo.decomposition.tchebicheff")
    rng = np.random.default_rng(0)
    costs, weights, ideal = rng.random((9, 2)), rng.random((9, 2)), np.array([-0.1, 0])
    theirs = module.Tchebicheff().do(costs, weights, utopian_point=ideal)
    ours = [
        tchebycheff(tuple(-cost), weight, ideal, np.ones(2))
        for cost, weight in zip(costs, weights, strict=True)
    ]
    assert np.allclose(ours, theirs)


def test_a_child_replaces_no_more_than_its_share(toy):
    strategy = MOEAD(context_of(toy, objectives=BOTH), replaced=2)
    play(strategy, toy, 20)
    for _ in range(60):
        before = list(strategy.incumbents)
        play(strategy, toy, 1)
        changed = sum(
            a is not b for a, b in zip(before, strategy.incumbents, strict=True)
        )
        assert changed <= 2


def outcomes(scores, violations=None):
    excess = violations or [0.0] * len(scores)
    return [Outcome((), s, v) for s, v in zip(scores, excess, strict=True)]


def test_a_scalarised_cost_worked_out_by_hand():
    # Ranges: accuracy 0.2 to 0.6, minus flops -30 to -10.
    several = outcomes([(0.6, -30.0), (0.4, -10.0), (0.2, -20.0)])
    found = scalarised(several, np.array([0.25, 0.75]), 0.05)
    scaled = np.array([[0, 1], [0.5, 0], [1, 0.5]])
    expected = [
        max(0.25 * a, 0.75 * b) + 0.05 * (0.25 * a + 0.75 * b) for a, b in scaled
    ]
    assert np.allclose(found, expected)


def test_a_scalarised_cost_has_no_unit():
    rng = np.random.default_rng(1)
    scores, weights = rng.random((7, 3)), rng.dirichlet(np.ones(3))
    scaled = scores * [2, 30, 0.1] + [5, -1, 0]
    one, other = (
        scalarised(outcomes(list(map(tuple, rows))), weights, 0.05)
        for rows in (scores, scaled)
    )
    assert np.allclose(one, other)


def test_broken_limits_cost_more_than_everything_else():
    several = outcomes(
        [(1.0, 0.0), (0.0, 1.0), (2.0, 2.0), (-np.inf, -np.inf)], [0, 0, 0.1, np.inf]
    )
    costs = scalarised(several, np.array([0.5, 0.5]), 0.05)
    assert costs[:2].max() < costs[2] < costs[3]


@pytest.mark.parametrize(
    "strategy, settings, message",
    [
        (MultiObjectiveEvolution, {"tournament_size": 31}, "not 31 of 30"),
        (MOEAD, {"subproblems": 1}, "is 1; expected a whole number from 2 to 1,000"),
        (MOEAD, {"neighbours": 30}, "not 30 of 20"),
        (MOEAD, {"mating_nearby": 2}, "is 2; expected a number from 0 to 1"),
        (MOEAD, {"replaced": 0}, "replaced of MOEAD is 0"),
        (RandomScalarization, {"rho": -1}, "rho of RandomScalarization is -1"),
    ],
)
def test_wrong_settings_are_named(toy, strategy, settings, message):
    with pytest.raises(NasbenchError, match=message):
        strategy(context_of(toy), **settings)
