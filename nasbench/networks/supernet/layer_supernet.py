"""The supernet of a chain of layers, each layer one decision."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from nasbench.errors import NasbenchError
from nasbench.networks.layer_network import ConvBNReLU, LayerNetwork
from nasbench.networks.skeleton import Skeleton
from nasbench.networks.supernet.dense_layer import dense_layer
from nasbench.networks.supernet.mixed_operation import MixedOperation, without_scale
from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import (
    PLAIN,
    Supernet,
    SupernetForm,
    without_running_statistics,
)
from nasbench.spaces import Architecture, LayerSpace
from nasbench.spaces.layer_space import Layer


class PaddedLayer(nn.Module):
    """A layer whose output has zeros for the channels that wider layers have."""

    def __init__(self, source: int, layer: Layer, width: int) -> None:
        super().__init__()
        self.block = ConvBNReLU(source, layer)
        without_scale(self.block)
        self.missing = width - layer.filters

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, source, h, w)`` to ``(batch, width, h/stride, w/stride)``."""
        out: Tensor = self.block(x)
        return functional.pad(out, (0, 0, 0, 0, 0, self.missing))


class LayerSupernet(Supernet):
    """Mixed layers in sequence; narrow options are padded by zeros to the widest.

    An option reads as many channels as its widest predecessor has. On one path the
    channels that a narrow predecessor does not have are zero, so that the network of
    an architecture has the first columns of the shared weights.
    """

    def __init__(
        self, space: LayerSpace, skeleton: Skeleton, form: SupernetForm = PLAIN
    ) -> None:
        if form.partial != 1:
            raise NasbenchError(
                f"{space.name} has no supernet of partial channels: its layers change "
                "the number of channels, so that none can pass by"
            )
        super().__init__(space)
        self.form = form
        sources = skeleton.image_channels
        self.layers = nn.ModuleList()
        for options in options_of(space):
            width = max(layer.filters for layer in options)
            blocks = [PaddedLayer(sources, layer, width) for layer in options]
            self.layers.append(MixedOperation(blocks))
            sources = width
        self.classifier = nn.Linear(sources, skeleton.classes)
        if not form.running_statistics:
            without_running_statistics(self)

    def forward(self, images: Tensor, mixture: Mixture) -> Tensor:
        """Return the logits, ``(batch, classes)``."""
        features = images
        for decision, layer in enumerate(self.layers):
            active, row = mixture.active[decision], mixture.row(decision)
            everything = row is not None and len(active) == len(layer.options)  # type: ignore[arg-type]
            if everything and not self.form.running_statistics:
                features = dense_layer(layer.options, features, row)  # type: ignore[arg-type]
            else:
                features = layer(features, active, row)
        logits: Tensor = self.classifier(features.mean((2, 3)))
        return logits

    def inherit(self, network: nn.Module, architecture: Architecture) -> None:
        """Copy the first columns of the shared weights into the network.

        Raises:
            NasbenchError: It is no network of layers.
        """
        if not isinstance(network, LayerNetwork):
            raise NasbenchError(f"{type(network).__name__} is no network of layers")
        theirs = [*network.stem, *network.body]
        with torch.no_grad():
            for mine, option, target in zip(
                self.layers, architecture, theirs, strict=True
            ):
                own = mine.options[option].block  # type: ignore[union-attr, index]
                columns = target[0].weight.shape[1]
                target[0].weight.copy_(own[0].weight[:, :columns])
                if self.form.running_statistics:
                    target[1].load_state_dict(own[1].state_dict(), strict=False)
            columns = network.classifier.in_features
            network.classifier.weight.copy_(self.classifier.weight[:, :columns])
            network.classifier.bias.copy_(self.classifier.bias)


def options_of(space: LayerSpace) -> list[list[Layer]]:
    """Return the layers that every decision chooses from.

    Raises:
        NasbenchError: A layer takes more than one decision, or not all networks have
            one layer per decision.
    """
    first = (0,) * space.decisions
    if space.decisions_per_layer != 1 or len(space.layers(first)) != space.decisions:
        raise NasbenchError(
            f"{space.name} has no supernet: it takes one decision for every layer"
        )
    return [
        [
            space.layers((*first[:d], option, *first[d + 1 :]))[d]
            for option in range(radix)
        ]
        for d, radix in enumerate(space.radices)
    ]
