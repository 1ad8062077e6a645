"""Elastic supernets: every network is a part of the largest, exactly."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton
from nasbench.networks.network import build_network
from nasbench.networks.supernet.building import build_supernet
from nasbench.networks.supernet.calibration import calibrate
from nasbench.networks.supernet.elastic_layer import ElasticLayer
from nasbench.networks.supernet.elastic_layers import choice_of, slots_of
from nasbench.networks.supernet.elastic_supernet import ElasticSupernet
from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import SupernetForm
from nasbench.spaces import Layer, SearchSpace, make_space
from nasbench.training.initialisation import initialise

SKELETON = Skeleton(1, 8, 8, 10, channels=4, cells_per_stage=1)
ELASTIC = SupernetForm(running_statistics=True, elastic=True)
NAMES = ["chain", "size", "size-compound", "conv5"]
SPACES = pytest.mark.parametrize("space", [make_space(n) for n in NAMES], ids=NAMES)


def supernet_of(space: SearchSpace) -> ElasticSupernet:
    """Return an elastic supernet whose numbers are all different."""
    supernet = build_supernet(space, SKELETON, ELASTIC)
    assert isinstance(supernet, ElasticSupernet)
    initialise(supernet, np.random.default_rng(3))
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for tensor in [*supernet.parameters(), *supernet.buffers()]:
            if tensor.is_floating_point() and tensor.ndim < 4:
                noise = torch.randn(tensor.shape, generator=generator)
                tensor.add_(0.1 * noise.abs())
    return supernet


def images(count: int = 16, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 1, 8, 8, generator=generator)


@SPACES
@pytest.mark.parametrize("training", [True, False])
def test_a_path_is_the_network_of_the_architecture(
    space: SearchSpace, training: bool
) -> None:
    supernet, rng = supernet_of(space).train(training), np.random.default_rng(1)
    for _ in range(6):
        architecture = space.sample(rng)
        network = build_network(space, architecture, SKELETON).train(training)
        supernet.inherit(network, architecture)
        given = supernet(images(), Mixture.path(architecture))
        assert torch.allclose(given, network(images()), atol=1e-4), architecture
        assert given.std() > 1e-3


@SPACES
def test_slots_hold_every_layer_of_every_network(space: SearchSpace) -> None:
    slots, rng = slots_of(space), np.random.default_rng(0)
    for _ in range(200):
        architecture = space.sample(rng)
        choice = choice_of(space, architecture)
        assert [layer for _, layer in choice] == list(space.layers(architecture))
        assert [slot for slot, _ in choice] == sorted({slot for slot, _ in choice})
        for number, layer in choice:
            slot = slots[number]
            assert layer.kernel in slot.kernels
            assert layer.filters <= slot.filters
            assert layer.stride >= slot.stride


def test_shallow_stages_are_the_first_layers_of_deep_ones() -> None:
    space = make_space("size-compound")
    assert [slot for slot, _ in choice_of(space, (5, 2, 1))] == [
        first + i for first in range(0, 20, 4) for i in range(2)
    ]
    assert [slot.stage for slot in slots_of(space)] == [
        s for s in range(5) for _ in "1234"
    ]


@SPACES
def test_sorting_channels_changes_nothing_that_the_largest_network_says(
    space: SearchSpace,
) -> None:
    supernet = supernet_of(space).eval()
    with torch.no_grad():
        before = supernet.run(images(), supernet.largest)
        orders = supernet.channel_orders()
        for tensor, dimension, order in orders:
            tensor.copy_(tensor.index_select(dimension, order))
        after = supernet.run(images(), supernet.largest)
    assert torch.allclose(before, after, atol=1e-5)
    moved = [
        order for _, _, order in orders if order.tolist() != sorted(order.tolist())
    ]
    assert moved
    for _, _, order in supernet.channel_orders():
        assert order.tolist() == sorted(order.tolist()), "the most important come first"


def test_small_kernels_start_as_centres_of_large_ones() -> None:
    layer = ElasticLayer(2, 6, (3, 5, 7))
    weight = layer.weight(Layer(3, 4), 2)
    assert torch.equal(weight, layer.conv.weight[:4, :, 2:5, 2:5])
    assert torch.equal(layer.weight(Layer(7, 6), 2), layer.conv.weight)
    with torch.no_grad():
        layer.matrices[1].mul_(2)  # of the centre 5x5, which 3x3 is cut from
        layer.matrices[0].mul_(3)
    assert torch.allclose(layer.weight(Layer(3, 4), 2), 6 * weight)
    five = layer.weight(Layer(5, 6), 1)
    assert torch.allclose(five, 2 * layer.conv.weight[:, :1, 1:6, 1:6])


def test_matrices_of_kernels_learn_where_small_kernels_run() -> None:
    layer = ElasticLayer(1, 3, (3, 5))
    x = images(4)
    layer(x, Layer(5, 3)).sum().backward()
    assert layer.matrices[0].grad is None
    layer(x, Layer(3, 3)).square().sum().backward()
    assert layer.matrices[0].grad.abs().max() > 0
    own = functional.conv2d(x, layer.weight(Layer(3, 3, 2), 1), stride=2, padding=1)
    assert layer(x, Layer(3, 3, 2)).shape == own.shape


def test_what_is_not_elastic_stays_at_its_largest() -> None:
    supernet = supernet_of(make_space("chain"))
    assert supernet.dimensions() == ["kernel", "width"]
    small = (0, 0, 0, 0, 0)  # 3x3/16 everywhere
    assert supernet.grown(small, []) == supernet.largest
    assert {layer[:2] for _, layer in supernet.largest} == {(5, 36)}
    assert {la[:2] for _, la in supernet.grown(small, ["kernel"])} == {(3, 36)}
    both = supernet.grown(small, ["kernel", "width"])
    assert both == choice_of(supernet.space, small)
    compound = supernet_of(make_space("size-compound"))
    assert compound.dimensions() == ["depth", "width"]
    assert len(compound.grown((5, 0, 0), ["depth"])) == 5
    assert len(compound.grown((5, 0, 0), [])) == 20


def test_calibration_gives_the_statistics_of_the_part() -> None:
    supernet = supernet_of(make_space("chain"))
    path = Mixture.path((1, 0, 3, 4, 0))
    batch = images(64)
    calibrate(supernet, path, [batch])
    supernet.eval()
    by_averages = supernet(batch, path)
    supernet.train()
    # They differ by the unbiased variance alone, n / (n - 1).
    assert torch.allclose(by_averages, supernet(batch, path), atol=0.05)
    first = supernet.layers[0].norm
    assert first.running_mean[24:].abs().max() == 0, "channels that did not run"


def test_what_cannot_be_elastic_is_refused_by_name() -> None:
    with pytest.raises(NasbenchError, match="cell201 has no elastic supernet"):
        build_supernet(make_space("cell201"), SKELETON, ELASTIC)
    supernet = supernet_of(make_space("chain"))
    mixture = Mixture.dense(torch.ones(5, 5), supernet.space.radices)
    with pytest.raises(NasbenchError, match="one architecture at a time"):
        supernet(images(), mixture)
