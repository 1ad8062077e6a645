"""Learned starts and learned descent: what they are before they learned anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from search_with import search_with
from torch import nn

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe, default_recipe
from strategies.meta_learning.candidate_training import CandidateTraining, adam, sgd
from strategies.meta_learning.learned_optimiser import (
    SCALARS,
    SIZE,
    LearnedOptimiser,
    Rule,
    untrained,
)
from strategies.meta_learning.meta_training import (
    FAILED_LOSS,
    MetaTrainingSettings,
    meta_loss,
    meta_train,
)
from strategies.meta_learning.reptile import Reptile, ReptileSettings
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.random_sharing import RandomSharing
from strategies.weight_sharing.shared_weights import SharedWeights
from strategies.weight_sharing.training_settings import TrainingSettings

RECIPE = Recipe(
    batch_size=16, channels=2, train_images=96, valid_images=64, test_images=50
)
TRAINING = TrainingSettings(epochs=2, estimate_images=64)
CELL = (3, 1, 2)


def problem(digits: Task, space: str = "cell201-mini") -> SearchProblem:
    return SearchProblem(make_space(space), RECIPE.cut(digits), RECIPE, 0)


# Reptile


@pytest.mark.parametrize("space", ["cell201-mini", "chain"])
def test_one_inner_step_at_full_rate_is_random_sharing_bit_for_bit(
    digits: Task, space: str
) -> None:
    settings = ReptileSettings(1, 1.0, candidates=4, candidates_before=2)
    reptile = search_with(Reptile, problem(digits, space), TRAINING, settings, 3)
    plain = search_with(
        RandomSharing,
        problem(digits, space),
        TRAINING,
        RandomSharing.Settings(candidates=4, candidates_before=2),
        3,
    )
    assert np.array_equal(reptile.architectures, plain.architectures)
    assert np.array_equal(reptile.sampled_estimates, plain.sampled_estimates)


def test_equal_seeds_give_equal_bits_and_touch_no_global_generator(
    digits: Task,
) -> None:
    state = torch.random.get_rng_state()
    settings = ReptileSettings(candidates=4, candidates_before=2)
    first, again = (
        search_with(Reptile, problem(digits), TRAINING, settings, 3) for _ in range(2)
    )
    assert torch.equal(torch.random.get_rng_state(), state)
    assert first.status is Status.COMPLETE
    assert first.equals(again)


def test_the_first_weights_go_their_part_of_the_way(digits: Task) -> None:
    def weights_after(outer_rate: float) -> tuple[list, list]:
        streams = np.random.SeedSequence(1).spawn(4)
        shared = SharedWeights(problem(digits), TRAINING, Reptile.form(None), streams)
        settings = ReptileSettings(inner_steps=3, outer_rate=outer_rate)
        method = Reptile(shared, settings, np.random.default_rng(0))
        before = [w.detach().clone() for w in shared.supernet.parameters()]
        batches = shared.batches(0)
        for _ in range(3):
            method.step(*next(batches))
        return before, [w.detach().clone() for w in shared.supernet.parameters()]

    start, adapted = weights_after(1.0)
    _, followed = weights_after(0.25)
    assert any(not torch.equal(a, b) for a, b in zip(start, adapted, strict=True))
    for a, b, c in zip(start, adapted, followed, strict=True):
        assert torch.allclose(c, a + 0.25 * (b - a), atol=1e-6)


def test_a_search_whose_loss_is_not_finite_is_a_recorded_failure(
    digits: Task,
) -> None:
    training = TrainingSettings(epochs=2, learning_rate=1e30, clip=1e20)
    trace = search_with(Reptile, problem(digits), training, ReptileSettings())
    assert trace.status is Status.FAILED


def test_settings_out_of_range_are_named() -> None:
    with pytest.raises(NasbenchError, match=r"outer_rate is 1\.5; expected"):
        ReptileSettings(outer_rate=1.5)
    with pytest.raises(NasbenchError, match="inner_steps is 0"):
        ReptileSettings(inner_steps=0)
    with pytest.raises(NasbenchError, match="pairs is 0"):
        MetaTrainingSettings(pairs=0)
    with pytest.raises(NasbenchError, match=r"deviation is 0\.0; expected"):
        MetaTrainingSettings(deviation=0.0)


# The learned optimiser


def test_a_rule_that_learned_nothing_is_adam(digits: Task) -> None:
    rng = np.random.default_rng(0)
    target = torch.from_numpy(rng.standard_normal((6, 5)).astype(np.float32))

    def trained(make) -> list[torch.Tensor]:
        weights = [nn.Parameter(torch.ones(6, 5)), nn.Parameter(torch.ones(5))]
        optimiser = make(weights)
        for step in range(30):
            loss = ((weights[0] * weights[1] - target) ** 2).sum()
            gradients = torch.autograd.grad(loss, weights)
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.grad = gradient
            optimiser.step(step / 30)
        return [weight.detach() for weight in weights]

    rule = untrained(0.03)
    mine = trained(rule.optimiser)
    for a, b in zip(mine, trained(adam(0.03)), strict=True):
        assert not torch.allclose(a, torch.ones_like(a), atol=0.1)
        assert torch.allclose(a, b, atol=1e-5)
    training = CandidateTraining(problem(digits))
    losses = [
        training.losses(training.network(CELL, 1), make, 1, 4)
        for make in (rule.optimiser, adam(0.03))
    ]
    assert np.allclose(*losses, atol=1e-3)


def test_every_learned_number_changes_the_step(digits: Task) -> None:
    rng = np.random.default_rng(0)
    base = Rule(rng.standard_normal(SIZE) / 3)

    def moved(rule: Rule) -> torch.Tensor:
        weights = [nn.Parameter(torch.ones(4, 3)), nn.Parameter(torch.ones(5))]
        optimiser = LearnedOptimiser(rule, weights)
        draws = np.random.default_rng(1)
        for progress in (0.0, 0.3, 0.6):
            for weight in weights:
                drawn = draws.standard_normal(tuple(weight.shape))
                weight.grad = torch.from_numpy(drawn.astype(np.float32))
            optimiser.step(progress)
        return torch.cat([w.detach().reshape(-1) for w in weights])

    reference = moved(base)
    for number in range(SIZE):
        changed = base.values.copy()
        changed[number] += 1.0
        assert not torch.equal(moved(replace(base, values=changed)), reference), number


def test_the_learned_scalars_are_what_they_are_called() -> None:
    values = untrained().values
    values[0] = np.log(2)
    double = LearnedOptimiser(Rule(values, 0.003), [nn.Parameter(torch.ones(2))])
    plain = LearnedOptimiser(untrained(0.006), [nn.Parameter(torch.ones(2))])
    for optimiser in (double, plain):
        optimiser.weights[0].grad = torch.tensor([0.5, -2.0])
        optimiser.step(0.0)
    assert torch.allclose(double.weights[0], plain.weights[0], atol=1e-7)
    assert SCALARS == 3
    with pytest.raises(NasbenchError, match="has 101 numbers"):
        Rule(np.zeros(7))


def test_meta_training_is_the_same_for_equal_seeds(digits: Task) -> None:
    state = torch.random.get_rng_state()
    training = CandidateTraining(problem(digits))
    settings = MetaTrainingSettings(iterations=2, pairs=1, steps=3)
    first, again = (meta_train(training, [CELL], settings, 3) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert np.array_equal(first.rule.values, again.rule.values)
    assert np.array_equal(first.losses, again.losses)
    assert not np.array_equal(first.rule.values, untrained().values)


def test_a_rule_that_blows_up_costs_the_same_as_any_failure(digits: Task) -> None:
    training = CandidateTraining(problem(digits))
    values = untrained().values
    values[0] = 60.0  # a learning rate of 3e23
    assert meta_loss(training, CELL, Rule(values), (0, 6)) == FAILED_LOSS
    course = training.train(
        training.network(CELL, 0),
        Rule(values).optimiser,
        0,
        6,
    )
    assert course.accuracy is None
    assert len(course.losses) < 6


class Valley:
    """Trains one vector down a steep quadratic; stands for trainings of networks."""

    def network(self, architecture: object, seed: int) -> nn.Module:
        drawn = np.random.default_rng(seed).standard_normal((1, 6))
        network = nn.Linear(6, 1, bias=False)
        network.weight.data.copy_(torch.from_numpy(drawn))
        return network

    def losses(self, network: nn.Module, make, seed: int, steps: int) -> np.ndarray:
        optimiser, found = make(network.parameters()), []
        for step in range(steps):
            loss = (network.weight * torch.arange(1.0, 7.0)).square().sum()
            (network.weight.grad,) = torch.autograd.grad(loss, network.weight)
            optimiser.step(step / steps)
            found.append(loss.item())
        return np.minimum(np.array(found), 100) / 20


def test_meta_training_finds_a_learning_rate_that_was_far_too_small() -> None:
    settings = MetaTrainingSettings(
        iterations=25, pairs=4, steps=15, deviation=0.1, meta_rate=0.1,
        learning_rate=0.01,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        training = Valley()
        learned = meta_train(training, [CELL], settings, 0)
        unseen = [(seed, 15) for seed in range(100, 110)]
        before, after = (
            np.mean([meta_loss(training, CELL, rule, one) for one in unseen])
            for rule in (untrained(0.01), learned.rule)
        )
    assert learned.rule.values[0] > 0.5  # the learned logarithm of the rate's factor
    assert after < 0.5 * before


def test_equal_seeds_show_equal_images_to_all_optimisers(digits: Task) -> None:
    training = CandidateTraining(problem(digits))
    first = [
        training.losses(training.network(CELL, 4), make, 4, 1)[0]
        for make in (sgd(0.1), sgd(0.01), adam(0.1))
    ]
    assert first[0] == first[1] == first[2]
    again = training.losses(training.network(CELL, 4), sgd(0.1), 4, 9)
    assert np.array_equal(
        again, training.losses(training.network(CELL, 4), sgd(0.1), 4, 9)
    )
    assert len(again) == 9  # more than the 6 of one epoch


@pytest.mark.slow
def test_a_learned_start_is_ahead_of_a_random_one_after_an_epoch(digits: Task) -> None:
    space = make_space("cell201-mini")
    recipe = default_recipe(space.name)
    task = SearchProblem(space, recipe.cut(digits), recipe, 0)
    streams = np.random.SeedSequence(0).spawn(4)
    settings = TrainingSettings(epochs=8)
    shared = SharedWeights(task, settings, Reptile.form(None), streams)
    method = Reptile(shared, ReptileSettings(), np.random.default_rng(0))
    for epoch in range(settings.epochs):
        for train, valid in shared.batches(epoch):
            method.step(train, valid)
        method.end_epoch(valid)
    training = CandidateTraining(task)
    gains = []
    for architecture in [(3, 3, 3), (2, 1, 3), (1, 2, 2), (3, 4, 1), (1, 3, 1)]:
        accuracies = []
        for learned in (True, False):
            network = training.network(architecture, 7)
            if learned:
                shared.supernet.inherit(network, architecture)
            course = training.train(network, sgd(0.1), 7, training.steps)
            accuracies.append(course.accuracy)
        gains.append(accuracies[0] - accuracies[1])
    assert np.mean(gains) > 0.01
