"""Written weights: where they go, what they depend on, and that they learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from search_with import search_with
from torch import nn

from nasbench.benchmark import Status
from nasbench.cli.options import table_path
from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton
from nasbench.networks.network import build_network
from nasbench.networks.supernet.mixture import Mixture
from nasbench.spaces import Graph, make_space
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe
from strategies.hypernetworks.searches import (
    GraphHypernetwork,
    GraphHypernetworkSettings,
    HypernetworkSettings,
    Smash,
)
from strategies.weight_sharing.judgement import judge
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.shared_weights import SharedWeights
from strategies.weight_sharing.training_settings import TrainingSettings
from tabular import Table

RECIPE = Recipe(
    batch_size=32, channels=4, train_images=96, valid_images=64, test_images=50
)
TRAINING = TrainingSettings(epochs=2, estimate_images=64)
BOTH = pytest.mark.parametrize("kind", [Smash, GraphHypernetwork])
SPACES = pytest.mark.parametrize("space", ["cell201", "chain"])


def problem(digits: Task, space: str) -> SearchProblem:
    return SearchProblem(make_space(space), RECIPE.cut(digits), RECIPE, 0)


def prepared(digits: Task, kind, space: str = "cell201", **settings: float):
    streams = np.random.SeedSequence(1).spawn(4)
    shared = SharedWeights(problem(digits, space), TRAINING, kind.form(None), streams)
    return kind(shared, kind.Settings(**settings), np.random.default_rng(2))


def few(kind):
    return kind.Settings(meta_batch=2, candidates=4, candidates_before=2)


@BOTH
@SPACES
def test_equal_seeds_give_equal_bits_and_touch_no_global_generator(
    digits: Task, kind, space: str
) -> None:
    state = torch.random.get_rng_state()
    first, again = (
        search_with(kind, problem(digits, space), TRAINING, few(kind), 3)
        for _ in range(2)
    )
    assert torch.equal(torch.random.get_rng_state(), state)
    assert first.status is Status.COMPLETE
    assert first.equals(again)
    assert first.found in make_space(space)


@BOTH
@SPACES
def test_what_runs_is_the_network_of_the_architecture_with_written_weights(
    digits: Task, kind, space: str
) -> None:
    method = prepared(digits, kind, space)
    train, _ = next(method.shared.batches(0))
    rng = np.random.default_rng(3)
    skeleton = Skeleton(1, 12, 12, 10, 4, 1)
    for _ in range(5):
        architecture = method.space.sample(rng)
        network = build_network(method.space, architecture, skeleton)
        method.hypernetwork.inherit(network, architecture)
        with torch.no_grad():
            given = method.hypernetwork(train.images, Mixture.path(architecture))
            alone = network.train()(train.images)
        assert torch.allclose(given, alone, atol=1e-5)


@BOTH
@SPACES
def test_the_gradient_reaches_what_writes_and_no_weight_that_is_written(
    digits: Task, kind, space: str
) -> None:
    method = prepared(digits, kind, space)
    train, _ = next(method.shared.batches(0))
    rng = np.random.default_rng(0)
    for _ in range(6):
        path = Mixture.path(method.space.sample(rng))
        method.shared.loss(train, path).backward()
    hypernetwork = method.hypernetwork
    written = {slot.name for slot in hypernetwork.slots}
    for name, weight in hypernetwork.frame.named_parameters():
        assert (weight.grad is None) == (name in written)
    for part in (hypernetwork.encoder, *hypernetwork.decoders.values()):
        for weight in part.parameters():
            assert weight.grad is not None
            assert float(weight.grad.abs().sum()) > 0


@BOTH
def test_the_gradient_is_that_of_finite_differences(digits: Task, kind) -> None:
    method = prepared(digits, kind)
    hypernetwork = method.hypernetwork.double()
    architecture = (3, 1, 2, 3, 2, 4)
    train, _ = next(method.shared.batches(0))
    images = train.images.double()
    torch.set_default_dtype(torch.float64)
    try:

        def loss() -> torch.Tensor:
            logits = hypernetwork(images, Mixture.path(architecture))
            return nn.functional.cross_entropy(logits, train.labels)

        weight = hypernetwork.decoders["3"].hidden[0].weight
        (gradient,) = torch.autograd.grad(loss(), weight)
        step = 1e-5
        with torch.no_grad():
            for place in [(0, 0), (5, 7), (31, 31)]:
                weight[place] += step
                above = loss()
                weight[place] -= 2 * step
                below = loss()
                weight[place] += step
                numeric = float((above - below) / (2 * step))
                assert float(gradient[place]) == pytest.approx(
                    numeric, rel=1e-3, abs=1e-8
                )
    finally:
        torch.set_default_dtype(torch.float32)


def test_weights_depend_on_the_whole_architecture_and_on_the_place(
    digits: Task,
) -> None:
    for kind in (Smash, GraphHypernetwork):
        method = prepared(digits, kind)
        one = method.hypernetwork.written((3, 1, 2, 3, 2, 4))
        other = method.hypernetwork.written((3, 1, 2, 3, 2, 3))
        shared = [name for name in one if name in other]
        assert shared
        assert all(not torch.allclose(one[n], other[n]) for n in shared)
        first = one["body.0.edges.0.options.3.1.weight"]
        for weight in one.values():
            # A fresh layer is uniform in +-1/sqrt(fan-in); ours has that deviation.
            expected = weight[0].numel() ** -0.5
            assert float(weight.detach().std()) == pytest.approx(expected, rel=1e-3)
        later = one["body.2.edges.0.options.3.1.weight"][: len(first), : len(first)]
        assert not torch.allclose(first / first.std(), later / later.std())


def test_members_of_a_class_are_written_the_same_by_the_graph_network(
    digits: Task,
) -> None:
    method = prepared(digits, GraphHypernetwork, "cell201-mini")
    space, train = method.space, next(method.shared.batches(0))[0]
    classes = space.classes
    rng = np.random.default_rng(5)
    compared = 0
    for _ in range(60):
        architecture = space.sample(rng)
        number = classes.class_of[space.index(architecture)]
        members = np.flatnonzero(classes.class_of == number)
        other = space.architecture_at(int(members[-1]))
        if other == architecture or space.graph(architecture).is_dead:
            continue
        with torch.no_grad():
            a, b = (
                method.hypernetwork(train.images, Mixture.path(one))
                for one in (architecture, other)
            )
        assert torch.allclose(a, b, atol=1e-4)
        compared += 1
    assert compared > 5


def test_relabelling_a_graph_permutes_the_states(digits: Task) -> None:
    encoder = prepared(digits, GraphHypernetwork).hypernetwork.encoder
    labels = ("input", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3", "output")
    graph = Graph(labels, ((), (0,), (0,), (1, 2), (2, 3)))
    swapped = Graph(
        ("input", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "output"),
        ((), (0,), (0,), (1, 2), (1, 3)),
    )
    with torch.no_grad():
        mine, theirs = encoder.states(graph), encoder.states(swapped)
    assert torch.allclose(mine[[0, 2, 1, 3, 4]], theirs, atol=1e-6)
    assert not torch.allclose(mine, theirs, atol=1e-3)


@BOTH
def test_a_loss_that_is_not_finite_is_a_recorded_failure(digits: Task, kind) -> None:
    settings = kind.Settings(hyper_learning_rate=1e30)
    trace = search_with(kind, problem(digits, "cell201"), TRAINING, settings, 2)
    assert trace.status is Status.FAILED
    assert trace.epochs == 0


def test_settings_are_checked() -> None:
    assert GraphHypernetworkSettings().meta_batch == 4
    with pytest.raises(NasbenchError, match="meta_batch is 0"):
        HypernetworkSettings(meta_batch=0)


@BOTH
def test_written_weights_learn(digits: Task, kind) -> None:
    method = prepared(digits, kind, "cell201-mini", hyper_learning_rate=0.005)
    train, valid = next(method.shared.batches(0))
    path = Mixture.path((3, 3, 3))
    with torch.no_grad():
        before = float(method.shared.loss(train, path))
    for _ in range(30):
        method.step(train, valid)
    with torch.no_grad():
        after = float(method.shared.loss(train, path))
    assert after < 0.9 * before


@pytest.mark.slow
@BOTH
def test_written_weights_rank_architectures_as_training_does(
    digits: Task, kind
) -> None:
    table = Table.open(table_path("cell201-mini-digits-v1"))
    recipe = table.identity.recipe
    task = SearchProblem(table.space, recipe.cut(digits), recipe, 0)
    trace = search_with(
        kind, task, TrainingSettings(epochs=8), kind.Settings(), samples=150
    )
    assert judge(trace, table).tau > 0.3
