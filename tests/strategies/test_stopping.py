"""Stoppers stop what they should, never the best, and leave the inner strategy be."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboards import RunSettings
from leaderboards.runner.simulate import simulate
from nasbench.benchmark import Evaluation, Status
from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Budget, Objective, Proposal
from nasbench.spaces import make_space
from nasbench.testing import StrategyContract, ToyBenchmark, ToySpace, context_of, play
from strategies import (
    LocalSearch,
    RandomSearch,
    RegularizedEvolution,
    find_strategy,
)
from strategies.chosen_strategy import ChosenStrategy
from strategies.stopping import (
    ExtrapolationStopping,
    InstabilityStopping,
    MedianStopping,
)

MINI = make_space("cell201-mini")
STOPPERS = {
    "median": MedianStopping,
    "median of values": partial(MedianStopping, against="values"),
    "instability": InstabilityStopping,
    "extrapolation": ExtrapolationStopping,
}
CURVED = ToySpace((5, 4, 3))


class Curves:
    """A benchmark of the curves that a function of the architecture's number gives."""

    name = "curves"
    seeds = ()

    def __init__(self, curve_of, epochs=12, space=CURVED):
        self.space = space
        self.epochs = epochs
        self.cost_model = ToyBenchmark(ToySpace((2,))).cost_model
        self.curves = np.array([curve_of(number) for number in range(space.size)])

    def evaluate(self, architecture, *, epochs=None, seed=None):
        last = epochs or self.epochs
        curve = tuple(self.curves[self.space.index(architecture)][:last].tolist())
        return Evaluation(
            curve[-1], curve, float(last), last, None, Status.COMPLETE, 1, 2
        )


def nested(number):
    """Power laws of equal shape: they rise and never cross."""
    epochs = np.arange(1, 13)
    top = 0.3 + 0.6 * ((number * 37) % 60) / 60
    return top * (1 - 0.6 * epochs**-0.8)


def full_trainings(told, benchmark):
    return [p.architecture for p, _ in told if p.epochs == benchmark.epochs]


CONTRACT = {
    "median, evolution": MedianStopping,
    "median, random": partial(MedianStopping, inner=RandomSearch),
    "median, local": partial(MedianStopping, inner=LocalSearch, grace_epochs=0),
    "instability, evolution": InstabilityStopping,
    "extrapolation, random": partial(ExtrapolationStopping, inner="random"),
}


class TestStoppers(StrategyContract):
    @pytest.fixture(params=CONTRACT.values(), ids=list(CONTRACT))
    def factory(self, request):
        return request.param


@pytest.mark.parametrize("stopper", STOPPERS.values(), ids=STOPPERS)
def test_the_eventual_best_is_never_stopped_where_curves_do_not_cross(stopper):
    benchmark = Curves(nested)
    best = benchmark.space.architecture_at(int(benchmark.curves[:, -1].argmax()))
    for seed in range(2 if stopper is ExtrapolationStopping else 20):
        strategy = stopper(context_of(benchmark, seed), inner=RandomSearch, step=1)
        told = play(strategy, benchmark, 12 * benchmark.space.size)
        assert best in full_trainings(told, benchmark)


def test_median_and_extrapolation_save_most_of_the_epochs():
    benchmark = Curves(nested)
    space = benchmark.space
    for stopper, share in (
        (MedianStopping, 0.75),
        (partial(MedianStopping, against="values"), 0.6),
        (ExtrapolationStopping, 0.6),
    ):
        for seed in range(2):
            strategy = stopper(context_of(benchmark, seed), inner=RandomSearch, step=1)
            told = play(strategy, benchmark, 12 * space.size)
            # Where trainings resume, every step is one epoch.
            assert len({p.architecture for p, _ in told}) == space.size
            assert len(told) < share * 12 * space.size


@given(st.integers(0, 10_000))
def test_no_rising_curve_is_unstable(seed):
    rising = np.sort(np.random.default_rng(seed).random(30))
    strategy = InstabilityStopping(context_of(Curves(nested)))
    for last in range(1, 31):
        curve = dict(enumerate(rising[:last].tolist(), start=1))
        assert not strategy.should_stop((), curve)


@pytest.mark.parametrize(
    "curve, expected",
    [
        ([0.5, 0.7, 0.1, 0.1, 0.1], True),  # diverged
        ([0.5, 0.7, 0.1, 0.1, 0.65], True),  # swings: falls by 0.6 in the window
        ([0.5, 0.7, 0.55, 0.55, 0.58], True),  # stays more than 0.1 below
        ([0.5, 0.7, 0.62, 0.65, 0.7], False),  # a dip
        ([0.5, 0.7, 0.1], False),  # too short to say
        ([0.3, 0.5, 0.35, 0.5, 0.35], True),  # to and fro
        ([0.1, 0.1, 0.1, 0.1, 0.1], False),  # dead, but steady
    ],
)
def test_what_is_unstable_is_what_diverges_or_swings(curve, expected):
    strategy = InstabilityStopping(context_of(Curves(nested)))
    found = strategy.should_stop((), dict(enumerate(curve, start=1)))
    assert found is expected


def test_diverging_trainings_are_stopped_and_the_others_are_not():
    def curve(number):
        diverges = number % 3 == 0
        return (
            np.r_[nested(number)[:4], np.full(8, 0.05)]
            if diverges
            else (nested(number))
        )

    benchmark = Curves(curve)
    strategy = InstabilityStopping(context_of(benchmark), inner=RandomSearch)
    told = play(strategy, benchmark, 12 * benchmark.space.size)
    trained = {}
    for proposal, _ in told:
        trained[benchmark.space.index(proposal.architecture)] = proposal.epochs
    for number, epochs in trained.items():
        fall = nested(number)[3] - 0.05 if number % 3 == 0 else 0.0
        # After 6 epochs the fall is a swing; after 8 all of the window lies below.
        assert epochs == (6 if fall > 0.2 else 8 if fall > 0.1 else 12)


def median_by_hand(peers, curve):
    epoch = len(curve)
    means = sorted(float(np.mean(p[:epoch])) for p in peers if len(p) >= epoch)
    middle = len(means) // 2
    even = len(means) % 2 == 0
    centre = (means[middle - 1] + means[middle]) / 2 if even else means[middle]
    return max(curve) < centre


@given(st.integers(0, 10_000), st.integers(5, 12))
def test_the_median_rule_is_that_of_vizier(seed, count):
    rng = np.random.default_rng(seed)
    strategy = MedianStopping(context_of(Curves(nested)), grace_epochs=0)
    peers = [rng.random(rng.integers(6, 13)).tolist() for _ in range(count)]
    for peer in peers:
        strategy.note_end((), dict(enumerate(peer, start=1)), stopped=len(peer) < 12)
    curve = rng.random(rng.integers(1, 7)).tolist()
    found = strategy.should_stop((), dict(enumerate(curve, start=1)))
    assert found is median_by_hand(peers, curve)


@pytest.mark.parametrize("peers, grace, stops", [(4, 2, 0), (5, 2, 1), (5, 3, 0)])
def test_grace_and_peers_protect_the_first_trainings(peers, grace, stops):
    strategy = MedianStopping(context_of(Curves(nested)), grace_epochs=grace)
    for _ in range(peers):
        strategy.note_end((), {1: 0.8, 2: 0.9}, stopped=False)
    assert strategy.should_stop((), {1: 0.1, 2: 0.2}) == bool(stops)


@pytest.mark.parametrize("inner", [RandomSearch, RegularizedEvolution, LocalSearch])
@pytest.mark.parametrize("step", [1, 3, 100])
def test_a_stopper_that_never_stops_changes_nothing(inner, step):
    toy = ToyBenchmark(MINI, epochs=6, failures=0.2)
    alone = [proposal for proposal, _ in play(inner(context_of(toy)), toy, 60)]
    stopper = partial(MedianStopping, inner=inner, grace_epochs=7, step=step)
    told = play(stopper(context_of(toy)), toy, 400)
    ended = [
        proposal
        for proposal, outcome in told
        if proposal.epochs == 6 or outcome.validation_accuracy is None
    ]
    expected = [one.architecture for one in alone]
    assert [one.architecture for one in ended[:60]] == expected


class Watched(RandomSearch):
    """Random search that keeps what it was told."""

    def __init__(self, context):
        super().__init__(context)
        self.heard = []

    def tell(self, proposal, evaluation):
        self.heard.append((proposal, evaluation))


def test_a_stopped_training_is_worth_what_it_showed_last():
    benchmark = Curves(nested)
    strategy = MedianStopping(context_of(benchmark), inner=Watched, step=1)
    play(strategy, benchmark, 300)
    heard = strategy.inner.heard
    assert {proposal.epochs for proposal, _ in heard} == {12}
    stopped = [one for _, one in heard if one.epochs < 12]
    assert len(stopped) > 10
    for proposal, outcome in heard:
        full = benchmark.evaluate(proposal.architecture)
        assert outcome.validation_accuracy == full.curve[outcome.epochs - 1]


def test_a_repeat_goes_on_where_it_was_stopped():
    benchmark = Curves(nested)
    strategy = MedianStopping(context_of(benchmark), inner="random", step=2)
    strategy.trained = {(0, 0, 0): 4, (1, 0, 0): 12}
    repeats = [Proposal((0, 0, 0), 12), Proposal((1, 0, 0), 12)]
    strategy.inner.ask = repeats.pop
    assert strategy.ask() == Proposal((1, 0, 0), 12)
    assert strategy.ask() == Proposal((0, 0, 0), 6)


@pytest.mark.parametrize("fidelity", ["resume", "restart"])
def test_steps_are_charged_as_stated(fidelity):
    benchmark = Curves(nested)
    factory = partial(MedianStopping, inner=RandomSearch, step=4, grace_epochs=13)
    price = {"resume": 12, "restart": 4 + 8 + 12}[fidelity]
    settings = RunSettings(Budget(5 * price, "epochs"), fidelity=fidelity)
    run = simulate(factory, benchmark, settings, 0)
    assert run.epochs.tolist() == [4, 8, 12] * 5
    assert run.cumulative_epochs[2::3].tolist() == [price * n for n in range(1, 6)]


def test_a_stopper_finds_as_much_with_fewer_epochs():
    benchmark = Curves(nested)
    settings = RunSettings(Budget(12 * 20, "epochs"))
    best = {}
    for name, factory in (
        ("alone", RandomSearch),
        ("median", partial(MedianStopping, inner=RandomSearch, step=1)),
    ):
        runs = [simulate(factory, benchmark, settings, seed) for seed in range(40)]
        best[name] = [np.nanmax(run.validation_accuracy) for run in runs]
    assert np.mean(best["median"]) > np.mean(best["alone"])


@pytest.mark.parametrize(
    "factory, message",
    [
        (partial(MedianStopping, step=0), "step of MedianStopping is 0"),
        (partial(MedianStopping, min_peers=0), "min_peers of MedianStopping is 0"),
        (
            partial(MedianStopping, grace_epochs=-1),
            "grace_epochs of MedianStopping is -1",
        ),
        (partial(MedianStopping, inner="evolutoin"), "did you mean 'evolution'"),
        (partial(MedianStopping, against="mean"), "did you mean 'means'"),
        (
            partial(InstabilityStopping, window=1),
            "is 1; expected a whole number from 2",
        ),
        (partial(InstabilityStopping, drop=0.0), "is 0.0; expected a number above 0"),
        (
            partial(ExtrapolationStopping, chance=1.0),
            "chance of ExtrapolationStopping is 1.0",
        ),
        (partial(ExtrapolationStopping, family="pow33"), "did you mean 'pow3'"),
    ],
)
def test_settings_out_of_range_give_one_line(factory, message):
    with pytest.raises(NasbenchError, match=message) as caught:
        factory(context_of(Curves(nested)))
    assert "\n" not in str(caught.value)


def test_other_objectives_than_accuracy_are_refused():
    cost = Objective("cost_seconds", maximise=False)
    context = context_of(Curves(nested))
    for objectives in ((cost,), (VALIDATION_ACCURACY, cost)):
        with pytest.raises(NasbenchError, match="judges curves of validation_accuracy"):
            MedianStopping(replace(context, objectives=objectives), inner="random")


@pytest.mark.parametrize("stopper", [MedianStopping, InstabilityStopping])
def test_the_inner_strategy_takes_settings_as_text(stopper):
    text = "evolution(population_size=7, tournament_size=2)"
    strategy = stopper(context_of(Curves(nested)), inner=text)
    assert isinstance(strategy.inner, RegularizedEvolution)
    assert strategy.inner.tournament_size == 2
    with pytest.raises(NasbenchError, match="population_size of strategy evolution"):
        stopper(context_of(Curves(nested)), inner="evolution(population_size=0)")


@pytest.mark.parametrize(
    "text",
    [
        'evolution-median(inner="evolution(population_size=7, tournament_size=2)")',
        "evolution-median(inner=evolution(population_size=7, tournament_size=2))",
        "evolution-median( inner = evolution(population_size=7,tournament_size=2) )",
    ],
)
def test_settings_within_settings_give_the_same_run(text):
    inner = partial(RegularizedEvolution, population_size=7, tournament_size=2)
    runs = [
        simulate(factory, Curves(nested), RunSettings(Budget(60, "epochs")), 3)
        for factory in (ChosenStrategy(text), partial(MedianStopping, inner=inner))
    ]
    assert runs[0].architectures.tolist() == runs[1].architectures.tolist()
    assert runs[0].epochs.tolist() == runs[1].epochs.tolist()


@pytest.mark.parametrize(
    "inner", ["hyperband", "asha", "successive-halving", "bohb", "evolution-median"]
)
def test_an_inner_strategy_that_sets_epochs_itself_is_refused(inner):
    context = replace(context_of(Curves(nested)), budget=Budget(10**6, "epochs"))
    with pytest.raises(NasbenchError, match=r"cannot wrap .* how long to train; take"):
        MedianStopping(context, inner=inner)
    with pytest.raises(NasbenchError, match="cannot wrap"):
        MedianStopping(context, inner=find_strategy(inner))
