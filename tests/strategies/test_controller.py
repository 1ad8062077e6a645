"""The recurrent controller: its gradients, its draws, and what is learned with it."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from scipy.stats import chisquare

from nasbench.testing import ToyBenchmark, ToySpace, context_of, play
from strategies.networks_in_numpy.controller import Controller, policy_gradient
from strategies.reinforcement.actor_critic import ActorCritic
from strategies.reinforcement.ppo import PPO, clipped_weights
from strategies.reinforcement.rnn_reinforce import RnnReinforce

SPACE = ToySpace((2, 3, 1, 2))
EVERYTHING = list(SPACE)


def controller(seed=0, hidden=4, spread=0.8):
    made = Controller(SPACE.radices, hidden, np.random.default_rng(seed))
    size = len(made.weights.vector)
    made.weights.vector[:] = np.random.default_rng(seed + 1).normal(0, spread, size)
    return made


def probabilities(made):
    return np.exp(made.read(EVERYTHING).taken().sum(axis=0))


def slopes(made, number_of):
    """Return central differences of a number by every weight."""
    vector = made.weights.vector
    found = np.empty_like(vector)
    for place in range(len(vector)):
        kept = vector[place]
        vector[place] = kept + 1e-5
        up = number_of(made)
        vector[place] = kept - 1e-5
        found[place] = (up - number_of(made)) / 2e-5
        vector[place] = kept
    return found


def test_the_probabilities_of_all_architectures_sum_to_one():
    assert probabilities(controller()).sum() == pytest.approx(1)


def test_later_decisions_depend_on_earlier_ones():
    logs = controller().read(EVERYTHING).log_probabilities
    last = np.exp(logs[3, :, 0])
    assert last.std() > 0.001
    first = np.exp(logs[0, :, 0])
    assert np.ptp(first) < 1e-12


def test_draws_follow_the_probabilities():
    made, rng = controller(), np.random.default_rng(5)
    drawn = np.zeros(SPACE.size)
    for _ in range(4000):
        drawn[SPACE.index(made.draw(rng))] += 1
    assert chisquare(drawn, 4000 * probabilities(made)).pvalue > 1e-3


@pytest.mark.parametrize("baseline", [0.0, 0.4])
def test_the_expected_step_is_the_gradient_of_the_expected_reward(baseline):
    made = controller()
    rewards = np.sin([3 * a[0] + a[1] ** 2 + 2 * a[1] * a[3] for a in EVERYTHING])
    reading = made.read(EVERYTHING)
    weights = probabilities(made) * (rewards - baseline)
    by_logits = policy_gradient(reading, np.tile(weights, (4, 1)), entropy=0.0)
    expected = made.gradient(reading, by_logits, np.zeros_like(reading.values))
    exact = slopes(made, lambda one: probabilities(one) @ rewards)
    np.testing.assert_allclose(expected, exact, atol=1e-8)


def test_values_and_entropy_have_the_gradients_of_finite_differences():
    made = controller()
    reading = made.read(EVERYTHING)
    by_logits = policy_gradient(reading, np.zeros_like(reading.values), entropy=0.7)
    found = made.gradient(reading, by_logits, 0.3 * reading.values)

    def number_of(one):
        read = one.read(EVERYTHING)
        chances = np.exp(read.log_probabilities)
        logs = np.where(chances > 0, read.log_probabilities, 0)
        return 0.15 * (read.values**2).sum() - 0.7 * (chances * logs).sum()

    np.testing.assert_allclose(found, slopes(made, number_of), atol=1e-7)


def test_forward_and_backward_are_those_of_torch():
    torch = pytest.importorskip("torch", reason="the oracle is torch's LSTM")
    made, hidden = controller(hidden=8), 8
    arrays = {
        name: torch.tensor(array.copy(), requires_grad=True)
        for name, array in made.weights.arrays().items()
    }
    reading = made.read(EVERYTHING)
    # torch has the gates in the order input, forget, candidate, output.
    order = np.r_[0 : 2 * hidden, 3 * hidden : 4 * hidden, 2 * hidden : 3 * hidden]
    cell = torch.nn.LSTMCell(hidden // 2, hidden).double()
    state = (torch.zeros(SPACE.size, hidden).double(),) * 2
    total = 0.0
    rows = np.zeros(SPACE.size, int)
    offsets = np.cumsum((1, *SPACE.radices))
    options = np.array(EVERYTHING)
    for decision, radix in enumerate(SPACE.radices):
        named = {
            "weight_ih": arrays["from_input"].T[order],
            "weight_hh": arrays["from_hidden"].T[order],
            "bias_ih": arrays["gate_bias"][order],
            "bias_hh": torch.zeros(4 * hidden).double(),
        }
        read = arrays["embedding"][rows]
        state = torch.func.functional_call(cell, named, (read, state))
        logits = state[0] @ arrays["heads"][decision] + arrays["head_bias"][decision]
        logs = torch.log_softmax(logits[:, :radix], dim=1)
        ours = reading.log_probabilities[decision]
        np.testing.assert_allclose(ours[:, :radix], logs.detach(), atol=1e-12)
        assert (ours[:, radix:] == -np.inf).all()
        chosen = options[:, decision]
        total = total + logs[np.arange(SPACE.size), chosen].sum()
        rows = chosen + offsets[decision]
    total.backward()
    by_logits = policy_gradient(reading, np.ones_like(reading.values), entropy=0.0)
    found = made.gradient(reading, by_logits, np.zeros_like(reading.values))
    theirs = [
        np.zeros(array.shape) if array.grad is None else array.grad.numpy()
        for array in arrays.values()
    ]
    flat = np.concatenate([one.ravel() for one in theirs])
    np.testing.assert_allclose(found, flat, atol=1e-11)


def test_actor_critic_with_the_average_as_its_critic_is_reinforce():
    toy = ToyBenchmark(ToySpace((3, 4, 2)), failures=0.2)
    settings = {"learning_rate": 0.02, "entropy": 0.05, "hidden": 8}
    one = RnnReinforce(context_of(toy), **settings)
    other = ActorCritic(context_of(toy), critic="average", **settings)
    assert play(one, toy, 60) == play(other, toy, 60)
    ours, theirs = (each.controller.weights.vector for each in (one, other))
    np.testing.assert_array_equal(ours, theirs)


def test_the_critic_learns_what_prefixes_are_worth(array_benchmark, context):
    # The first decision alone decides: after it, the reward is known.
    rewards = np.array([float(a[0]) for a in SPACE])
    strategy = ActorCritic(context(SPACE), learning_rate=0.02, entropy=5.0, hidden=16)
    play(strategy, array_benchmark(SPACE, rewards), 600)
    values = strategy.controller.read(EVERYTHING).values
    good, bad = (values[1:, rewards == reward].mean(axis=1) for reward in (1, 0))
    expected = (np.array([1, 0]) - strategy.rewards.mean) / strategy.rewards.deviation
    np.testing.assert_allclose(good, expected[0], atol=0.35)
    np.testing.assert_allclose(bad, expected[1], atol=0.35)
    assert abs(values[0, 0]) < 0.35


def test_the_first_epoch_of_ppo_has_the_gradient_of_reinforce():
    strategy = PPO(context_of(ToyBenchmark(SPACE)), entropy=0.0)
    strategy.controller = controller()
    reading = strategy.controller.read(EVERYTHING)
    advantages = np.random.default_rng(0).normal(size=reading.values.shape)
    targets = np.zeros(SPACE.size)
    found = strategy._gradient(reading, reading.taken(), advantages, targets)
    exact = policy_gradient(reading, advantages, entropy=0.0) / SPACE.size
    of_critic = -0.5 * reading.values / SPACE.size
    expected = strategy.controller.gradient(reading, exact, of_critic)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_later_epochs_of_ppo_climb_the_clipped_objective():
    strategy = PPO(context_of(ToyBenchmark(SPACE)), entropy=0.0)
    strategy.CRITIC_WEIGHT = 0.0
    strategy.controller = controller()
    rng = np.random.default_rng(1)
    old = strategy.controller.read(EVERYTHING).taken()
    old = old + rng.normal(0, 0.3, old.shape)
    advantages = rng.normal(size=old.shape)

    def objective(one):
        ratios = np.exp(one.read(EVERYTHING).taken() - old)
        clipped = np.clip(ratios, 0.8, 1.2)
        return np.minimum(ratios * advantages, clipped * advantages).sum() / SPACE.size

    reading = strategy.controller.read(EVERYTHING)
    found = strategy._gradient(reading, old, advantages, np.zeros(SPACE.size))
    exact = slopes(strategy.controller, objective)
    np.testing.assert_allclose(found, exact, atol=1e-8)


def test_a_ratio_beyond_the_range_stops_a_step_only_in_its_own_direction():
    ratios = np.array([1.3, 1.3, 0.7, 0.7, 1.1])
    advantages = np.array([2.0, -2.0, 2.0, -2.0, 1.0])
    found = clipped_weights(ratios, advantages, clip=0.2)
    np.testing.assert_allclose(found, [0.0, -2.6, 1.4, 0.0, 1.1])


def test_ppo_remembers_what_late_outcomes_were_drawn_with():
    toy = ToyBenchmark(ToySpace((5, 5, 5, 5)))
    strategy = PPO(context_of(toy), batch_size=5, minibatches=1)
    late = strategy.ask()
    before = strategy.controller.read([late.architecture]).taken()[:, 0]
    play(strategy, toy, 10)
    restored = PPO(context_of(toy), batch_size=5, minibatches=1)
    restored.restore(strategy.state())
    restored.tell(late, toy.evaluate(late.architecture))
    episode = restored.batch[-1]
    np.testing.assert_array_equal(episode.log_probabilities, before)
    now = restored.controller.read([late.architecture]).taken()[:, 0]
    assert not np.allclose(now, before)


@pytest.mark.parametrize("kl_limit, epochs", [(1e-9, 1), (1000, 7)])
def test_ppo_ends_a_round_when_the_policy_has_moved_far_enough(kl_limit, epochs):
    toy = ToyBenchmark(ToySpace((3, 4, 2)))
    strategy = PPO(
        context_of(toy), batch_size=6, minibatches=3, epochs=7, kl_limit=kl_limit
    )
    play(strategy, toy, 6)
    assert strategy.adam.steps == 3 * epochs


@pytest.mark.parametrize(
    "factory",
    [
        partial(RnnReinforce, hidden=8),
        partial(ActorCritic, hidden=8),
        partial(PPO, batch_size=5, minibatches=1),
    ],
)
def test_the_unit_of_the_reward_does_not_matter(factory, array_benchmark, context):
    accuracies = np.random.default_rng(0).random(SPACE.size)
    runs = []
    for scale, shift in ((1, 0), (64, 0), (1, 5)):
        strategy = factory(context(SPACE))
        told = play(strategy, array_benchmark(SPACE, scale * accuracies + shift), 60)
        runs.append([proposal for proposal, _ in told])
    assert runs[1] == runs[0]
    assert runs[2] == runs[0]


def test_equal_rewards_teach_a_policy_nothing(array_benchmark, context):
    for factory in (RnnReinforce, ActorCritic, PPO):
        strategy = factory(context(SPACE))
        before = strategy.controller.weights.vector.copy()
        play(strategy, array_benchmark(SPACE, np.full(SPACE.size, 0.5)), 45)
        np.testing.assert_array_equal(strategy.controller.weights.vector, before)
        assert math.isclose(strategy.rewards.mean, 0.5)
