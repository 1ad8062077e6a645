"""Growth: its objective against a second library, its rounds against its rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.testing import ToySpace
from nasbench.training.recipe import Recipe
from strategies.growth.adanet import AdaNetSettings, grow
from strategies.growth.depths import depth_of, draw_of_depth, least_depth
from strategies.growth.mixture_weights import fit, objective
from strategies.weight_sharing.problem import SearchProblem

RECIPE = Recipe(
    batch_size=32, channels=2, train_images=64, valid_images=64, test_images=50
)


def drawn(count: int = 4, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=80)
    logits = rng.standard_normal((count, 80, 3))
    logits[: count - 1, np.arange(80), labels] += np.linspace(0.5, 2, count - 1)[
        :, None
    ]
    return logits, labels


@pytest.mark.parametrize("scale", [0.0, 0.02, 0.2])
def test_weights_are_those_that_scipy_finds(scale: float) -> None:
    logits, labels = drawn()
    penalties = scale * np.array([1.0, 0.5, 2.0, 1.0])
    found = fit(logits, labels, penalties)

    def whole(weights: np.ndarray) -> float:  # not smooth: a method without gradients
        return objective(weights, logits, labels, penalties)

    theirs = minimize(
        whole,
        np.full(4, 0.3),
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 3000},
    )
    assert found.objective <= theirs.fun + 1e-7
    assert found.objective == pytest.approx(theirs.fun, abs=1e-4)
    assert found.objective == whole(found.weights)


def test_a_large_penalty_leaves_a_network_out_exactly() -> None:
    logits, labels = drawn()
    weights = fit(logits, labels, np.array([0.0, 0.0, 0.0, 5.0])).weights
    assert weights[3] == 0
    assert np.all(weights[:3] != 0)
    nothing = fit(logits, labels, np.full(4, 50.0))
    assert not nothing.weights.any()
    assert nothing.objective == pytest.approx(np.log(3))


def test_optimal_weights_satisfy_the_conditions_of_the_subgradient() -> None:
    logits, labels = drawn(seed=3)
    penalties = np.array([0.05, 0.1, 0.02, 0.3])
    found = fit(logits, labels, penalties)
    step = 1e-6
    for j, weight in enumerate(found.weights):
        moved = np.eye(4)[j] * step
        gradient = (
            objective(found.weights + moved, logits, labels, np.zeros(4))
            - objective(found.weights - moved, logits, labels, np.zeros(4))
        ) / (2 * step)
        if weight == 0:
            assert abs(gradient) <= penalties[j] + 1e-4
        else:
            assert gradient == pytest.approx(-np.sign(weight) * penalties[j], abs=1e-4)


def test_a_second_copy_of_a_network_gains_nothing() -> None:
    logits, labels = drawn(2)
    one = fit(logits[:1], labels, np.array([0.01]))
    two = fit(logits[[0, 0]], labels, np.array([0.01, 0.01]))
    assert two.objective == pytest.approx(one.objective, abs=1e-7)


def problem(digits: Task, seed: int = 0) -> SearchProblem:
    return SearchProblem(make_space("cell201"), RECIPE.cut(digits), RECIPE, seed)


def test_growth_is_the_same_for_equal_seeds_and_lowers_its_objective(
    digits: Task,
) -> None:
    state = torch.random.get_rng_state()
    settings = AdaNetSettings(rounds=2, epochs=1, least_gain=0.0)
    first, again = (grow(problem(digits), settings) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert first.status is Status.COMPLETE
    assert [r.architecture for r in first.rounds] == [
        r.architecture for r in again.rounds
    ]
    assert all(
        np.array_equal(a.weights, b.weights)
        for a, b in zip(first.rounds, again.rounds, strict=True)
    )
    objectives = [one.objective for one in first.rounds]
    assert objectives == sorted(objectives, reverse=True)
    assert first.rounds[0].depth in (1, 2)
    for before, after in zip(first.rounds, first.rounds[1:], strict=False):
        assert after.depth <= 1 + max(before.depth, first.rounds[0].depth)
    assert first.parameters > 0
    assert 0 <= first.test_accuracy <= 1


def test_growth_ends_where_a_network_does_not_pay(digits: Task) -> None:
    settings = AdaNetSettings(rounds=3, epochs=1, least_gain=100.0)
    assert len(grow(problem(digits), settings).rounds) == 1


def test_lost_candidates_are_a_recorded_failure(digits: Task) -> None:
    recipe = replace(RECIPE, learning_rate=1e30)
    task = SearchProblem(make_space("cell201"), recipe.cut(digits), recipe, 0)
    growth = grow(task, AdaNetSettings(rounds=2, epochs=1))
    assert growth.status is Status.FAILED
    assert growth.rounds == ()
    assert growth.test_accuracy is None


def test_depths_are_drawn_as_asked_for() -> None:
    space, rng = make_space("cell201"), np.random.default_rng(0)
    for depth in (0, 1, 2, 3):
        assert space.graph(draw_of_depth(space, depth, rng)).depth == depth
    assert draw_of_depth(make_space("cell201-mini"), 3, rng) is None


def test_what_cannot_grow_is_said(digits: Task) -> None:
    task = SearchProblem(ToySpace((3, 3)), RECIPE.cut(digits), RECIPE, 0)
    with pytest.raises(
        NasbenchError, match=r"grows by depth, and toy:3,3 says of none"
    ):
        grow(task, AdaNetSettings())
    with pytest.raises(NasbenchError, match="rounds is 0"):
        AdaNetSettings(rounds=0)
    with pytest.raises(NasbenchError, match=r"price is -0\.1"):
        AdaNetSettings(price=-0.1)


def test_networks_of_a_chain_are_equally_deep_and_grow_by_number(digits: Task) -> None:
    space = make_space("chain")
    assert least_depth(space) == 5
    assert least_depth(make_space("cell201")) == 1
    task = SearchProblem(space, RECIPE.cut(digits), RECIPE, 0)
    growth = grow(task, AdaNetSettings(rounds=2, epochs=1, least_gain=0.0))
    assert [one.depth for one in growth.rounds] == [5, 5]
    assert all(depth_of(space, one.architecture) == 5 for one in growth.rounds)


def test_every_round_knows_its_accuracy_and_only_training_is_charged(
    digits: Task,
) -> None:
    settings = AdaNetSettings(rounds=2, epochs=1, least_gain=0.0)
    growth = grow(problem(digits), settings)
    alone = grow(problem(digits), AdaNetSettings(rounds=1, epochs=1))
    assert growth.ended == alone.ended == "rounds"
    # The first round does not depend on how many follow, but for its seconds.
    assert growth.rounds[0].test_accuracy == alone.test_accuracy
    assert growth.rounds[0].parameters == alone.parameters
    assert 0 < growth.rounds[0].seconds < growth.rounds[1].seconds
    assert growth.identity.settings["rounds"] == 2
    assert growth.identity.task_fingerprint == problem(digits).task.fingerprint
