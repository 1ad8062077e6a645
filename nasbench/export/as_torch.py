"""An architecture as a torch module."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.export.whole_files import write_bytes
from nasbench.networks import Skeleton
from nasbench.spaces import Architecture, SearchSpace

if TYPE_CHECKING:
    from torch import nn


def to_torch(
    space: SearchSpace, architecture: Architecture, skeleton: Skeleton, seed: int = 0
) -> nn.Module:
    """Return the network of an architecture, with first weights, in training mode.

    The weights are drawn from `seed`; torch's own generator is left alone. A table
    holds no trained weights: train the module, or see what it would be worth in the
    table. It maps ``(batch, channels, height, width) float32`` images to
    ``(batch, classes)`` logits.

    Args:
        space: The space.
        architecture: A member of it.
        skeleton: Image, classes, channels and length of the network.
        seed: Seeds the weights.

    Raises:
        NasbenchError: The space does not hold the architecture, no network is
            registered for the space, or torch is not installed.
    """
    try:
        from nasbench.networks.network import build_network
        from nasbench.training.initialisation import initialise
    except ImportError as error:
        raise NasbenchError(
            f"torch cannot be imported ({error}); install it with "
            'pip install "nasbench-suite[train]"'
        ) from error
    network = build_network(space, space.check(architecture), skeleton)
    initialise(network, np.random.default_rng(seed))
    return network


def save_program(network: nn.Module, image: tuple[int, int, int], path: Path) -> None:
    """Write a network to a ``.pt2`` file that torch runs without this suite.

    ``torch.export.load(path).module()`` gives it back, in inference mode, for batches
    of any size.

    Args:
        network: What `to_torch` built, trained or not; its mode stays as it is.
        image: Channels, height and width.
        path: Where the file is to stand, ending in ``.pt2``.

    Raises:
        NasbenchError: The path ends otherwise or cannot be written, or the network is
            a constant.
    """
    import torch

    if path.suffix.lower() != ".pt2":
        raise NasbenchError(f"{path} is no name of a torch program; end it in .pt2")
    refuse_constant(network)
    training = network.training
    network.eval()
    try:
        program = torch.export.export(
            network,
            (torch.zeros(2, *image),),
            dynamic_shapes=({0: torch.export.Dim("batch")},),
        )
        content = io.BytesIO()
        torch.export.save(program, content)
    finally:
        network.train(training)
    write_bytes(content.getvalue(), path)


def refuse_constant(network: nn.Module) -> None:
    """Refuse the network of a cell without a path from input to output.

    Raises:
        NasbenchError: It is one; it reads nothing of the image but its batch size.
    """
    from nasbench.networks.network import ConstantNetwork

    if isinstance(network, ConstantNetwork):
        raise NasbenchError(
            "no path leads from this cell's input to its output: its network is one "
            "learned constant, of which other tools can make nothing"
        )
