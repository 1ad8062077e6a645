"""A supernet whose networks are nested: each is cut out of the largest."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from nasbench.errors import NasbenchError
from nasbench.networks.layer_network import ConvBNReLU, LayerNetwork
from nasbench.networks.skeleton import Skeleton
from nasbench.networks.supernet.elastic_layer import ElasticLayer
from nasbench.networks.supernet.elastic_layers import (
    Choice,
    choice_of,
    slots_of,
)
from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import Supernet, SupernetForm
from nasbench.spaces import Architecture, LayerSpace

Order = tuple[Tensor, int, Tensor]
"""A tensor, a dimension of it, and the order in which its entries are to stand."""


class ElasticSupernet(Supernet):
    """Elastic layers in sequence; a network takes some of them, each as large as it is.

    Cai et al., ICLR 2020 (Once-for-All). Unlike in `LayerSupernet`, options of a layer
    share their weights: narrow layers are the first filters of wide ones, small kernels
    the transformed centres of large ones, shallow stages the first layers of deep ones.

    Attributes:
        slots: The places for layers.
        largest: The network of all slots at their largest. It need not be in the space.
    """

    def __init__(self, space: LayerSpace, skeleton: Skeleton) -> None:
        super().__init__(space)
        self.form = SupernetForm(running_statistics=True, elastic=True)
        self.slots = slots_of(space)
        self.largest: Choice = tuple((i, s.largest) for i, s in enumerate(self.slots))
        widths = [skeleton.image_channels, *(slot.filters for slot in self.slots)]
        self.layers = nn.ModuleList(
            ElasticLayer(source, slot.filters, slot.kernels)
            for source, slot in zip(widths, self.slots, strict=False)
        )
        self.classifier = nn.Linear(widths[-1], skeleton.classes)
        self._side = (skeleton.height, skeleton.width)

    def forward(self, images: Tensor, mixture: Mixture) -> Tensor:
        """Return the logits, ``(batch, classes)``, of one architecture.

        Raises:
            NasbenchError: The mixture is not one architecture at weight 1.
        """
        if not mixture.is_path:
            raise NasbenchError("an elastic supernet runs one architecture at a time")
        path = tuple(options[0] for options in mixture.active)
        space: LayerSpace = self.space  # type: ignore[assignment]
        return self.run(images, choice_of(space, path), space.resolution(path))

    def run(self, images: Tensor, choice: Choice, resolution: float = 1.0) -> Tensor:
        """Return the logits, ``(batch, classes)``, of a choice of layers.

        Args:
            images: ``(batch, channels, height, width)``.
            choice: Slots and layers, in the space or not.
            resolution: Part of the image's side that is seen, in (0, 1].
        """
        features = images
        if resolution < 1:
            height, width = (math.ceil(side * resolution) for side in self._side)
            features = functional.adaptive_avg_pool2d(features, (height, width))
        for slot, layer in choice:
            features = self.layer(slot)(features, layer)
        pooled = features.mean((2, 3))
        weight = self.classifier.weight[:, : pooled.shape[1]]
        return functional.linear(pooled, weight, self.classifier.bias)

    def layer(self, slot: int) -> ElasticLayer:
        """Return the elastic layer of a slot."""
        return cast(ElasticLayer, self.layers[slot])

    def grown(self, architecture: Architecture, elastic: Collection[str]) -> Choice:
        """Return an architecture's layers, at their largest where not `elastic`.

        Args:
            architecture: Of the space.
            elastic: Those of ``kernel``, ``depth``, ``width`` that are taken from it.
        """
        space: LayerSpace = self.space  # type: ignore[assignment]
        own = dict(choice_of(space, architecture))
        chosen = []
        for slot, layer in self.largest:
            mine = own.get(slot)
            if mine is None and "depth" in elastic:
                continue
            if mine is not None:
                layer = mine._replace(
                    kernel=mine.kernel if "kernel" in elastic else layer.kernel,
                    filters=mine.filters if "width" in elastic else layer.filters,
                )
            chosen.append((slot, layer))
        return tuple(chosen)

    def dimensions(self) -> list[str]:
        """Return in what the networks differ, in the order in which they shrink."""
        space: LayerSpace = self.space  # type: ignore[assignment]
        least = choice_of(space, (0,) * space.decisions)
        narrow = any(layer.filters < self.slots[i].filters for i, layer in least)
        differs = {
            "kernel": any(len(slot.kernels) > 1 for slot in self.slots),
            "depth": len(least) < len(self.slots),
            "width": narrow,
        }
        return [name for name, there in differs.items() if there]

    def channel_orders(self) -> list[Order]:
        """Return how to put the most important channels of every stage first.

        Importance is the L1 norm of all weights that read the channel, as in the
        authors' code. Applied to all of these tensors, in order, it leaves what the
        largest network computes as it is.
        """
        orders: list[Order] = []
        for stage in range(self.slots[-1].stage + 1):
            members = [i for i, slot in enumerate(self.slots) if slot.stage == stage]
            readers = [
                self.layer(i + 1).conv.weight
                if i + 1 < len(self.layers)
                else self.classifier.weight
                for i in members
            ]
            with torch.no_grad():
                norms = [r.abs().transpose(0, 1).flatten(1).sum(1) for r in readers]
                total = torch.stack(norms).sum(0)  # (filters of the stage,)
            order = total.argsort(descending=True, stable=True)
            for member, reader in zip(members, readers, strict=True):
                layer = self.layer(member)
                norm = layer.norm
                own = (layer.conv.weight, norm.weight, norm.bias)
                kept = [
                    t for t in (norm.running_mean, norm.running_var) if t is not None
                ]
                orders += [(tensor, 0, order) for tensor in (*own, *kept)]
                orders.append((reader, 1, order))
        return orders

    def inherit(self, network: nn.Module, architecture: Architecture) -> None:
        """Copy the part of the shared weights that is the network of `architecture`.

        Raises:
            NasbenchError: It is no network of layers.
        """
        if not isinstance(network, LayerNetwork):
            raise NasbenchError(f"{type(network).__name__} is no network of layers")
        space: LayerSpace = self.space  # type: ignore[assignment]
        blocks = [*network.stem, *network.body]
        theirs = [block for block in blocks if isinstance(block, ConvBNReLU)]
        choice = choice_of(space, architecture)
        with torch.no_grad():
            for (slot, layer), target in zip(choice, theirs, strict=True):
                mine = self.layer(slot)
                weight = cast(nn.Conv2d, target[0]).weight
                weight.copy_(mine.weight(layer, weight.shape[1]))
                for name, tensor in target[1].state_dict().items():
                    own = getattr(mine.norm, name)
                    tensor.copy_(own[: layer.filters] if own.ndim else own)
            columns = network.classifier.in_features
            network.classifier.weight.copy_(self.classifier.weight[:, :columns])
            network.classifier.bias.copy_(self.classifier.bias)
