"""Rungs, brackets and the searches made of them, against their published tables."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboards import RunSettings
from leaderboards.runner.simulate import simulate
from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Budget, Constraint, SearchExhausted
from nasbench.spaces import make_space
from nasbench.testing import ToyBenchmark, ToySpace, context_of, play
from strategies.fidelities.bracket import Bracket, Brackets, Plan, Standing
from strategies.fidelities.hyperband import Hyperband, hyperband_plans
from strategies.fidelities.rungs import bracket_sizes, halving_sizes, rung_epochs
from strategies.fidelities.successive_halving import SuccessiveHalving

MINI = make_space("cell201-mini")


@pytest.fixture
def nine_epochs():
    return ToyBenchmark(MINI, epochs=9, noise=0)


def roomy(benchmark, seed=0, **changes):
    """Return a context whose budget no bracket exceeds."""
    return replace(context_of(benchmark, seed), budget=Budget(10**6), **changes)


def test_the_two_published_conventions_differ_where_they_are_known_to():
    assert bracket_sizes(5, 3, "formula") == (81, 34, 15, 8, 5)
    assert bracket_sizes(5, 3, "table") == (81, 27, 9, 6, 5)


def test_the_brackets_are_those_of_table_1_of_the_hyperband_paper():
    expected = [
        ((81, 27, 9, 3, 1), (1, 3, 9, 27, 81)),
        ((27, 9, 3, 1), (3, 9, 27, 81)),
        ((9, 3, 1), (9, 27, 81)),
        ((6, 2), (27, 81)),
        ((5,), (81,)),
    ]
    plans = hyperband_plans(rung_epochs(81, 3), 3, "table")
    assert [(plan.sizes, plan.epochs) for plan in plans] == expected


def test_the_formula_equals_its_closed_form_in_exact_arithmetic():
    for rungs in range(1, 9):
        for eta in (2, 3, 4):
            s_max = rungs - 1
            expected = [
                -((-(s_max + 1) * eta**s) // (s + 1)) for s in reversed(range(rungs))
            ]
            assert list(bracket_sizes(rungs, eta, "formula")) == expected


@pytest.mark.parametrize(
    "epochs, eta, least, expected",
    [
        (81, 3, 1, (1, 3, 9, 27, 81)),
        (243, 3, 1, (1, 3, 9, 27, 81, 243)),  # math.log(243, 3) is 4.999...
        (1000, 10, 1, (1, 10, 100, 1000)),  # and math.log(1000, 10) 2.999...
        (12, 3, 1, (1, 4, 12)),
        (8, 3, 1, (3, 8)),
        (6, 3, 1, (2, 6)),
        (5, 3, 1, (2, 5)),
        (2, 3, 1, (2,)),
        (1, 3, 1, (1,)),
        (200, 3, 1, (2, 7, 22, 67, 200)),
        (108, 3, 4, (4, 12, 36, 108)),  # the budgets of NAS-Bench-101
    ],
)
def test_rungs_are_whole_epochs_up_to_the_full_budget(epochs, eta, least, expected):
    assert rung_epochs(epochs, eta, least) == expected


@given(st.integers(1, 2000), st.integers(2, 12), st.data())
def test_rungs_ascend_from_the_least_to_the_full_budget(epochs, eta, data):
    least = data.draw(st.integers(1, epochs))
    rungs = rung_epochs(epochs, eta, least)
    assert rungs[-1] == epochs
    assert list(rungs) == sorted(set(rungs))
    assert least <= rungs[0] < least * eta + 1
    for below, above in pairwise(rungs):
        assert abs(above - eta * below) <= (eta + 1) / 2


@given(st.integers(1, 500), st.integers(1, 6), st.integers(2, 5))
def test_every_rung_keeps_one_in_eta_of_the_one_below(start, rungs, eta):
    sizes = halving_sizes(start, rungs, eta)
    assert sizes[0] == start
    for below, above in pairwise(sizes):
        assert above == below // eta


def test_a_bracket_trains_what_its_plan_says(nine_epochs):
    told = play(SuccessiveHalving(roomy(nine_epochs)), nine_epochs, 13)
    assert [proposal.epochs for proposal, _ in told] == [1] * 9 + [3] * 3 + [9]
    first = told[:9]
    best = sorted(first, key=lambda one: -one[1].validation_accuracy)
    promoted = [proposal.architecture for proposal, _ in told[9:12]]
    assert promoted == [proposal.architecture for proposal, _ in best[:3]]


def test_one_round_of_hyperband_trains_what_its_plans_say(nine_epochs):
    told = play(Hyperband(roomy(nine_epochs)), nine_epochs, 20)
    rungs = [1] * 9 + [3] * 3 + [9] + [3] * 3 + [9] + [9] * 3
    assert [proposal.epochs for proposal, _ in told] == rungs


def test_the_winner_of_a_bracket_is_the_best_of_its_first_rung(nine_epochs):
    for seed in range(20):
        told = play(SuccessiveHalving(roomy(nine_epochs, seed)), nine_epochs, 13)
        final = [nine_epochs.evaluate(one.architecture) for one, _ in told[:9]]
        assert told[-1][1].validation_accuracy == max(
            one.validation_accuracy for one in final
        )


def test_the_first_rung_follows_the_law_of_random_search(nine_epochs):
    """The best of 9 draws without repeats, out of 125 ranks."""
    order = np.argsort([nine_epochs.evaluate(a).validation_accuracy for a in MINI])
    rank_of = {MINI.architecture_at(int(i)): r for r, i in enumerate(order, start=1)}
    winners = []
    for seed in range(600):
        told = play(SuccessiveHalving(roomy(nine_epochs, seed)), nine_epochs, 13)
        winners.append(rank_of[told[-1][0].architecture])
    ranks = np.arange(1, MINI.size + 1)
    law = np.array([math.comb(int(r) - 1, 8) for r in ranks]) / math.comb(125, 9)
    mean, deviation = law @ ranks, np.sqrt(law @ ranks**2 - (law @ ranks) ** 2)
    assert abs(np.mean(winners) - mean) < 3 * deviation / np.sqrt(600)
    assert abs(np.std(winners) / deviation - 1) < 0.15


@pytest.mark.parametrize("convention", ["table", "formula"])
def test_hyperband_finds_the_best_where_curves_do_not_cross(nine_epochs, convention):
    best = nine_epochs.best_accuracy("validation")
    found = play(Hyperband(roomy(nine_epochs), convention=convention), nine_epochs, 400)
    assert max(one.validation_accuracy for _, one in found) == best
    # One in 15 of these evaluations is a full training: it is not exhaustion.
    full = sum(proposal.epochs == 9 for proposal, _ in found)
    assert full < MINI.size


def test_all_is_trained_to_the_end_before_the_search_is_exhausted():
    toy = ToyBenchmark(ToySpace((3, 2)), epochs=9)
    for make in (SuccessiveHalving, Hyperband):
        strategy = make(roomy(toy))
        told = play(strategy, toy, 500)
        full = {p.architecture for p, _ in told if p.epochs == 9}
        assert full == set(toy.space)
        with pytest.raises(SearchExhausted):
            strategy.ask()


def test_what_failed_is_never_promoted_nor_trained_again():
    toy = ToyBenchmark(MINI, epochs=9, failures=0.4)
    told = play(Hyperband(roomy(toy)), toy, 150)
    failed = [p.architecture for p, e in told if e.validation_accuracy is None]
    assert failed
    assert len(failed) == len(set(failed))


def test_architectures_beyond_a_free_limit_are_not_trained(nine_epochs):
    limit = Constraint("parameters", 140)
    context = roomy(nine_epochs, constraints=(limit,))
    for make in (SuccessiveHalving, Hyperband):
        told = play(make(context), nine_epochs, 60)
        assert max(one.parameters for _, one in told) <= 140


def test_beginnings_that_keep_no_limit_yet_are_still_ranked(nine_epochs):
    limit = Constraint("validation_accuracy", 0.5, at_least=True)
    context = roomy(nine_epochs, constraints=(limit,))
    told = play(SuccessiveHalving(context), nine_epochs, 13)
    assert all(one.validation_accuracy < 0.5 for _, one in told[:9])
    assert [proposal.epochs for proposal, _ in told[9:]] == [3, 3, 3, 9]


def test_ranks_alone_decide(nine_epochs):
    def scaled(architecture, **settings):
        outcome = ToyBenchmark.evaluate(nine_epochs, architecture, **settings)
        accuracy = 0.3 * outcome.validation_accuracy + 0.2
        return replace(outcome, validation_accuracy=accuracy)

    other = ToyBenchmark(MINI, epochs=9, noise=0)
    other.evaluate = scaled
    for make in (SuccessiveHalving, Hyperband):
        runs = [
            [proposal for proposal, _ in play(make(roomy(nine_epochs)), toy, 100)]
            for toy in (nine_epochs, other)
        ]
        assert runs[0] == runs[1]


def test_a_waiting_rung_opens_the_next_bracket():
    brackets = Brackets((Plan((3, 1), (1, 3)), Plan((2,), (3,))))
    numbers = iter(range(100))

    def draw():
        return (next(numbers),)

    asked = [brackets.ask(draw) for _ in range(7)]
    assert [one.epochs for one in asked] == [1, 1, 1, 3, 3, 1, 1]
    for proposal, score in zip(asked[:3], (0.2, 0.9, 0.3), strict=True):
        brackets.tell(proposal, Standing(0, score))
    # The oldest bracket is ready again and comes first.
    assert brackets.ask(draw).architecture == (1,)


def test_an_architecture_drawn_twice_is_promoted_once():
    bracket = Bracket(Plan((4, 2), (1, 3)))
    for architecture in ((0,), (1,), (0,), (2,)):
        bracket.ask(lambda one=architecture: one)
        bracket.tell(architecture, Standing(0, 1.0 - architecture[0]))
    asked = [bracket.ask(lambda: pytest.fail("draws")) for _ in range(2)]
    assert [one.architecture for one in asked] == [(0,), (1,)]


def test_a_bracket_without_a_success_is_over():
    bracket = Bracket(Plan((2, 1), (1, 3)))
    for number in range(2):
        bracket.ask(lambda one=number: (one,))
        bracket.tell((number,), None)
    assert bracket.is_over


@pytest.mark.parametrize("fidelity", ["resume", "restart"])
def test_the_ledger_charges_a_bracket_as_stated(fidelity):
    """9 + 3 x 2 + 1 x 6 epochs where trainings resume, 9 + 3 x 3 + 9 where not."""
    toy = ToyBenchmark(ToySpace((5, 5, 5)), epochs=9)
    price = {"resume": 21, "restart": 27}[fidelity]
    settings = RunSettings(Budget(price, "epochs"), fidelity=fidelity)
    run = simulate(SuccessiveHalving, toy, settings, 0)
    assert len(run) == 13
    assert run.cumulative_epochs[-1] == price
    assert run.incumbent[-1] == 12
    assert (run.incumbent[:-1] == -1).all()


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"eta": 1}, "eta of .* is 1; expected a whole number from 2"),
        ({"least_epochs": 0}, "is 0; expected a whole number from 1"),
        ({"least_epochs": 10}, "1 to 9 epochs.*not 10"),
        ({"configurations": 8}, "of 8 configurations none reaches"),
        ({"rungs": (3, 1, 9)}, "rungs ascend"),
        ({"rungs": (1, 3)}, "rungs ascend"),
        ({"rungs": ()}, "rungs ascend"),
    ],
)
def test_settings_out_of_range_give_one_line(nine_epochs, settings, message):
    with pytest.raises(NasbenchError, match=message) as caught:
        SuccessiveHalving(roomy(nine_epochs), **settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "make, amount, unit, message",
    [
        (SuccessiveHalving, 12, "evaluations", "takes 13 evaluations.*budget of 12"),
        (SuccessiveHalving, 20, "epochs", "takes 21 epochs.*budget of 20"),
        (Hyperband, 12, "evaluations", "takes 13 evaluations"),
        (partial(Hyperband, eta=9), 9, "evaluations", "takes 10 evaluations"),
    ],
)
def test_a_budget_too_small_for_a_bracket_is_refused(
    nine_epochs, make, amount, unit, message
):
    context = replace(context_of(nine_epochs), budget=Budget(amount, unit))
    with pytest.raises(NasbenchError, match=message):
        make(context)
    make(replace(context, budget=Budget(amount + 1, unit)))


def test_an_unknown_convention_names_the_known(nine_epochs):
    with pytest.raises(NasbenchError, match=r"is 'tables'; .*did you mean 'table'"):
        Hyperband(roomy(nine_epochs), convention="tables")


def test_a_benchmark_of_few_fidelities_is_searched_with_rungs_of_its_own(nine_epochs):
    told = play(Hyperband(roomy(nine_epochs), rungs=(4, 9)), nine_epochs, 8)
    assert [proposal.epochs for proposal, _ in told] == [4, 4, 4, 9, 9, 9, 4, 4]


def test_the_objective_may_be_another(nine_epochs):
    cheapest = replace(VALIDATION_ACCURACY, column="cost_seconds", maximise=False)
    context = roomy(nine_epochs, objectives=(cheapest,))
    told = play(SuccessiveHalving(context), nine_epochs, 13)
    winner = told[-1][0].architecture
    costs = [one.parameters for _, one in told[:9]]
    assert nine_epochs.evaluate(winner).parameters == min(costs)
