"""Networks of layer spaces: against functional torch, and costs against counters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own documentation calls it F
from torch.utils.flop_counter import FlopCounterMode

from nasbench.networks import Skeleton, SkeletonCosts, count_costs
from nasbench.networks.network import build_network
from nasbench.spaces import Architecture, LayerSpace, make_space
from nasbench.training.initialisation import initialise

SKELETONS = [
    Skeleton(1, 12, 12, 10, channels=8, cells_per_stage=1),
    Skeleton(3, 8, 8, 7, channels=8, cells_per_stage=1),
    Skeleton(2, 9, 14, 3, channels=4, cells_per_stage=2),
]
NAMES = ("chain", "conv5", "size", "size-compound")


def space_and_samples(
    name: str, count: int, seed: int
) -> tuple[LayerSpace, list[Architecture]]:
    space, rng = make_space(name), np.random.default_rng(seed)
    assert isinstance(space, LayerSpace)
    return space, [space.sample(rng) for _ in range(count)]


def naive(
    space: LayerSpace, architecture: Architecture, weights: Sequence[torch.Tensor],
    images: torch.Tensor,
) -> torch.Tensor:  # fmt: skip
    """Compute the logits in training mode, straight from what the space says."""
    resolution, x, left = space.resolution(architecture), images, list(weights)
    if resolution < 1:
        height, width = (math.ceil(side * resolution) for side in x.shape[2:])
        x = F.adaptive_avg_pool2d(x, (height, width))
    for layer in space.layers(architecture):
        kernel, scale, offset = left.pop(0), left.pop(0), left.pop(0)
        x = F.conv2d(x, kernel, stride=layer.stride, padding=layer.kernel // 2)
        mean = x.mean((0, 2, 3), keepdim=True)
        variance = ((x - mean) ** 2).mean((0, 2, 3), keepdim=True)
        x = (x - mean) / torch.sqrt(variance + 1e-5)
        x = x * scale[:, None, None] + offset[:, None, None]
        x = x * (x > 0)
    return x.mean((2, 3)) @ left.pop(0).T + left.pop(0)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_and_its_gradients_are_those_of_the_definition(name: str) -> None:
    for skeleton in SKELETONS:
        space, samples = space_and_samples(name, 3, 4)
        shape = (6, skeleton.image_channels, skeleton.height, skeleton.width)
        generator = torch.Generator().manual_seed(1)
        images = torch.randn(shape, generator=generator, dtype=torch.float64)
        for architecture in samples:
            network = build_network(space, architecture, skeleton)
            initialise(network, np.random.default_rng(2))
            network.double().train()
            weights = list(network.parameters())
            logits = network(images)
            expected = naive(space, architecture, weights, images)
            torch.testing.assert_close(logits, expected, rtol=1e-9, atol=1e-9)
            ours, theirs = (
                torch.autograd.grad(result.square().sum(), weights)
                for result in (logits, expected)
            )
            for one, other in zip(ours, theirs, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_costs_agree_with_torchs_counters(name: str) -> None:
    for skeleton in SKELETONS:
        image = torch.zeros(1, skeleton.image_channels, skeleton.height, skeleton.width)
        space, samples = space_and_samples(name, 12, 1)
        for architecture in samples:
            network = build_network(space, architecture, skeleton).eval()
            costs = count_costs(space, architecture, skeleton)
            assert costs.parameters == sum(p.numel() for p in network.parameters())
            with FlopCounterMode(display=False) as counter:
                network(image)
            assert costs.flops == counter.get_total_flops()
            assert costs.depth == len(space.layers(architecture))


def test_costs_of_a_chain_by_hand() -> None:
    space = make_space("chain")
    skeleton = Skeleton(1, 8, 8, 10, channels=8, cells_per_stage=1)
    costs = SkeletonCosts(space, skeleton)(space.parse("-".join(["3x3/16"] * 5)))
    kernels = 9 * 16 + 4 * 9 * 16 * 16
    assert costs.parameters == kernels + 5 * 2 * 16 + 17 * 10
    products = 9 * 16 * 64 + 9 * 256 * (16 + 16 + 4 + 4) + 16 * 10
    assert costs.flops == 2 * products
    assert costs.depth == 5


def test_channels_and_cells_of_the_skeleton_play_no_part() -> None:
    small = Skeleton(3, 8, 8, 10, channels=2, cells_per_stage=1)
    large = Skeleton(3, 8, 8, 10, channels=64, cells_per_stage=5)
    for name in NAMES:
        space, (architecture,) = space_and_samples(name, 1, 3)
        one, other = (count_costs(space, architecture, each) for each in (small, large))
        assert one == other
        shapes = [
            [tuple(p.shape) for p in build_network(space, architecture, s).parameters()]
            for s in (small, large)
        ]
        assert shapes[0] == shapes[1]


def test_building_leaves_torchs_generator_alone() -> None:
    before = torch.random.get_rng_state()
    for name in NAMES:
        space, (architecture,) = space_and_samples(name, 1, 0)
        build_network(space, architecture, SKELETONS[0])
    assert torch.equal(before, torch.random.get_rng_state())
