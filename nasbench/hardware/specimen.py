"""A network as targets get it: pruned, with weights of ordinary size, in inference."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.hardware.target import RejectedError
from nasbench.networks import Skeleton
from nasbench.spaces import Architecture, SearchSpace

if TYPE_CHECKING:
    from torch import nn

SHOWN = 64
"""Images that normalise the weights, calibrate int8 and are compared."""

MOST_LETTERS = 100
"""Of a file's name; longer ones are digested."""

Images = NDArray[np.float32]


def noise_images(skeleton: Skeleton, seed: int = 0) -> Images:
    """Return ``(SHOWN, channels, height, width) float32`` images of normal noise."""
    shape = (SHOWN, skeleton.image_channels, skeleton.height, skeleton.width)
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


@dataclass(frozen=True, eq=False)
class Specimen:
    """All that a measured target needs to know of one network.

    Attributes:
        space: The space.
        architecture: A member of it.
        skeleton: Image, classes, channels and length of the network.
        images: ``(n, channels, height, width) float32``, normalised.
        folder: Where files for runtimes are made, and found again by the next target.
        seed: Seeds the weights.
    """

    space: SearchSpace
    architecture: Architecture
    skeleton: Skeleton
    images: Images
    folder: Path
    seed: int = 0
    _kept: dict[int, NDArray[np.float32]] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> str:
        """A name for files: equal for equal networks of one run."""
        name = "-".join(map(str, self.architecture))
        return (
            name
            if len(name) < MOST_LETTERS
            else hashlib.sha256(name.encode()).hexdigest()
        )

    @property
    def image(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    def batch(self, size: int) -> Images:
        """Return ``(size, channels, height, width) float32``; images repeat at need."""
        repeats = -(-size // len(self.images))
        return np.ascontiguousarray(np.tile(self.images, (repeats, 1, 1, 1))[:size])

    def logits(self, size: int) -> NDArray[np.float32]:
        """Return ``(size, classes) float32``, what torch makes of `batch`."""
        if size not in self._kept:
            import torch

            with torch.no_grad():
                found = self.network(torch.from_numpy(self.batch(size)))
            self._kept[size] = found.numpy()
        return self._kept[size]

    @cached_property
    def network(self) -> nn.Module:
        """The torch module, in inference mode, its activations of ordinary size.

        Batch norm's statistics are those of `images`, as in a trained network. With
        the ones that it starts from, sums over many vertices grow from cell to cell
        until a half-precision number does not hold them.

        Raises:
            RejectedError: The network is a constant, which no runtime can load.
            NasbenchError: torch is not installed.
        """
        from nasbench.export.as_torch import refuse_constant, to_torch

        network = to_torch(self.space, self.architecture, self.skeleton, self.seed)
        try:
            refuse_constant(network)
        except NasbenchError as error:
            raise RejectedError(
                "a constant network: nothing of the image reaches its output"
            ) from error
        _take_statistics(network, self.images)
        return network.eval().requires_grad_(False)

    def forget(self) -> None:
        """Drop the torch module and its outputs; hundreds of them would not fit."""
        self.__dict__.pop("network", None)
        self._kept.clear()


def _take_statistics(network: nn.Module, images: Images) -> None:
    """Set the running statistics of every batch norm to those of the images."""
    import torch
    from torch import nn

    norms = [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
    momenta = [each.momentum for each in norms]
    for each in norms:
        each.momentum = 1.0  # the new statistics replace the old ones
    with torch.no_grad():
        network.train()(torch.from_numpy(images))
    for each, momentum in zip(norms, momenta, strict=True):
        each.momentum = momentum
