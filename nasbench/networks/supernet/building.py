"""Builds the supernet of a space."""

from __future__ import annotations

from functools import singledispatch

import torch

from nasbench.errors import NasbenchError
from nasbench.networks.skeleton import Skeleton
from nasbench.networks.supernet.cell_supernet import CellSupernet
from nasbench.networks.supernet.elastic_supernet import ElasticSupernet
from nasbench.networks.supernet.layer_supernet import LayerSupernet
from nasbench.networks.supernet.supernet import PLAIN, Supernet, SupernetForm
from nasbench.spaces import LayerSpace, SearchSpace, TopologyCell


@singledispatch
def build_supernet(
    space: SearchSpace, skeleton: Skeleton, form: SupernetForm = PLAIN
) -> Supernet:
    """Return the supernet of `space`, with whatever weights torch gave it.

    Torch's generator stays put. A space of another kind registers its own builder:
    ``build_supernet.register(MySpace)``.

    Raises:
        NasbenchError: No builder is registered for this kind of space, or the space
            cannot have this form.
    """
    del skeleton, form
    raise NasbenchError(
        f"no supernet is registered for {type(space).__name__}; topology cells and "
        "chains of layers with one decision each have one"
    )


@build_supernet.register
def _(space: TopologyCell, skeleton: Skeleton, form: SupernetForm = PLAIN) -> Supernet:
    if form.elastic:
        raise NasbenchError(
            f"{space.name} has no elastic supernet: it chooses operations, not kernels "
            "and channels of layers as chain, size and size-compound do"
        )
    with torch.random.fork_rng(devices=[]):
        return CellSupernet(space, skeleton, form)


@build_supernet.register
def _(space: LayerSpace, skeleton: Skeleton, form: SupernetForm = PLAIN) -> Supernet:
    with torch.random.fork_rng(devices=[]):
        if form.elastic:
            return ElasticSupernet(space, skeleton)
        return LayerSupernet(space, skeleton, form)
