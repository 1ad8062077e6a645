"""Transfer: what a good source gives at once, and how little a bad one takes."""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import replace
from functools import cache, partial
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench.errors import NasbenchError
from nasbench.search import Constraint
from nasbench.spaces import make_space
from nasbench.testing import StrategyContract, ToyBenchmark, ToySpace, context_of, play
from strategies import RandomSearch, RegularizedEvolution
from strategies.transfer import Portfolio, RankWeightedEnsemble, Source, WarmStart
from strategies.transfer.portfolio import greedy_portfolio, regrets_of
from strategies.transfer.ranking_weights import (
    left_out_predictions,
    misordered_pairs,
    ranking_weights,
)
from strategies.transfer.source_model import source_model

MINI = make_space("cell201-mini")
CELL = make_space("cell201")
LARGE = ToySpace((12, 12, 12, 12, 12))
STRATEGIES = {
    "warm start": WarmStart,
    "portfolio": Portfolio,
    "ensemble": partial(RankWeightedEnsemble, points=20, draws=32),
}


@cache
def source(space, sign=1.0):
    """Return all of a toy benchmark, or the same with the order reversed."""
    found = Source.of(ToyBenchmark(space, noise=0))
    return replace(found, accuracies=sign * found.accuracies)


def with_source(factory, sign=1.0):
    return lambda context: factory(context, sources=source(context.space, sign))


@pytest.fixture
def mini():
    return ToyBenchmark(MINI, noise=0)


def best_of(told):
    return max(outcome.validation_accuracy for _, outcome in told)


class TestTransferStrategies(StrategyContract):
    @pytest.fixture(params=STRATEGIES.values(), ids=list(STRATEGIES))
    def factory(self, request):
        return with_source(request.param)


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("space", [MINI, CELL], ids=lambda space: space.name)
def test_the_target_as_its_own_source_is_solved_at_once(name, space):
    toy = ToyBenchmark(space, noise=0)
    strategy = STRATEGIES[name](context_of(toy), sources=source(space))
    found = best_of(play(strategy, toy, 1))
    everything = np.sort(source(space).accuracies)
    # A process smooths the source: among the best 1 % of all classes at first.
    rank = len(everything) - np.searchsorted(everything, found)
    assert rank <= (max(1, len(everything) // 100) if name == "ensemble" else 1)


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_related_source_gives_a_head_start(name):
    toy = ToyBenchmark(CELL, noise=0)
    rng = np.random.default_rng(0)
    related = replace(
        source(CELL),
        accuracies=source(CELL).accuracies + rng.normal(0, 0.03, len(CELL.classes)),
    )
    strategy = STRATEGIES[name](context_of(toy), sources=related)
    with_transfer = best_of(play(strategy, toy, 5))
    without = [
        best_of(play(RandomSearch(context_of(toy, seed)), toy, 5)) for seed in range(20)
    ]
    assert with_transfer > max(without)


def test_a_negated_source_costs_evolution_its_founders_and_no_more():
    toy = ToyBenchmark(CELL)
    runs, evaluations = 60, 80
    found = {}
    for name, factory, extra in (
        ("warm", with_source(WarmStart, -1.0), 0),
        ("cold", RegularizedEvolution, -10),
    ):
        found[name] = [
            best_of(play(factory(context_of(toy, seed)), toy, evaluations + extra))
            for seed in range(runs)
        ]
    error = np.sqrt(sum(np.var(one) for one in found.values()) / runs)
    assert np.mean(found["warm"]) > np.mean(found["cold"]) - 3 * error


def test_after_a_negated_portfolio_the_law_of_random_search_holds(mini):
    """The list is the worst 20 of 125; the rest follows without repeats."""
    space = ToySpace((5, 5, 5))  # without functions that are equal
    values = [mini.evaluate(a).validation_accuracy for a in MINI]
    order = np.argsort(values, kind="stable")
    negated = Source(
        "negated", space, np.array(list(MINI), np.uint8), -np.array(values)
    )
    toy = ToyBenchmark(space, noise=0)
    toy.evaluate = lambda architecture, **given: mini.evaluate(architecture, **given)
    rank_of = {MINI.architecture_at(int(i)): r for r, i in enumerate(order, start=1)}
    best = []
    for seed in range(1000, 1400):
        told = play(Portfolio(context_of(toy, seed), sources=negated, size=20), toy, 30)
        ranks = [rank_of[proposal.architecture] for proposal, _ in told]
        assert sorted(ranks[:20]) == list(range(1, 21))
        best.append(max(ranks[20:]))
    ranks = np.arange(21, 126)
    law = np.array([math.comb(int(r) - 21, 9) for r in ranks]) / math.comb(105, 10)
    mean, deviation = law @ ranks, np.sqrt(law @ ranks**2 - (law @ ranks) ** 2)
    assert abs(np.mean(best) - mean) < 3 * deviation / np.sqrt(400)


def test_a_negated_source_loses_its_weight():
    toy = ToyBenchmark(CELL, noise=0)
    pair = (source(CELL), source(CELL, -1.0))
    for seed in range(3):
        strategy = RankWeightedEnsemble(context_of(toy, seed), sources=pair)
        play(strategy, toy, 12)
        good, negated, _ = strategy.weights
        assert negated < 0.05
        assert good > 0.2  # the rest is the target's own


def test_a_negated_source_does_the_ensemble_little_harm():
    toy = ToyBenchmark(CELL, noise=0)
    best = toy.best_accuracy("validation")
    strategy = RankWeightedEnsemble(context_of(toy), sources=source(CELL, -1.0))
    told = play(strategy, toy, 50)
    random = [
        best_of(play(RandomSearch(context_of(toy, seed)), toy, 50))
        for seed in range(20)
    ]
    assert best - best_of(told) < best - np.mean(random)


def test_the_sources_take_turns_and_repeat_nothing(mini):
    two = (source(MINI), source(MINI, -1.0))
    told = play(WarmStart(context_of(mini), sources=two, top=6), mini, 6)
    good, bad = two[0].ranking, two[1].ranking
    expected = [good[0], bad[0], good[1], bad[1], good[2], bad[2]]
    assert [proposal.architecture for proposal, _ in told] == expected
    same = (source(MINI), replace(source(MINI), name="copy"))
    told = play(WarmStart(context_of(mini), sources=same, top=6), mini, 6)
    assert tuple(proposal.architecture for proposal, _ in told) == good[:6]


def test_a_warm_start_has_as_many_founders_as_a_cold_one(mini):
    strategy = WarmStart(context_of(mini), sources=source(MINI))
    play(strategy, mini, 30)
    assert strategy.founders_to_ask == 0
    assert len(strategy.population) == 30


def test_limits_on_free_columns_hold_for_what_sources_say(mini):
    limit = Constraint("parameters", 140)
    context = replace(context_of(mini), constraints=(limit,))
    for factory in STRATEGIES.values():
        told = play(factory(context, sources=source(MINI)), mini, 8)
        assert max(outcome.parameters for _, outcome in told) <= 140


def best_by_brute_force(regrets, size):
    return min(
        regrets[:, list(chosen)].min(axis=1).mean()
        for chosen in combinations(range(regrets.shape[1]), size)
    )


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 4))
def test_a_greedy_portfolio_covers_nearly_as_well_as_the_best(seed, sources, size):
    """The gain is submodular: greed reaches 1 - 1/e of the best (Nemhauser, 1978)."""
    regrets = np.random.default_rng(seed).random((sources, 9))
    chosen = greedy_portfolio(regrets, size)
    assert len(set(chosen)) == size
    gain = 1 - regrets[:, chosen].min(axis=1).mean()
    assert gain >= (1 - 1 / np.e) * (1 - best_by_brute_force(regrets, size))


def test_one_source_gives_its_best_in_order():
    regrets = np.array([[0.3, 0.0, 0.9, 0.1, 0.2]])
    assert greedy_portfolio(regrets, 4) == [1, 3, 4, 0]


def test_two_sources_give_first_what_serves_both():
    regrets = np.array([[0.0, 1.0, 0.2, 0.6], [1.0, 0.0, 0.2, 0.5]])
    # 2 is good at either; then the best of one, and of the other.
    assert greedy_portfolio(regrets, 3) == [2, 0, 1]


def test_regrets_are_scaled_and_shared():
    rows = source(MINI).architectures
    one = Source("one", MINI, rows[:40], np.linspace(0.2, 0.9, 40))
    two = Source("two", MINI, rows[20:], np.linspace(20, 60, len(rows) - 20))
    shared, regrets = regrets_of((one, two))
    assert len(shared) == 20
    assert regrets.min() == 0
    assert regrets.max() == 1
    apart = Source("apart", MINI, rows[50:], np.linspace(0, 1, len(rows) - 50))
    with pytest.raises(NasbenchError, match="in all of the sources 'one', 'apart'"):
        regrets_of((one, apart))


@given(st.integers(0, 10_000))
def test_misordered_pairs_are_those_of_brute_force(seed):
    rng = np.random.default_rng(seed)
    values, draws = rng.integers(0, 4, 7).astype(float), rng.normal(size=(3, 7))
    expected = [
        sum(
            (draw[i] < draw[j]) != (values[i] < values[j])
            for i, j in combinations(range(7), 2)
            if values[i] != values[j]
        )
        for draw in draws
    ]
    assert misordered_pairs(draws, values).tolist() == expected


def test_weights_are_shares_of_wins_and_the_target_takes_ties():
    losses = np.array([[1, 2, 3, 0], [1, 2, 0, 4], [2, 2, 3, 4]])
    np.testing.assert_allclose(ranking_weights(losses), [0.375, 0.375, 0.25])


def test_sources_worse_than_the_target_model_are_dropped():
    rng = np.random.default_rng(0)
    bad = rng.integers(0, 40, (60, 100))
    target = rng.integers(3, 6, (1, 100))
    weights = ranking_weights(np.concatenate((bad, target)))
    assert weights[-1] == 1


def test_left_out_predictions_are_those_of_refitting():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(8, 3))
    distances = ((points[:, None] - points[None]) ** 2).sum(-1)
    noise = 0.1
    covariance = np.exp(-distances) + noise * np.eye(8)
    values = rng.normal(size=8)
    mean, deviation = left_out_predictions(covariance, values)
    for i in range(8):
        rest = np.delete(np.arange(8), i)
        inner, across = covariance[np.ix_(rest, rest)], covariance[i, rest]
        assert mean[i] == pytest.approx(across @ np.linalg.solve(inner, values[rest]))
        variance = covariance[i, i] - across @ np.linalg.solve(inner, across)
        assert deviation[i] == pytest.approx(np.sqrt(variance))


def test_spaces_too_large_to_list_are_searched_too():
    toy = ToyBenchmark(ToySpace((4, 4, 4)))
    toy.space, toy.epochs = LARGE, 1
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 12, (300, 5)).astype(np.uint8)
    given_source = Source("some", LARGE, rows, rows.sum(axis=1) / 60)
    context = replace(context_of(toy), space=LARGE)
    strategy = RankWeightedEnsemble(context, sources=given_source, points=60)
    proposed = []
    for _ in range(8):
        proposal = strategy.ask()
        accuracy = sum(proposal.architecture) / 60
        outcome = ToyBenchmark(ToySpace((2,))).evaluate((0,))
        strategy.tell(proposal, replace(outcome, validation_accuracy=accuracy))
        proposed.append(accuracy)
    assert proposed[0] > 0.75
    assert max(proposed) > rows.sum(axis=1).max() / 60


def test_state_holds_no_source_and_continues(mini):
    for factory in STRATEGIES.values():
        strategy = factory(context_of(mini), sources=source(MINI))
        play(strategy, mini, 12)
        saved = pickle.dumps(strategy.state())
        assert b"TopologyCell" not in saved
        other = factory(context_of(mini, seed=9), sources=source(MINI))
        other.restore(copy.deepcopy(strategy.state()))
        assert play(other, mini, 10) == play(strategy, mini, 10)


def test_a_shipped_table_is_a_source_by_its_id():
    from nasbench.benchmark import make

    table = make("cell201-mini-digits-v1")
    for factory in STRATEGIES.values():
        strategy = factory(context_of(table), sources="cell201-mini-digits-v1")
        told = play(strategy, table, 3)
        assert best_of(told) == table.best_accuracy("validation")


class WithoutTest(ToyBenchmark):
    """A benchmark whose referee must not be asked."""

    def mean_accuracy(self, architecture, split):
        raise AssertionError(f"{split} accuracy was read")

    best_accuracy = mean_accuracy


def test_a_source_reads_no_test_accuracy():
    found = Source.of(WithoutTest(MINI, noise=0, failures=0.2))
    assert 0 < len(found.accuracies) < len(MINI.classes)


@pytest.mark.parametrize("factory", STRATEGIES.values(), ids=list(STRATEGIES))
def test_wrong_sources_give_one_line(factory, mini):
    for wrong, message in (
        ((), "a transfer needs sources"),
        (source(CELL), "of cell201, and the search is in cell201-mini"),
        ("cell201-mini-digits-v2", "did you mean 'cell201-mini-digits-v1'"),
        ("nowhere.h5", "nowhere.h5"),
    ):
        with pytest.raises(NasbenchError, match=message) as caught:
            factory(context_of(mini), sources=wrong)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "rows, accuracies, message",
    [
        (np.zeros((0, 3), np.uint8), np.zeros(0), "1 or more"),
        (np.zeros((2, 3), np.uint8), np.zeros(3), r"not \(2, 3\) and \(3,\)"),
        (np.zeros((1, 4), np.uint8), np.zeros(1), r"\(n, 3\) options"),
        (np.zeros((1, 3), np.uint8), np.array([np.nan]), "not finite"),
        (np.full((1, 3), 9, np.uint8), np.zeros(1), "options 0 to"),
    ],
)
def test_sources_that_do_not_fit_are_refused(rows, accuracies, message):
    with pytest.raises(NasbenchError, match=message):
        Source("wrong", MINI, rows, accuracies)


def test_wrong_settings_give_one_line(mini):
    about = source(MINI)
    for factory, message in (
        (partial(WarmStart, top=0), "setting top of WarmStart is 0"),
        (partial(WarmStart, top=31), "1 to all 30 founders"),
        (partial(Portfolio, size=0), "setting size of Portfolio is 0"),
        (
            partial(RankWeightedEnsemble, points=1),
            "setting points of",
        ),
        (
            partial(RankWeightedEnsemble, draws=0),
            "setting draws of",
        ),
    ):
        with pytest.raises(NasbenchError, match=message):
            factory(context_of(mini), sources=about)


def test_a_source_model_is_fitted_once(mini):
    assert source_model(source(MINI), 20) is source_model(source(MINI), 20)
