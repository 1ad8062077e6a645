"""REINFORCE: the gradient, the baseline and the policy against exact oracles."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from scipy.stats import chisquare

from nasbench.errors import NasbenchError
from nasbench.testing import ConstrainedToySpace, ToyBenchmark, ToySpace, play
from strategies import Reinforce
from strategies.reinforcement.reinforce import log_policy_gradient, softmax

SPACE = ToySpace((2, 3, 1))


def random_logits(seed=0):
    logits = np.full((3, 3), -np.inf)
    for row, radix in zip(logits, SPACE.radices, strict=True):
        row[:radix] = np.random.default_rng(seed).normal(size=radix)
    return logits


def probability(logits, architecture):
    return math.prod(softmax(logits)[i, o] for i, o in enumerate(architecture))


def expected_reward(logits, rewards):
    return sum(probability(logits, a) * rewards[a] for a in SPACE)


@pytest.mark.parametrize("baseline", [0.0, 0.7])
def test_the_expected_step_is_the_gradient_of_the_expected_reward(baseline):
    logits = random_logits()
    rewards = {a: np.sin(3 * a[0] + a[1] ** 2) for a in SPACE}
    policy_gradient = sum(
        probability(logits, a)
        * (rewards[a] - baseline)
        * log_policy_gradient(logits, a)
        for a in SPACE
    )
    for decision, radix in enumerate(SPACE.radices):
        for option in range(radix):
            step = np.zeros_like(logits)
            step[decision, option] = 1e-5
            up, down = (expected_reward(logits + s, rewards) for s in (step, -step))
            slope = (up - down) / 2e-5
            assert policy_gradient[decision, option] == pytest.approx(slope, abs=1e-9)
    assert (policy_gradient[~np.isfinite(logits)] == 0).all()


def test_draws_follow_the_policy(context):
    strategy = Reinforce(context(SPACE))
    strategy.logits = random_logits(3)
    drawn = np.zeros(SPACE.size)
    for _ in range(6000):
        drawn[SPACE.index(strategy.ask().architecture)] += 1
    law = [probability(strategy.logits, a) for a in SPACE]
    assert sum(law) == pytest.approx(1)
    assert chisquare(drawn, 6000 * np.array(law)).pvalue > 1e-3


@pytest.mark.parametrize("learning_rate", [0.1, 0.01])
def test_the_trajectory_is_that_of_autograd_and_torchs_adam(context, learning_rate):
    torch = pytest.importorskip("torch", reason="the oracle is torch's Adam")
    toy = ToyBenchmark(SPACE)
    strategy = Reinforce(context(SPACE), learning_rate=learning_rate)
    start = torch.from_numpy(strategy.logits.copy())
    rows = [row[:radix] for row, radix in zip(start, SPACE.radices, strict=True)]
    parameters = [row.clone().requires_grad_() for row in rows]
    optimiser = torch.optim.Adam(parameters, lr=learning_rate)
    total = weight = 0.0
    for _ in range(80):
        ((proposal, outcome),) = play(strategy, toy, 1)
        reward = outcome.validation_accuracy
        if weight:
            log_probability = sum(
                torch.distributions.Categorical(logits=row).log_prob(torch.tensor(o))
                for row, o in zip(parameters, proposal.architecture, strict=True)
            )
            optimiser.zero_grad()
            (-log_probability * (reward - total / weight)).backward()
            optimiser.step()
        total, weight = 0.9 * total + 0.1 * reward, 0.9 * weight + 0.1
        for row, ours in zip(parameters, strategy.logits, strict=True):
            np.testing.assert_allclose(
                row.detach().numpy(), ours[: len(row)], rtol=1e-9, atol=1e-12
            )


def test_the_baseline_is_the_average_of_earlier_rewards_only(context, evaluation):
    strategy = Reinforce(context(SPACE), baseline_momentum=0.9)
    before = strategy.logits.copy()
    strategy.tell(strategy.ask(), evaluation(0.4))
    np.testing.assert_array_equal(strategy.logits, before)
    # A reward that equals the average so far has no advantage: nothing moves.
    strategy.tell(strategy.ask(), evaluation(0.4))
    np.testing.assert_array_equal(strategy.logits, before)
    strategy.tell(strategy.ask(), evaluation(0.8))
    assert strategy.baseline.value == pytest.approx(
        (0.9**2 * 0.4 + 0.9 * 0.4 + 0.8) / (0.9**2 + 0.9 + 1)
    )


def test_nats_bench_s_baseline_scales_the_advantage_and_no_more():
    momentum, rewards = 0.9, np.random.default_rng(0).random(30)
    total = weight = 0.0
    for t, reward in enumerate(rewards, start=1):
        later_total = momentum * total + (1 - momentum) * reward
        later_weight = momentum * weight + (1 - momentum)
        if t > 1:
            ours = reward - total / weight
            theirs = reward - later_total / later_weight
            scale = momentum * (1 - momentum ** (t - 1)) / (1 - momentum**t)
            assert theirs == pytest.approx(scale * ours)
        total, weight = later_total, later_weight


def test_the_unit_of_the_reward_does_not_matter(context, array_benchmark):
    accuracies = np.random.default_rng(0).random(SPACE.size)
    runs = []
    for scale, shift in ((1, 0), (100, 0), (1, 5), (0.01, -3)):
        strategy = Reinforce(context(SPACE))
        told = play(strategy, array_benchmark(SPACE, scale * accuracies + shift), 60)
        runs.append(([proposal for proposal, _ in told], strategy.logits))
    for proposals, logits in runs[1:]:
        assert proposals == runs[0][0]
        np.testing.assert_allclose(logits, runs[0][1], rtol=1e-3)


def test_a_better_architecture_becomes_more_likely(context, evaluation):
    strategy = Reinforce(context(SPACE))
    strategy.tell(strategy.ask(), evaluation(0.5))
    good = strategy.ask()
    before = probability(strategy.logits, good.architecture)
    strategy.tell(good, evaluation(0.9))
    after = probability(strategy.logits, good.architecture)
    assert after > before
    strategy.tell(good, evaluation(0.1))
    strategy.tell(good, evaluation(0.1))
    assert probability(strategy.logits, good.architecture) < after


def test_failures_are_unlearned_like_the_worst_success(context, evaluation):
    one, other = (Reinforce(context(SPACE)) for _ in range(2))
    for strategy, bad in ((one, None), (other, 0.2)):
        for accuracy in (0.5, 0.2, 0.7, bad, 0.6):
            strategy.tell(strategy.ask(), evaluation(accuracy))
    np.testing.assert_array_equal(one.logits, other.logits)


def test_failures_before_any_success_teach_nothing(context, evaluation):
    strategy = Reinforce(context(SPACE))
    before = strategy.logits.copy()
    for _ in range(5):
        strategy.tell(strategy.ask(), evaluation(None))
    np.testing.assert_array_equal(strategy.logits, before)
    assert strategy.baseline.value is None


def test_a_policy_that_wants_only_invalid_combinations_draws_at_random(context):
    space = ConstrainedToySpace((3, 2, 4, 3))
    strategy = Reinforce(context(space))
    strategy.logits[:, 0] = 1000.0  # (0, 0, 0, 0) is not valid
    drawn = {strategy.ask().architecture for _ in range(50)}
    assert len(drawn) > 20
    assert all(architecture in space for architecture in drawn)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"learning_rate": 0.0}, "is 0.0; expected a number above 0"),
        ({"learning_rate": float("inf")}, "is inf; expected a number above 0"),
        ({"baseline_momentum": 1.0}, "is 1.0; expected a number 0 or more and below 1"),
        ({"baseline_momentum": -0.1}, "is -0.1; expected a number 0 or more"),
    ],
)
def test_wrong_settings_are_refused(context, settings, message):
    with pytest.raises(NasbenchError, match=message):
        partial(Reinforce, **settings)(context(SPACE))
