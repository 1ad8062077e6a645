"""Thin networks: what linear_regions sees of a space that chooses its own widths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from nasbench.networks import Skeleton
from nasbench.networks.network import build_network
from nasbench.spaces import LayerSpace, make_space
from surrogates.proxies import make_proxy
from surrogates.proxies.examples import example_source
from surrogates.proxies.thin_network import THINNED, thin_network

FRAME = Skeleton(3, 32, 32, 10, 16, 5)
LAYERED = ("chain", "conv5", "size", "size-compound")


def convolutions(network: nn.Module) -> list[nn.Conv2d]:
    return [each for each in network.modules() if isinstance(each, nn.Conv2d)]


@pytest.mark.parametrize("name", LAYERED)
def test_layers_keep_all_but_their_widths(name: str) -> None:
    space = make_space(name)
    assert isinstance(space, LayerSpace)
    rng = np.random.default_rng(0)
    for _ in range(10):
        cell = space.sample(rng)
        wide = convolutions(build_network(space, cell, FRAME))
        thin = convolutions(thin_network(space, cell, FRAME))
        assert [(c.kernel_size, c.stride) for c in thin] == [
            (c.kernel_size, c.stride) for c in wide
        ]
        sixteenths = [-(-c.out_channels // THINNED) for c in wide]
        assert [c.out_channels for c in thin] == sixteenths
        assert thin[0].in_channels == 1
        assert thin_network(space, cell, FRAME)(torch.randn(2, 1, 3, 3)).shape == (
            2,
            10,
        )


@pytest.mark.parametrize("name", LAYERED)
def test_linear_regions_tell_architectures_apart(name: str) -> None:
    """In networks of full width every input has a code of its own: always 3,000."""
    source = example_source(make_space(name))
    proxy, rng = make_proxy("linear_regions"), np.random.default_rng(1)
    cells = [source.space.sample(rng) for _ in range(12)]
    scores = [proxy.score(source.specimen(cell, 0)) for cell in cells]
    assert len(set(scores)) > 5, scores
    assert sum(score == 3000 for score in scores) < 8, scores
    assert [proxy.score(source.specimen(cell, 0)) for cell in cells] == scores


def test_more_channels_in_the_first_layer_mean_more_regions_in_size() -> None:
    source = example_source(make_space("size"))
    proxy = make_proxy("linear_regions")
    cells = [(width, 1, 1, 1, 1) for width in (1, 3, 5, 7)]  # 1 to 4 channels
    scores = [proxy.score(source.specimen(cell, 0)) for cell in cells]
    assert scores == sorted(set(scores)), scores


def test_a_cell_is_one_channel_wide_as_it_always_was() -> None:
    space = make_space("cell201")
    narrow = replace(
        FRAME, image_channels=1, height=3, width=3, channels=1, cells_per_stage=1
    )
    for cell in ((3, 2, 3, 4, 1, 3), (3, 3, 3, 3, 3, 3), (0,) * 6):
        thin = thin_network(space, cell, FRAME)
        assert str(thin) == str(build_network(space, cell, narrow))
