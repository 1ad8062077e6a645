"""Gravitational search: forces by the sums of the paper, and the limit without any."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.search import Budget
from nasbench.testing import ToyBenchmark, ToySpace, context_of, play
from strategies.metaphors.gravitational_search import (
    BOUND,
    GravitationalSearch,
    Pull,
    accelerations,
    masses,
)

NONE = -np.inf


class Ones:
    """A generator whose random numbers are all 1, to see the sums behind them."""

    @staticmethod
    def random(shape):
        return np.ones(shape)


def test_masses_are_the_papers():
    scores = np.array([0.9, 0.5, 0.7, 0.5])
    relative = (scores - 0.5) / 0.4
    assert masses(scores) == pytest.approx(relative / relative.sum())
    assert masses(np.array([0.5, 0.5, 0.5])) == pytest.approx(np.full(3, 1 / 3))
    assert masses(np.array([0.9, NONE, 0.7])) == pytest.approx([1, 0, 0])
    assert masses(np.array([0.9, NONE, NONE])) == pytest.approx([1, 0, 0])
    assert masses(np.array([NONE, NONE])) == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("heaviest", [1, 3, 5])
def test_accelerations_are_force_over_mass(heaviest):
    rng = np.random.default_rng(0)
    positions = rng.normal(size=(5, 4))
    mass = masses(rng.random(5)) + 0.01  # no zero, so that one can divide by it
    found = accelerations(positions, mass, Pull(7.0, heaviest), Ones())
    attracting = np.argsort(-mass)[:heaviest]
    for i in range(5):
        force = np.zeros(4)
        for j in attracting:
            way = positions[j] - positions[i]
            distance = np.linalg.norm(way)
            if i != j:
                force += 7.0 * mass[i] * mass[j] / distance * way
        assert found[i] == pytest.approx(force / mass[i])


def test_the_worst_accelerates_though_it_has_no_mass():
    positions = np.array([[0.0, 0.0], [3.0, 4.0]])
    mass = masses(np.array([0.1, 0.9]))
    found = accelerations(positions, mass, Pull(10.0, 2), Ones())
    assert found == pytest.approx(np.array([[6.0, 8.0], [0.0, 0.0]]))


def test_random_factors_are_drawn_per_pair_and_coordinate():
    positions = np.array([[0.0] * 1000, [1.0] * 1000])
    pull, mass = Pull(1000**0.5, 2), np.array([0.0, 1.0])
    found = accelerations(positions, mass, pull, np.random.default_rng(0))[0]
    assert len(set(found.tolist())) == 1000
    assert (found >= 0).all()
    assert (found <= 1).all()
    assert abs(found.mean() - 0.5) < 0.05


def test_without_gravity_velocities_only_shrink(cell201):
    toy = ToyBenchmark(cell201)
    strategy = GravitationalSearch(context_of(toy), agents=6, gravity=0)
    strategy.velocities = np.full(strategy.velocities.shape, 0.1)
    for _ in range(3):
        positions, velocities = strategy.positions, strategy.velocities
        strategy.found_new = True
        strategy.scores[:] = np.linspace(0.1, 0.9, 6)
        strategy._move()
        assert (strategy.velocities >= 0).all()
        assert (strategy.velocities <= velocities).all()
        inside = positions + strategy.velocities <= BOUND
        moved = (positions + strategy.velocities)[inside]
        assert strategy.positions[inside] == pytest.approx(moved)


def test_agents_at_rest_without_gravity_stay_and_then_start_anew(cell201):
    toy = ToyBenchmark(cell201)
    strategy = GravitationalSearch(context_of(toy), agents=5, gravity=0)
    found = [proposal.architecture for proposal, _ in play(strategy, toy, 15)]
    assert found[:5] == found[5:10]
    assert len(set(found[10:]) - set(found[:5])) == 5


def test_gravity_dies_away_over_the_budget(monkeypatch, cell201):
    pulls = []

    def watched(positions, mass, pull, rng):
        pulls.append(pull)
        return np.zeros_like(positions)

    monkeypatch.setattr(
        "strategies.metaphors.gravitational_search.accelerations", watched
    )
    toy = ToyBenchmark(cell201)
    context = replace(context_of(toy), budget=Budget(50))
    strategy = GravitationalSearch(context, agents=10, gravity=3.0, decay=2.0)
    for told in range(50):
        strategy.found_new = True
        play(strategy, toy, 1)
        assert len(pulls) == (told + 1) // 10
    shares = np.arange(1, 6) / 5
    found = [pull.strength for pull in pulls]
    assert found == pytest.approx(3 * np.exp(-2 * shares))
    assert [pull.heaviest for pull in pulls] == [8, 6, 5, 3, 1]


def test_an_agent_that_shares_its_architecture_gets_a_score_of_its_own():
    toy = ToyBenchmark(ToySpace((2, 2)))
    strategy = GravitationalSearch(context_of(toy), agents=9)
    asked = [strategy.ask() for _ in range(9)]
    assert len({proposal.architecture for proposal in asked}) <= 4
    for number, proposal in enumerate(reversed(asked)):
        assert np.isnan(strategy.scores).sum() == 9 - number
        strategy.tell(proposal, toy.evaluate(proposal.architecture))
    assert strategy.next_agent == 0


def test_waiting_workers_get_random_architectures_that_do_not_take_part(cell201):
    toy = ToyBenchmark(cell201)
    strategy = GravitationalSearch(context_of(toy), agents=3)
    asked = [strategy.ask() for _ in range(5)]
    for proposal in asked[3:]:
        strategy.tell(proposal, toy.evaluate(proposal.architecture))
    assert np.isnan(strategy.scores).all()


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"agents": 1}, "is 1; expected a whole number from 2 to 500"),
        ({"gravity": -1.0}, "gravity of .* is -1.0; expected a number from 0"),
        ({"decay": float("nan")}, "decay of .* is nan; expected a number from 0"),
    ],
)
def test_wrong_settings_are_refused(context, cell201, settings, message):
    with pytest.raises(NasbenchError, match=message):
        partial(GravitationalSearch, **settings)(context(cell201))
