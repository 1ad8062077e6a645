"""What weight-sharing methods claim: exact draws, exact weights, true gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch.distributions import Dirichlet

from nasbench.networks.supernet.mixture import Mixture
from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe
from strategies.weight_sharing.drnas import dirichlet_sample
from strategies.weight_sharing.gumbel import soft_sample, straight_through
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.named_methods import find_method, make_settings
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.shared_weights import SharedWeights
from strategies.weight_sharing.training_settings import TrainingSettings
from strategies.weight_sharing.unrolled import unrolled_gradient

RECIPE = Recipe(
    batch_size=32, channels=4, train_images=96, valid_images=64, test_images=50
)


def prepared(digits: Task, name: str, space: str = "cell201", **given) -> Method:
    kind = find_method(name)
    settings = make_settings(name, given)
    *streams, own = np.random.SeedSequence(1).spawn(5)
    task = SearchProblem(make_space(space), RECIPE.cut(digits), RECIPE, 0)
    training = TrainingSettings(epochs=4)
    shared = SharedWeights(task, training, kind.form(settings), streams)
    return kind(shared, settings, np.random.default_rng(own))


# Gumbel draws


@pytest.mark.parametrize("space", ["cell201", "chain"])
def test_the_forward_value_of_gdas_is_the_drawn_architecture_exactly(
    digits: Task, space: str
) -> None:
    method = prepared(digits, "gdas", space)
    train, _ = next(method.shared.batches(0))
    for temperature in (10.0, 1.0, 0.1):
        method.temperature = temperature
        drawn = method.draw()
        rows = drawn.weights.detach()
        assert set(rows.unique().tolist()) == {0.0, 1.0}
        assert torch.equal(rows.sum(1), torch.ones(len(rows)))
        taken = tuple(options[0] for options in drawn.active)
        assert rows.argmax(1).tolist() == list(taken)
        supernet = method.shared.supernet
        given = supernet(train.images, drawn)
        # Zero weights rather than a path: same edges, same order, same bits.
        fixed = Mixture.sampled(rows, taken)
        assert torch.equal(given, supernet(train.images, fixed))
        path = supernet(train.images, Mixture.path(taken))
        assert torch.allclose(given, path, atol=1e-5)


def test_every_option_learns_from_a_gdas_draw(digits: Task) -> None:
    method = prepared(digits, "gdas")
    train, _ = next(method.shared.batches(0))
    method.temperature = 5.0
    gradient = method.gradient(method.shared.loss(train, method.draw()))
    # Edges that carry nothing to the output, or nothing in, may have no gradient.
    assert (gradient != 0).all(1).sum() >= 3
    assert torch.allclose(gradient.sum(1), torch.zeros(6), atol=1e-6)


def test_straight_through_passes_the_gradient_on_unchanged() -> None:
    soft = torch.tensor([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]], requires_grad=True)
    hard = straight_through(soft)
    assert hard.tolist() == [[0, 1, 0], [1, 0, 0]]
    weight = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    (hard * weight).sum().backward()
    assert torch.equal(soft.grad, weight)


def test_gumbel_draws_follow_the_softmax() -> None:
    logits = torch.tensor([[1.0, 0.0, -1.0, 0.5]])
    rng = np.random.default_rng(0)
    counts = np.zeros(4)
    for _ in range(4000):
        counts[int(soft_sample(logits, 0.7, rng).argmax())] += 1
    expected = 4000 * logits.softmax(1)[0].numpy().astype(float)
    assert (
        stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue > 1e-3
    )


def test_temperatures_sharpen_draws_from_epoch_to_epoch(digits: Task) -> None:
    method = prepared(digits, "snas", first_temperature=8, last_temperature=0.5)
    sharpness = []
    for epoch in range(4):
        method.begin_epoch(epoch)
        draws = torch.stack([method.draw().detach() for _ in range(30)])
        assert torch.allclose(draws.sum(2), torch.ones(30, 6))
        sharpness.append(float(draws.max(2).values.mean()))
    assert method.temperature == 0.5
    assert sharpness == sorted(sharpness)


# Second order


def toy(alpha: torch.Tensor, weight: torch.Tensor):
    """Return two losses that are neither quadratic nor separable."""
    x, y = torch.linspace(-1, 1, 7), torch.linspace(0.3, -0.8, 7)

    def training() -> torch.Tensor:
        mixed = alpha.softmax(0) * torch.stack((weight[0].sin(), weight[1] ** 2))
        return ((mixed.sum() * x + weight[0] * weight[1] - x**2) ** 2).mean()

    def validation() -> torch.Tensor:
        mixed = alpha.softmax(0) @ torch.stack((weight[0], weight[1].exp()))
        return ((mixed * y + weight[0] - y) ** 2).mean()

    return training, validation


def test_the_unrolled_gradient_is_that_of_autograd_to_a_hundredth() -> None:
    alpha = torch.tensor([0.4, -0.7], dtype=torch.float64, requires_grad=True)
    weight = torch.tensor([0.8, -0.6], dtype=torch.float64, requires_grad=True)
    momentum, step = torch.tensor([0.05, -0.1], dtype=torch.float64), 0.3

    def directions(gradients):
        return [gradients[0] + 0.9 * momentum + 0.01 * weight]

    given = unrolled_gradient(alpha, [weight], toy(alpha, weight), directions, step)

    training, _ = toy(alpha, weight)
    (gradient,) = torch.autograd.grad(training(), weight, create_graph=True)
    ahead = weight - step * (gradient + 0.9 * momentum + 0.01 * weight)
    _, validation = toy(alpha, ahead)
    (exact,) = torch.autograd.grad(validation(), alpha)
    assert (given - exact).norm() < 0.01 * exact.norm()
    first_order = torch.autograd.grad(toy(alpha, weight)[1](), alpha)[0]
    assert (first_order - exact).norm() > 0.1 * exact.norm(), "the toy tells them apart"


def test_looking_ahead_puts_the_weights_back_bit_for_bit(digits: Task) -> None:
    method = prepared(digits, "darts-second")
    batches = method.shared.batches(0)
    method.step(*next(batches))  # fills the momentum
    before = [p.detach().clone() for p in method.shared.supernet.parameters()]
    descended, method.alphas.descend = [], lambda gradient: descended.append(gradient)
    method.shared.update = lambda loss: loss.item()
    method.step(*next(batches))
    after = method.shared.supernet.parameters()
    assert all(torch.equal(a, b) for a, b in zip(after, before, strict=True))
    assert descended[0].abs().max() > 0


def test_weights_are_back_even_after_an_error() -> None:
    alpha, weight = (
        torch.zeros(2, requires_grad=True),
        torch.ones(3, requires_grad=True),
    )

    def broken() -> torch.Tensor:
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        unrolled_gradient(
            alpha, [weight], (lambda: weight.sum(), broken), list, step=0.1
        )
    assert torch.equal(weight, torch.ones(3))


def test_without_a_step_the_second_order_is_the_first(digits: Task) -> None:
    method = prepared(digits, "darts-second")
    train, valid = next(method.shared.batches(0))
    ahead = next(valid)
    losses = (
        lambda: method.shared.loss(train, method.mixture()),
        lambda: method.shared.loss(ahead, method.mixture()),
    )
    weights = list(method.shared.supernet.parameters())
    looked = unrolled_gradient(
        method.alphas.values, weights, losses, method.directions, step=0.0
    )
    assert torch.equal(looked, method.gradient(losses[1]()))


# Partial channels, Dirichlet draws


def test_edge_weights_of_a_node_sum_to_one(digits: Task) -> None:
    method = prepared(digits, "pc-darts")
    with torch.no_grad():
        method.betas.copy_(torch.tensor([2.0, 0.5, -1.0, 0.1, 0.2, 3.0]))
    weights = method.edge_weights().detach()
    expected = torch.cat([b.softmax(0) for b in method.betas.detach().split([1, 2, 3])])
    assert torch.allclose(weights, expected)


def test_architecture_parameters_of_pc_darts_are_frozen_at_first(digits: Task) -> None:
    method = prepared(digits, "pc-darts", frozen=0.5)
    before = method.parameters()
    for epoch, moves in enumerate([False, False, True]):
        method.begin_epoch(epoch)
        method.step(*next(method.shared.batches(epoch)))
        assert np.array_equal(before, method.parameters()) != moves


def test_dirichlet_draws_have_the_law_and_the_derivative_of_torchs() -> None:
    concentration = torch.tensor([0.8, 2.0, 1.5], dtype=torch.float64)
    rng = np.random.default_rng(3)
    draws = torch.stack([dirichlet_sample(concentration, rng) for _ in range(3000)])
    law = Dirichlet(concentration)
    assert torch.allclose(draws.mean(0), law.mean, atol=0.02)
    assert torch.allclose(draws.var(0), law.variance, atol=0.01)
    # Pathwise: the mean of the derivatives is the derivative of the mean.
    leaf = concentration.clone().requires_grad_()
    weight = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    sampled = torch.stack([dirichlet_sample(leaf, rng) for _ in range(3000)])
    (given,) = torch.autograd.grad((sampled @ weight).mean(), leaf)
    (exact,) = torch.autograd.grad(weight @ (leaf / leaf.sum()), leaf)
    assert torch.allclose(given, exact, atol=0.03)


# ENAS


def test_the_controller_of_enas_learns_what_is_rewarded(digits: Task) -> None:
    method = prepared(digits, "enas", controller_learning_rate=0.02)
    for _ in range(60):
        drawn = [method.draw(method.rng) for _ in range(20)]
        method.reinforce(drawn, [sum(o == 3 for o in one) / 6 for one in drawn])
    drawn = [method.draw(method.rng) for _ in range(50)]
    share = np.mean([o == 3 for one in drawn for o in one])
    assert share > 0.8  # one in five by chance; a wrong sign goes to 0


def test_a_first_reward_above_nothing_moves_nothing(digits: Task) -> None:
    method = prepared(digits, "enas", entropy=0)
    before = method.controller.weights.vector.copy()
    method.reinforce([(1, 2, 3, 4, 0, 1)] * 3, [0.5] * 3)
    assert np.array_equal(before, method.controller.weights.vector)
    method.reinforce([(1, 2, 3, 4, 0, 1)] * 3, [0.6] * 3)
    assert not np.array_equal(before, method.controller.weights.vector)
