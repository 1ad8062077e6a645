"""ProxylessNAS and FBNet: two-path gradients, untouched shares, latency in the loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from nasbench.errors import NasbenchError
from nasbench.networks.cost import count_costs
from nasbench.networks.supernet.mixture import Mixture
from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.named_methods import find_method, make_settings
from strategies.weight_sharing.option_costs import fit_option_costs, option_costs
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.proxyless import pair_gradient, rescale_pairs
from strategies.weight_sharing.shared_weights import SharedWeights
from strategies.weight_sharing.supernet_search import SearchRequest, search
from strategies.weight_sharing.training_settings import TrainingSettings

RECIPE = Recipe(
    batch_size=32, channels=4, train_images=96, valid_images=64, test_images=50
)
TRAINING = TrainingSettings(epochs=2, estimate_images=64)


def problem(digits: Task, space: str) -> SearchProblem:
    return SearchProblem(make_space(space), RECIPE.cut(digits), RECIPE, 0)


def prepared(digits: Task, name: str, space: str = "cell201", **given) -> Method:
    kind = find_method(name)
    settings = make_settings(name, given)
    *streams, own = np.random.SeedSequence(1).spawn(5)
    shared = SharedWeights(
        problem(digits, space), TRAINING, kind.form(settings), streams
    )
    return kind(shared, settings, np.random.default_rng(own))


# ProxylessNAS


def test_a_step_of_two_paths_leaves_all_other_probabilities_as_they_were(
    digits: Task,
) -> None:
    method = prepared(digits, "proxyless", architecture_learning_rate=0.5)
    _, valid = next(method.shared.batches(0))
    seen = []
    draw = method.draw_pairs
    method.draw_pairs = lambda: seen.append(draw()) or seen[-1]
    for _ in range(4):
        before = method.alphas.softmax().detach().double()
        values = method.alphas.values.detach().clone()
        method.compete(next(valid))
        after = method.alphas.softmax().detach().double()
        pairs, _ = seen[-1]
        others = torch.ones_like(values, dtype=torch.bool).scatter_(1, pairs, False)
        now = method.alphas.values.detach()
        assert torch.equal(now[others], values[others])
        assert torch.allclose(after[others], before[others], atol=1e-6)
        assert (after - before).gather(1, pairs).abs().max() > 0.01


def test_the_gradient_of_a_pair_is_that_of_autograd_through_its_softmax() -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(4, 5, generator=generator, dtype=torch.float64)
    by_gates = torch.randn(4, 5, generator=generator, dtype=torch.float64)
    pairs = torch.tensor([[0, 3], [4, 1], [2, 0], [1, 2]])
    leaf = values.clone().requires_grad_()
    shares = leaf.gather(1, pairs).softmax(1)
    (shares * by_gates.gather(1, pairs)).sum().backward()
    assert torch.allclose(pair_gradient(values, pairs, by_gates), leaf.grad)


def test_shifting_a_pair_keeps_its_joint_share_and_its_odds() -> None:
    before = torch.tensor([[0.1, -0.4, 1.2, 0.3]], dtype=torch.float64)
    pairs = torch.tensor([[2, 0]])
    stepped = before.clone()
    stepped[0, 2] += 0.7
    stepped[0, 0] -= 0.7
    rescaled = stepped.clone()
    rescale_pairs(rescaled, before, pairs)
    assert torch.allclose(rescaled.softmax(1)[0, [1, 3]], before.softmax(1)[0, [1, 3]])
    odds = rescaled[0, 2] - rescaled[0, 0]
    assert torch.allclose(odds, stepped[0, 2] - stepped[0, 0])


def test_pairs_are_drawn_without_replacement_by_the_softmax(digits: Task) -> None:
    method = prepared(digits, "proxyless")
    shares = torch.tensor([0.5, 0.2, 0.15, 0.1, 0.05])
    with torch.no_grad():
        method.alphas.values.copy_(shares.log().expand(6, 5))
    counts, gates = np.zeros((5, 5)), np.zeros(5)
    for _ in range(500):
        pairs, gate = method.draw_pairs()
        for first, second in pairs.tolist():
            counts[first, second] += 1
        assert torch.equal(gate.sum(1), torch.ones(6))
        assert (gate.gather(1, pairs).sum(1) == 1).all()
        gates += gate.sum(0).numpy()
    p = shares.numpy().astype(float)
    expected = p[:, None] * p / (1 - p)[:, None]
    np.fill_diagonal(expected, 0)
    assert np.abs(counts / 3000 - expected).max() < 0.03
    # The gate of a pair is drawn by the pair's own softmax.
    joint = expected + expected.T
    odds = p[:, None] / (p[:, None] + p)
    np.fill_diagonal(odds, 0)
    assert np.abs(gates / 3000 - (joint * odds).sum(1)).max() < 0.03


def test_the_network_of_a_gate_is_the_gated_option_alone(digits: Task) -> None:
    method = prepared(digits, "proxyless")
    train, _ = next(method.shared.batches(0))
    pairs, gates = method.draw_pairs()
    active = tuple(tuple(sorted(pair)) for pair in pairs.tolist())
    supernet = method.shared.supernet
    both = supernet(train.images, Mixture(active, gates))
    taken = tuple(gates.argmax(1).tolist())
    assert torch.allclose(both, supernet(train.images, Mixture.path(taken)), atol=1e-5)


def test_only_weights_learn_while_proxyless_warms_up(digits: Task) -> None:
    method = prepared(digits, "proxyless", warm_up=0.5)
    first = method.parameters()
    for epoch, moves in enumerate([False, True]):
        method.begin_epoch(epoch)
        method.step(*next(method.shared.batches(epoch)))
        assert np.array_equal(first, method.parameters()) != moves


# Costs of options


def test_additive_costs_are_found_exactly() -> None:
    space, rng = make_space("chain"), np.random.default_rng(0)
    parts = rng.random((5, 5))
    drawn = [space.sample(rng) for _ in range(80)]
    costs = np.array([3 + sum(parts[d, o] for d, o in enumerate(a)) for a in drawn])
    costs[:3] = np.nan
    found = fit_option_costs(space, drawn, costs)
    assert np.allclose(found.parts, parts - parts.min(1, keepdims=True))
    assert found.fixed == pytest.approx(3 + parts.min(1).sum())
    assert found.explained == pytest.approx(1)
    assert found.of(drawn[0]) == pytest.approx(
        3 + sum(parts[d, o] for d, o in enumerate(drawn[0]))
    )
    with pytest.raises(
        NasbenchError, match=r"20 costs of chain are known; .* takes 21"
    ):
        fit_option_costs(space, drawn[3:23], costs[3:23])


@pytest.mark.parametrize("space", ["cell201-mini", "chain"])
def test_expected_costs_are_linear_and_exact_on_architectures(
    digits: Task, space: str
) -> None:
    costs = option_costs(problem(digits, space), "flops")
    searched, rng = make_space(space), np.random.default_rng(0)
    drawn = [searched.sample(rng) for _ in range(30)]
    rows = torch.zeros(2, searched.decisions, 5, dtype=torch.float64)
    for row, one in zip(rows, drawn, strict=False):
        row[range(searched.decisions), list(one)] = 1
        assert float(costs.expected(row)) == pytest.approx(costs.of(one))
    middle = float(costs.expected(rows.mean(0)))
    assert middle == pytest.approx((costs.of(drawn[0]) + costs.of(drawn[1])) / 2)
    assert costs.explained > 0.8


def test_costs_that_there_are_not_are_named(digits: Task, small_table_path) -> None:
    asked = problem(digits, "cell201-mini")
    with pytest.raises(
        NasbenchError, match="unknown cost 'flop'; did you mean 'flops'"
    ):
        option_costs(asked, "flop")
    with pytest.raises(NasbenchError, match="x86-ort-fp32 is measured; name a table"):
        option_costs(asked, "x86-ort-fp32")
    with pytest.raises(NasbenchError, match="unknown target 'x86-ort-fp32'"):
        option_costs(asked, "x86-ort-fp32", str(small_table_path))
    with pytest.raises(NasbenchError, match="is no table of chain"):
        option_costs(problem(digits, "chain"), "flops", str(small_table_path))


# FBNet


@pytest.mark.parametrize("space", ["cell201-mini", "chain"])
def test_without_latency_fbnet_is_snas_bit_for_bit(digits: Task, space: str) -> None:
    without = search(
        SearchRequest("fbnet", TRAINING, {"latency_weight": 0.0}, 2),
        problem(digits, space),
    )
    snas = search(SearchRequest("snas", TRAINING, {}, 2), problem(digits, space))
    for name in ("architectures", "parameters", "estimates", "sampled_estimates"):
        assert np.array_equal(getattr(without, name), getattr(snas, name)), name
    with_it = search(SearchRequest("fbnet", TRAINING, {}, 2), problem(digits, space))
    assert not np.array_equal(with_it.parameters, snas.parameters)


@pytest.mark.parametrize("space", ["cell201", "chain"])
@pytest.mark.parametrize("cost", ["flops", "sim-roofline-phoneclass"])
def test_where_latency_is_all_the_cheapest_architecture_is_found(
    digits: Task, space: str, cost: str
) -> None:
    """The network's loss is replaced by one that wants every last option."""
    method = prepared(
        digits,
        "fbnet",
        space,
        cost=cost,
        latency_weight=1e6,
        architecture_learning_rate=0.02,
    )
    shared = method.shared
    shared.loss = lambda batch, mixture: -mixture.weights[:, -1].sum()
    shared.update = lambda loss: loss.item()
    method.temperature = 2.0
    for _ in range(400):
        method.step(None, iter([None]))
    found = method.choose(method.rng, last=True)
    assert method.costs.of(found) == pytest.approx(method.costs.fixed)
    problem_of, skeleton = shared.problem, RECIPE.skeleton((1, 12, 12), 10)
    rng = np.random.default_rng(0)
    others = [problem_of.space.sample(rng) for _ in range(300)]
    flops = [count_costs(problem_of.space, one, skeleton).flops for one in others]
    assert count_costs(problem_of.space, found, skeleton).flops <= min(flops)
    # Without latency the same loss ends at the last options.
    free = prepared(
        digits, "fbnet", space, latency_weight=0, architecture_learning_rate=0.02
    )
    free.shared.loss, free.shared.update = shared.loss, shared.update
    free.temperature = 2.0
    for _ in range(200):
        free.step(None, iter([None]))
    assert free.choose(free.rng, last=True) == (4,) * len(found)


def test_a_search_for_latency_alone_ends_at_the_cheapest(digits: Task) -> None:
    asked = problem(digits, "cell201-mini")
    settings = {"latency_weight": 1e6, "architecture_learning_rate": 0.1}
    training = replace(TRAINING, epochs=12)
    found = search(SearchRequest("fbnet", training, settings), asked).found
    skeleton = RECIPE.skeleton(asked.task.shape, asked.task.classes)
    flops = {one: count_costs(asked.space, one, skeleton).flops for one in asked.space}
    assert flops[found] == min(flops.values())
