"""The network of an architecture as thin as can be: few channels, tiny images."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

from torch import nn

from nasbench.networks import Skeleton
from nasbench.networks.layer_network import layer_network
from nasbench.networks.network import build_network
from nasbench.spaces import Architecture, LayerSpace, SearchSpace

SIDE = 3
"""Height and width of the images that a thin network reads."""

THINNED = 16
"""How many channels of a layer become one, where a space chooses the widths."""


@singledispatch
def thin_network(
    space: SearchSpace, architecture: Architecture, skeleton: Skeleton
) -> nn.Module:
    """Return a network one channel wide, one cell per stage, for 1 x 3 x 3 images.

    As TE-NAS thins its cells (Chen et al., ICLR 2021). Only the number of classes is
    taken from `skeleton`. In a layer space the architecture sets the widths, not the
    skeleton; there every layer gets a sixteenth of its channels, rounded up, so that
    wider layers stay wider. With an eighth, half of the networks of ``size`` tell all
    3,000 inputs of linear_regions apart; with one channel throughout, all are one.

    A space of another kind whose skeleton does not set the width registers its own:
    ``thin_network.register(MySpace)``.

    Raises:
        NasbenchError: No network is registered for this kind of space.
    """
    return build_network(space, architecture, _narrow(skeleton))


@thin_network.register
def _(space: LayerSpace, architecture: Architecture, skeleton: Skeleton) -> nn.Module:
    checked = space.check(architecture)
    layers = [
        layer._replace(filters=-(-layer.filters // THINNED))
        for layer in space.layers(checked)
    ]
    return layer_network(layers, _narrow(skeleton), space.resolution(checked))


def _narrow(skeleton: Skeleton) -> Skeleton:
    tiny = replace(skeleton, image_channels=1, height=SIDE, width=SIDE)
    return replace(tiny, channels=1, cells_per_stage=1)
