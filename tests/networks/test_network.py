"""Networks: the class alone decides the weights; costs against torch's counters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from naive_cell import draw_weights, evaluate
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton, SkeletonCosts, count_costs
from nasbench.networks.network import Cell, ConstantNetwork, build_network
from nasbench.networks.operations import ReLUConvBN
from nasbench.spaces import Architecture, TopologyCell, make_space
from nasbench.training.initialisation import initialise

CELL = make_space("cell201")
assert isinstance(CELL, TopologyCell)
SKELETONS = [
    Skeleton(1, 12, 12, 10, channels=4, cells_per_stage=1),
    Skeleton(3, 9, 14, 7, channels=3, cells_per_stage=2),
]


def cells(count: int, seed: int) -> list[Architecture]:
    rng = np.random.default_rng(seed)
    return [CELL.sample(rng) for _ in range(count)]


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_parameters_and_flops_agree_with_torch(skeleton: Skeleton) -> None:
    image = torch.zeros(1, skeleton.image_channels, skeleton.height, skeleton.width)
    for architecture in [*cells(25, 1), (0,) * 6, (3,) * 6]:
        network = build_network(CELL, architecture, skeleton).eval()
        costs = count_costs(CELL, architecture, skeleton)
        assert costs.parameters == sum(p.numel() for p in network.parameters())
        with FlopCounterMode(display=False) as counter:
            network(image)
        assert costs.flops == counter.get_total_flops()


def test_nb201_costs_are_the_published_ones() -> None:
    # NATS-Bench prints 153.27 M FLOPs (multiply-adds) and 1.073 M parameters for the
    # cell with index 13714 in the skeleton of 16 channels and 5 cells per stage; it
    # counts the learned scales of batch norm as FLOPs too, which we do not.
    text = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+"
    text += "|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|"
    skeleton = Skeleton(3, 32, 32, 10, channels=16, cells_per_stage=5)
    costs = count_costs(CELL, CELL.parse(text), skeleton)
    assert costs.parameters == pytest.approx(1.073e6, rel=1e-3)
    assert costs.flops / 2 == pytest.approx(153.27e6, rel=0.01)


def test_depth_is_the_longest_path() -> None:
    model = SkeletonCosts(CELL, SKELETONS[0])
    assert (
        model(
            CELL.parse(
                "|skip_connect~0|+|none~0|none~1|+" + "|none~0|skip_connect~1|none~2|"
            )
        ).depth
        == 0
    )
    chain = "|nor_conv_1x1~0|+|none~0|avg_pool_3x3~1|"
    chain += "+|skip_connect~0|none~1|nor_conv_3x3~2|"
    assert model(CELL.parse(chain)).depth == 3


def test_a_cell_equals_its_definition() -> None:
    channels = 3
    for number, architecture in enumerate(cells(40, 2)):
        graph = CELL.graph(architecture)
        if graph.is_dead:
            continue
        cell = Cell(graph, channels).double().train()
        weights = draw_weights(CELL, architecture, channels, seed=number)
        for edge, vertex in enumerate(CELL.vertex_of_edges(architecture)):
            if vertex is not None and edge in weights:
                module = cell.vertices[vertex - 1]
                assert isinstance(module, ReLUConvBN)
                with torch.no_grad():
                    module[1].weight.copy_(weights[edge]["kernel"])
                    module[2].weight.copy_(weights[edge]["scale"])
                    module[2].bias.copy_(weights[edge]["offset"])
        x = torch.randn(5, channels, 6, 6).double()
        expected = evaluate(CELL, architecture, weights, x)
        torch.testing.assert_close(cell(x), expected, rtol=1e-9, atol=1e-9)


def test_members_of_a_class_are_one_network_to_the_last_bit() -> None:
    first = CELL.parse(
        "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|avg_pool_3x3~1|nor_conv_1x1~2|"
    )
    again = CELL.parse(
        "|skip_connect~0|+|nor_conv_3x3~0|none~1|+|none~0|nor_conv_1x1~1|avg_pool_3x3~2|"
    )
    assert CELL.canonical(first) == CELL.canonical(again)
    outputs = []
    for architecture in (first, again):
        network = build_network(CELL, architecture, SKELETONS[0])
        initialise(network, np.random.default_rng(5))
        outputs.append(network(torch.ones(2, 1, 12, 12).cumsum(3)))
    assert torch.equal(*outputs)


def test_a_dead_cell_leaves_one_learned_bias() -> None:
    network = build_network(CELL, (0,) * 6, SKELETONS[0])
    assert isinstance(network, ConstantNetwork)
    assert network(torch.randn(3, 1, 12, 12)).shape == (3, 10)
    assert count_costs(CELL, (0,) * 6, SKELETONS[0]).parameters == 10


def test_no_part_is_built_that_nothing_reaches() -> None:
    # Edge 0 -> 1 is dead: nothing leaves node 1. Edge 2 -> 3 is dead: node 2 is empty.
    text = "|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|nor_conv_3x3~2|"
    network = build_network(CELL, CELL.parse(text), SKELETONS[0])
    kernels = [m.kernel_size for m in network.modules() if isinstance(m, nn.Conv2d)]
    reductions_and_stem = [(3, 3)] + 2 * [(3, 3), (3, 3), (1, 1)]
    assert sorted(kernels) == sorted(reductions_and_stem + 3 * [(1, 1)])


def test_building_and_initialising_leave_global_generators_alone() -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    network = build_network(CELL, (3,) * 6, SKELETONS[0])
    initialise(network, np.random.default_rng(0))
    assert torch.equal(torch_state, torch.get_rng_state())
    assert np.array_equal(numpy_state, np.random.get_state()[1])


def test_initial_weights_have_torchs_default_distribution() -> None:
    skeleton = Skeleton(3, 8, 8, 10, channels=32, cells_per_stage=1)
    network = build_network(CELL, (3,) * 6, skeleton)
    initialise(network, np.random.default_rng(0))
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 5000:
            bound = module.weight[0].numel() ** -0.5
            assert module.weight.abs().max() <= bound
            # A uniform variable on +-b has the variance b**2 / 3.
            assert module.weight.var().item() == pytest.approx(bound**2 / 3, rel=0.05)
            reference = nn.Conv2d(
                module.in_channels, module.out_channels, module.kernel_size
            )
            assert reference.weight.abs().max() <= bound


def test_a_space_without_a_network_is_named() -> None:
    class Other(TopologyCell):
        pass

    other = Other("other", 3, CELL.operations)
    assert count_costs(other, (3, 3, 3), SKELETONS[0]).flops > 0  # inherits
    with pytest.raises(NasbenchError, match="no network is registered for object"):
        build_network(object(), (), SKELETONS[0])  # type: ignore[arg-type]
    with pytest.raises(NasbenchError, match="no cost count is registered for object"):
        count_costs(object(), (), SKELETONS[0])  # type: ignore[arg-type]
