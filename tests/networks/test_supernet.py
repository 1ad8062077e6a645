"""Supernets: on one path they are the network of the architecture, exactly shared."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton
from nasbench.networks.network import ConstantNetwork, build_network
from nasbench.networks.supernet.building import build_supernet
from nasbench.networks.supernet.calibration import calibrate
from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import Supernet, SupernetForm
from nasbench.spaces import SearchSpace, make_space
from nasbench.training.initialisation import initialise

SKELETON = Skeleton(1, 8, 8, 10, channels=4, cells_per_stage=1)
CELL = make_space("cell201")
CHAIN = make_space("chain")
SPACES = pytest.mark.parametrize("space", [CELL, CHAIN], ids=lambda space: space.name)


def supernet_of(space: SearchSpace, form: SupernetForm | None = None) -> Supernet:
    supernet = build_supernet(space, SKELETON, form or SupernetForm())
    initialise(supernet, np.random.default_rng(3))
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in supernet.parameters():  # offsets that are not zero
            if parameter.ndim == 1:
                noise = torch.randn(parameter.shape, generator=generator)
                parameter.add_(0.3 * noise)
    return supernet


def images(count: int = 16, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 1, 8, 8, generator=generator)


def one_hot(space: SearchSpace, architecture: tuple[int, ...]) -> Tensor:
    rows = torch.zeros(space.decisions, max(space.radices))
    rows[range(space.decisions), list(architecture)] = 1
    return rows


def samples(space: SearchSpace, count: int = 8) -> list[tuple[int, ...]]:
    rng = np.random.default_rng(1)
    return [space.sample(rng) for _ in range(count)]


@SPACES
def test_a_path_is_the_network_of_the_architecture_on_the_same_weights(
    space: SearchSpace,
) -> None:
    supernet = supernet_of(space)
    for architecture in samples(space, 12):
        network = build_network(space, architecture, SKELETON)
        supernet.inherit(network, architecture)
        network.train()  # statistics of the batch, as the supernet takes them
        given = supernet(images(), Mixture.path(architecture))
        assert torch.allclose(given, network(images()), atol=2e-5), architecture
        assert given.std() > 1e-3


def test_a_dead_cell_is_the_constant_network() -> None:
    supernet = supernet_of(CELL)
    network = build_network(CELL, (0, 0, 3, 0, 0, 3), SKELETON)
    assert isinstance(network, ConstantNetwork)
    supernet.inherit(network, (0, 0, 3, 0, 0, 3))
    given = supernet(images(), Mixture.path((0, 0, 3, 0, 0, 3)))
    assert torch.allclose(given, network(images()), atol=1e-5)
    assert given.std(1).min() > 1e-3


@SPACES
def test_one_hot_weights_are_the_path(space: SearchSpace) -> None:
    supernet = supernet_of(space)
    for architecture in samples(space):
        weights = one_hot(space, architecture)
        path = supernet(images(), Mixture.path(architecture))
        dense = supernet(images(), Mixture.dense(weights, space.radices))
        sampled = supernet(images(), Mixture.sampled(weights, architecture))
        assert torch.allclose(path, dense, atol=2e-5)
        assert torch.allclose(path, sampled, atol=2e-5)


def test_a_mixed_edge_at_weight_one_gives_its_option_bit_for_bit() -> None:
    supernet = supernet_of(CELL)
    edge = next(part for part in supernet.body if hasattr(part, "edges")).edges[2]
    x = torch.randn(4, 4, 8, 8, generator=torch.Generator().manual_seed(2))
    for option in range(5):
        weights = one_hot(CELL, (option,) * 6)[0]
        assert torch.equal(edge(x, (option,), weights), edge.options[option](x))


def test_stacked_convolutions_are_the_options_one_by_one() -> None:
    supernet = supernet_of(CELL)
    kept = supernet_of(CELL, SupernetForm(running_statistics=True)).train()
    kept.load_state_dict(supernet.state_dict(), strict=False)
    generator = torch.Generator().manual_seed(9)
    raw = torch.randn(6, 5, generator=generator).double()
    gradients = []
    for network in (supernet.double(), kept.double()):
        weights = raw.clone().requires_grad_()
        logits = network(
            images().double(), Mixture.dense(weights.softmax(1), CELL.radices)
        )
        loss = logits.square().sum()
        shared = [p for n, p in network.named_parameters() if "edges" in n]
        found = torch.autograd.grad(loss, [weights, *shared])
        gradients.append([logits, *found])
    assert len(gradients[0]) == 2 + 3 * 6 * 2
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, rtol=1e-9)


def test_stacked_layers_are_the_options_one_by_one() -> None:
    supernet = supernet_of(CHAIN).double()
    # The number of options that run, not their weights, decides how they are run.
    raw = torch.randn(5, 5, generator=torch.Generator().manual_seed(9)).double()
    found = []
    for stacked in (True, False):
        supernet.form = SupernetForm(running_statistics=not stacked)
        weights = raw.clone().requires_grad_()
        logits = supernet(images().double(), Mixture.dense(weights, CHAIN.radices))
        loss = logits.square().sum()
        parameters = [weights, *supernet.parameters()]
        found.append([logits, *torch.autograd.grad(loss, parameters)])
    assert len(found[0]) == 2 + 25 + 2
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, rtol=1e-9)


def test_edge_weights_multiply_whole_edges() -> None:
    supernet = supernet_of(CELL)
    raw = torch.rand(6, 5, generator=torch.Generator().manual_seed(4))
    factors = torch.tensor([1.0, 0.4, 0.6, 0.2, 0.3, 0.5])
    apart = Mixture.dense(raw, CELL.radices, factors)
    folded = Mixture.dense(raw * factors[:, None], CELL.radices)
    difference = supernet(images(), apart) - supernet(images(), folded)
    assert difference.abs().max() < 1e-5


def test_with_partial_channels_only_a_part_is_mixed() -> None:
    supernet = supernet_of(CELL, SupernetForm(partial=2))
    cell = next(part for part in supernet.body if hasattr(part, "edges"))
    x = torch.randn(4, 4, 8, 8, generator=torch.Generator().manual_seed(2))
    none = Mixture.dense(one_hot(CELL, (0,) * 6), CELL.radices)
    out = cell._edge(0, x, none)
    # The second half passes by; the shuffle puts its channels at the odd places.
    assert torch.equal(out[:, 1::2], x[:, 2:])
    assert not out[:, ::2].any()


def test_running_statistics_are_those_of_the_architecture_after_calibration() -> None:
    supernet = supernet_of(CELL, SupernetForm(running_statistics=True))
    path = Mixture.path((3, 1, 3, 1, 2, 3))
    batch = images(64)
    calibrate(supernet, path, [batch])
    supernet.eval()
    by_averages = supernet(batch, path)
    supernet.train()
    of_the_batch = supernet(batch, path)
    # They differ by the unbiased variance alone, n / (n - 1).
    assert torch.allclose(by_averages, of_the_batch, atol=0.05)
    calibrate(supernet, path, [batch, images(64, seed=1)])
    supernet.eval()
    assert not torch.equal(supernet(batch, path), by_averages)


@SPACES
def test_torchs_generator_stays_put(space: SearchSpace) -> None:
    before = torch.random.get_rng_state()
    supernet_of(space)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_what_has_no_supernet_is_refused_by_name() -> None:
    with pytest.raises(NasbenchError, match="no supernet is registered for Cell101"):
        build_supernet(make_space("cell101"), SKELETON)
    with pytest.raises(NasbenchError, match="one decision for every layer"):
        build_supernet(make_space("conv5"), SKELETON)
    with pytest.raises(NasbenchError, match="4 channels cannot be cut into 3"):
        build_supernet(CELL, SKELETON, SupernetForm(partial=3))
    with pytest.raises(NasbenchError, match="no supernet of partial channels"):
        build_supernet(CHAIN, SKELETON, SupernetForm(partial=2))
