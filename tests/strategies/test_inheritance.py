"""Inherited weights keep the function; hill climbing by them learns."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from search_with import search_with
from torch import nn

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton
from nasbench.networks.network import build_network
from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.training.initialisation import initialise
from nasbench.training.recipe import Recipe
from strategies.inheritance.deepening import deepened
from strategies.inheritance.layer_morphism import enlarged, replicated
from strategies.inheritance.morphism_search import MorphismSearch, MorphismSettings
from strategies.inheritance.morphisms import grown, morph, smallest
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.shared_weights import SharedWeights
from strategies.weight_sharing.training_settings import TrainingSettings

SKELETON = Skeleton(1, 12, 12, 10, 4, 1)
CHAIN, CELL = make_space("chain"), make_space("cell201")
RECIPE = Recipe(
    batch_size=32, channels=4, train_images=96, valid_images=64, test_images=50
)
TOLERANCE = 1e-5


def images(count: int = 40, seed: int = 0) -> torch.Tensor:
    drawn = np.random.default_rng(seed).standard_normal((count, 1, 12, 12))
    return torch.from_numpy(drawn.astype(np.float32))


def network_of(space, architecture, seed: int = 0) -> nn.Module:
    network = build_network(space, architecture, SKELETON)
    initialise(network, np.random.default_rng(seed))
    return network


def trained(space, architecture) -> nn.Module:
    """Return a network in which no batch norm is trivial."""
    network = network_of(space, architecture)
    with torch.no_grad():  # running statistics
        network(images())
    rng = np.random.default_rng(8)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            for values in (part.weight, part.bias):
                drawn = rng.uniform(0.3, 1.5, len(values)).astype(np.float32)
                values.data.copy_(torch.from_numpy(drawn))
    return network


def greatest_difference(a: nn.Module, b: nn.Module) -> float:
    with torch.no_grad():
        return float((a(images(seed=99)) - b(images(seed=99))).abs().max())


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("space, seed", [(s, r) for s in (CHAIN, CELL) for r in (0, 1)])
def test_every_single_change_keeps_the_function(space, seed, training) -> None:
    rng = np.random.default_rng(seed)
    parent = smallest(space)
    for _ in range(2):  # some way up, so that there is more to copy
        ways = grown(space, parent)
        parent = ways[rng.integers(len(ways))]
    old = trained(space, parent).train(training)
    for child in grown(space, parent):
        new = network_of(space, child, seed=7).train(training)
        assert greatest_difference(old, new) > 0.01
        morph(space, (parent, old), (child, new), rng)
        assert greatest_difference(old, new) < TOLERANCE


def test_a_branch_into_a_node_that_was_dead_changes_nothing() -> None:
    # Edges (0,1) none, (1,3) 3x3: node 1 receives nothing until (0,1) grows.
    old_cell = CELL.parse(
        "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|nor_conv_3x3~1|none~2|"
    )
    new_cell = CELL.parse(
        "|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|nor_conv_3x3~1|none~2|"
    )
    old, new = trained(CELL, old_cell), network_of(CELL, new_cell, 3)
    morph(CELL, (old_cell, old), (new_cell, new), np.random.default_rng(0))
    for training in (False, True):
        assert greatest_difference(old.train(training), new.train(training)) < 1e-5


def test_growing_never_ends_before_every_edge_is_a_large_convolution() -> None:
    rng, cell = np.random.default_rng(0), smallest(CELL)
    sizes = [len(CELL.graph(cell).labels)]
    while ways := grown(CELL, cell):
        cell = ways[rng.integers(len(ways))]
        sizes.append(len(CELL.graph(cell).labels))
    assert sizes == sorted(sizes)
    large = {"nor_conv_3x3", "skip_connect"}
    assert {CELL.operations[option] for option in cell} <= large


def test_a_silent_branch_begins_to_learn_at_once() -> None:
    cell = smallest(CELL)
    none, convolution = CELL.operations.index("none"), cell[3]
    child = (convolution, none, none, cell[3], convolution, none)
    assert child in grown(CELL, cell)
    old, new = trained(CELL, cell), network_of(CELL, child, 3)
    morph(CELL, (cell, old), (child, new), np.random.default_rng(0))
    nn.functional.cross_entropy(new(images()), torch.arange(40) % 10).backward()
    silent = [
        part
        for part in new.modules()
        if isinstance(part, nn.BatchNorm2d) and not part.weight.detach().any()
    ]
    assert len(silent) == 3  # one in each cell
    assert all(float(part.weight.grad.abs().max()) > 0 for part in silent)


def test_several_wider_layers_at_once_keep_the_function_exactly_in_float64() -> None:
    parent, child = (0, 0, 0, 0, 0), (2, 4, 4, 2, 1)
    old = trained(CHAIN, parent).double().eval()
    new = network_of(CHAIN, child).double().eval()
    morph(CHAIN, (parent, old), (child, new), np.random.default_rng(0))
    x = images().double()
    assert torch.allclose(old(x), new(x), atol=1e-12)


def test_noise_tells_copies_apart_and_moves_the_function_little() -> None:
    parent, child = (0, 0, 0, 0, 0), (2, 0, 0, 0, 0)
    old, new = trained(CHAIN, parent).eval(), network_of(CHAIN, child).eval()
    morph(CHAIN, (parent, old), (child, new), np.random.default_rng(0), noise=0.01)
    assert 0 < greatest_difference(old, new) < 0.3
    weights = new.stem[0][0].weight.flatten(1)
    assert len(torch.unique(weights, dim=0)) == 36


@pytest.mark.parametrize("position", range(5))
@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_one_layer_more_keeps_the_function(position: int, kernel: int) -> None:
    network = trained(CHAIN, (0, 1, 2, 3, 4)).eval()
    deeper = deepened(network, position, kernel, images(seed=5))
    assert len(deeper.body) == len(network.body) + 1
    assert greatest_difference(network, deeper) < TOLERANCE
    # In training mode as well, on the images whose statistics it was given.
    inserted = [*deeper.stem, *deeper.body][position + 1]
    arriving = torch.nn.Sequential(*network.stem, *network.body)[: position + 1](
        images(seed=5)
    )
    assert torch.allclose(inserted.train()(arriving), arriving, atol=TOLERANCE)


def test_a_deeper_network_trains_through_its_new_layer() -> None:
    network = trained(CHAIN, (0, 0, 0, 0, 0))
    deeper = deepened(network, 2, 3, images())
    nn.functional.cross_entropy(deeper(images()), torch.arange(40) % 10).backward()
    assert float(deeper.body[2][0].weight.grad.abs().sum()) > 0


def test_widening_then_deepening_keeps_the_function() -> None:
    parent, child = (0, 0, 0, 0, 0), (1, 1, 1, 1, 1)
    old, new = trained(CHAIN, parent).eval(), network_of(CHAIN, child).eval()
    morph(CHAIN, (parent, old), (child, new), np.random.default_rng(4))
    assert greatest_difference(old, deepened(new, 1, 3, images())) < TOLERANCE


def test_what_would_change_the_function_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(NasbenchError, match="24 filters cannot become one of 16"):
        replicated(24, 16, rng)
    with pytest.raises(NasbenchError, match="kernel of 5 cannot become one of 3"):
        enlarged(torch.zeros(1, 1, 5, 5), 3)
    one = smallest(CELL)
    other = CELL.parse("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    with pytest.raises(NasbenchError, match="nor_conv_1x1 to skip_connect"):
        morph(
            CELL,
            (one, network_of(CELL, one)),
            (other, network_of(CELL, other)),
            rng,
        )
    with pytest.raises(NasbenchError, match="no layer 5 in a network of 5"):
        deepened(network_of(CHAIN, (0,) * 5), 5, 3, images())
    with pytest.raises(NasbenchError, match="an odd kernel, not 4"):
        deepened(network_of(CHAIN, (0,) * 5), 0, 4, images())
    with pytest.raises(NasbenchError, match="neighbours is 0"):
        MorphismSettings(neighbours=0)
    with pytest.raises(NasbenchError, match=r"noise is -0\.1"):
        MorphismSettings(noise=-0.1)
    with pytest.raises(NasbenchError, match="size-compound has no supernet"):
        smallest(make_space("size-compound"))


def problem(digits: Task, space: str = "cell201", seed: int = 0) -> SearchProblem:
    return SearchProblem(make_space(space), RECIPE.cut(digits), RECIPE, seed)


@pytest.mark.parametrize("space", ["cell201-mini", "chain"])
def test_climbing_is_the_same_for_equal_seeds_and_only_grows(
    digits: Task, space: str
) -> None:
    state = torch.random.get_rng_state()
    settings = MorphismSettings(neighbours=3)
    training = TrainingSettings(epochs=2, estimate_images=64)
    first, again = (
        search_with(MorphismSearch, problem(digits, space), training, settings, 2)
        for _ in range(2)
    )
    assert torch.equal(torch.random.get_rng_state(), state)
    assert first.status is Status.COMPLETE
    assert first.equals(again)
    path = [tuple(row.tolist()) for row in first.architectures]
    assert path[0] == smallest(make_space(space))
    for before, after in pairwise(path):
        assert after == before or after in grown(make_space(space), before)


def test_the_best_neighbour_becomes_the_parent(digits: Task) -> None:
    training = TrainingSettings(epochs=2, estimate_images=64)
    streams = np.random.SeedSequence(1).spawn(4)
    shared = SharedWeights(
        problem(digits), training, MorphismSearch.form(None), streams
    )
    search = MorphismSearch(shared, MorphismSettings(), np.random.default_rng(0))
    for epoch in range(2):
        search.begin_epoch(epoch)
        for train, valid in shared.batches(epoch):
            search.step(train, valid)
        members = [one for one, _ in search.family.members()]
        estimates = {one: shared.estimate_path(one) for one in members}
        search.end_epoch(valid)
        assert estimates[search.parent] == max(estimates.values())
    assert len(members) == 4


def test_a_climb_whose_loss_is_not_finite_is_a_recorded_failure(digits: Task) -> None:
    training = TrainingSettings(epochs=3, estimate_images=64, clip=1e9)
    settings = MorphismSettings(neighbours=2, neighbour_learning_rate=1e30)
    trace = search_with(MorphismSearch, problem(digits), training, settings, 2)
    assert trace.status is Status.FAILED
    assert trace.epochs == 0
    assert trace.sampled.shape == (0, 6)
