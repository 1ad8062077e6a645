"""Layer shapes: those of torch's own modules, and the costs that are counted apart."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from nasbench.errors import NasbenchError
from nasbench.hardware.dead_branches import unpruned_graph
from nasbench.hardware.layer_shapes import graph_schedule, network_schedule
from nasbench.networks import Skeleton, count_costs, graph_costs
from nasbench.networks.network import build_network
from nasbench.spaces import make_space
from nasbench.spaces.operations import NOR_CONV_3X3

NB201 = Skeleton(3, 32, 32, 10, 16, 5)
ODD = Skeleton(1, 13, 9, 7, 4, 2)
SPACES = ("cell201", "cell201-mini", "chain", "conv5", "size", "size-compound")


def drawn(name: str, count: int, seed: int = 0) -> list[tuple]:
    space = make_space(name)
    rng = np.random.default_rng(seed)
    return [(space, space.sample(rng)) for _ in range(count)]


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("skeleton", [NB201, ODD])
def test_macs_are_half_of_the_counted_flops(name, skeleton) -> None:
    for space, architecture in drawn(name, 40):
        schedule = network_schedule(space, architecture, skeleton)
        flops = count_costs(space, architecture, skeleton).flops
        assert 2 * schedule.macs == flops


@pytest.mark.parametrize("name", SPACES)
def test_shapes_are_those_of_torchs_modules(name) -> None:
    for space, architecture in drawn(name, 5, seed=1):
        network = build_network(space, architecture, ODD).eval()
        seen: list[tuple[int, int, int]] = []

        def look(module: nn.Module, given: tuple, output: torch.Tensor, seen=seen):
            if isinstance(module, nn.Linear):
                seen.append((1, module.out_features, module.in_features))
            else:
                pixels = output.shape[2] * output.shape[3]
                weight = module.weight
                seen.append((pixels, len(weight), weight[0].numel()))

        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.register_forward_hook(look)
        with torch.no_grad():
            network(torch.zeros(1, 1, 13, 9))
        gemms = network_schedule(space, architecture, ODD).gemms()
        assert Counter(seen) == Counter((g.m, g.n, g.k) for g in gemms)


def test_weights_are_the_parameters_with_batch_norms_folded() -> None:
    for space, architecture in drawn("cell201", 30) + drawn("chain", 10):
        network = build_network(space, architecture, ODD)
        norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
        # A folded norm leaves a bias; the last one of a cell network cannot be folded.
        kept = sum(p.numel() for p in network.parameters())
        kept -= sum(norm.num_features for norm in norms)
        schedule = network_schedule(space, architecture, ODD)
        if not schedule.steps:
            continue
        if space.name == "cell201":
            kept += norms[-1].num_features
        assert sum(step.weights for step in schedule.steps) == kept


@pytest.mark.parametrize("name", SPACES)
def test_every_value_is_written_once_before_it_is_read(name) -> None:
    for space, architecture in drawn(name, 30, seed=2):
        schedule = network_schedule(space, architecture, NB201)
        for at, step in enumerate(schedule.steps):
            assert step.writes == at + 1
            assert all(value <= at for value in step.reads)
        read = {value for step in schedule.steps for value in step.reads}
        if schedule.steps:
            # Nothing is computed in vain: all but the logits is read.
            assert read == set(range(len(schedule.elements) - 1))


def test_steps_are_the_modules_and_the_sums() -> None:
    space = make_space("cell201")
    skeleton = Skeleton(3, 8, 8, 10, 4, 1)
    # A convolution, a pooling of the input, and their sum, in each of three cells.
    architecture = space.parse(
        "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|none~0|skip_connect~1|skip_connect~2|"
    )
    schedule = network_schedule(space, architecture, skeleton)
    counts = Counter(step.operation for step in schedule.steps)
    assert counts == {
        "convolution": 1 + 3 * 1 + 2 * 3,
        "pooling": 3 * 1 + 2,
        "add": 3 * 1 + 2,
        "head": 1,
        "classifier": 1,
    }
    first = next(step for step in schedule.steps if step.operation == "add")
    assert schedule.activations(first) == 3 * 4 * 8 * 8


def test_members_of_a_class_have_one_schedule() -> None:
    space = make_space("cell201")
    rng = np.random.default_rng(3)
    for number in rng.integers(len(space.classes), size=30):
        members = np.flatnonzero(space.classes.class_of == number)[:5]
        found = {
            network_schedule(space, space.architecture_at(int(i)), NB201)
            for i in members
        }
        assert len(found) == 1


def test_a_constant_network_has_no_steps() -> None:
    space = make_space("cell201")
    schedule = network_schedule(space, (0,) * 6, NB201)
    assert schedule.steps == ()
    assert schedule.macs == schedule.moved == 0


def test_unpruned_cells_hold_every_operation_of_every_edge() -> None:
    space = make_space("cell201")
    for _, architecture in drawn("cell201", 200, seed=4):
        graph = unpruned_graph(space, architecture)
        names = [space.operations[option] for option in architecture]
        operations = [n for n in names if n not in ("none", "skip_connect")]
        assert sorted(graph.operations) == sorted(operations)
        pruned = network_schedule(space, architecture, NB201)
        whole = graph_schedule(graph, NB201)
        assert whole.macs >= pruned.macs
        assert 2 * whole.macs == flops_of_all(graph)


def flops_of_all(graph) -> int:
    """Count the FLOPs of a graph that may be dead: as of one that is not."""
    alive = type(graph)(graph.labels, (*graph.inputs[:-1], (0,)))
    return graph_costs(alive, NB201).flops


def test_a_cell_without_dead_branches_costs_the_same_either_way() -> None:
    space = make_space("cell201")
    architecture = (space.operations.index(NOR_CONV_3X3),) * 6
    one = network_schedule(space, architecture, NB201)
    other = graph_schedule(unpruned_graph(space, architecture), NB201)
    assert Counter(one.gemms()) == Counter(other.gemms())
    assert one.moved == other.moved


def test_a_space_of_another_kind_is_refused() -> None:
    with pytest.raises(
        NasbenchError, match="no layer shapes are registered for Cell101"
    ):
        network_schedule(make_space("cell101"), (0,), NB201)
