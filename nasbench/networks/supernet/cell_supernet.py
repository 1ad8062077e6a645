"""The supernet of a topology cell: every edge holds all operations."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nasbench.errors import NasbenchError
from nasbench.networks.network import Cell, CellNetwork, ConstantNetwork
from nasbench.networks.operations import Reduction
from nasbench.networks.skeleton import Skeleton
from nasbench.networks.supernet.dense_cell import dense_nodes
from nasbench.networks.supernet.mixed_operation import (
    MixedOperation,
    make_option,
    sum_of,
)
from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import (
    PLAIN,
    Supernet,
    SupernetForm,
    constant_logits,
    copy_state,
    without_running_statistics,
)
from nasbench.spaces import Architecture, Graph, TopologyCell
from nasbench.spaces.operations import NONE


class CellOfEdges(nn.Module):
    """A cell whose edges are mixed operations; nodes are sums of their edges."""

    def __init__(self, space: TopologyCell, channels: int, form: SupernetForm) -> None:
        super().__init__()
        if channels % form.partial:
            raise NasbenchError(
                f"{channels} channels cannot be cut into {form.partial} parts; take a "
                "multiple of it as the recipe's channels"
            )
        self.space = space
        self.partial = form.partial
        self.batch_statistics = not form.running_statistics
        self.edges = nn.ModuleList(
            MixedOperation(
                [make_option(o, channels // form.partial) for o in space.operations]
            )
            for _ in space.edges
        )

    def forward(self, x: Tensor, mixture: Mixture) -> Tensor:
        """Map ``(batch, channels, height, width)`` to the same shape."""
        if mixture.is_path and self.partial == 1:
            return self._path(x, [options[0] for options in mixture.active])
        everything = all(
            len(active) == len(self.space.operations) for active in mixture.active
        )
        if everything and self.batch_statistics and self.partial == 1:
            return dense_nodes(self.space, self.edges, x, mixture)
        arriving: list[list[Tensor]] = [[] for _ in range(self.space.nodes)]
        arriving[0].append(x)
        for decision, (source, target) in enumerate(self.space.edges):
            if decision == 0 or self.space.edges[decision - 1][1] != target:
                arriving[target - 1] = [sum_of(arriving[target - 1])]
            arriving[target].append(self._edge(decision, arriving[source][0], mixture))
        return sum_of(arriving[-1])

    def _edge(self, decision: int, x: Tensor, mixture: Mixture) -> Tensor:
        active, row = mixture.active[decision], mixture.row(decision)
        edge = self.edges[decision]
        if self.partial == 1:
            out: Tensor = edge(x, active, row)
        else:
            width = x.shape[1] // self.partial
            mixed = edge(x[:, :width], active, row)
            out = shuffled(torch.cat((mixed, x[:, width:]), 1), self.partial)
        if mixture.edge_weights is not None:
            out = mixture.edge_weights[decision] * out
        return out

    def _path(self, x: Tensor, architecture: list[int]) -> Tensor:
        """Run one option per edge, and only those that carry input to the output."""
        space = self.space
        alive = {space.nodes - 1}
        for (source, target), option in reversed(
            list(zip(space.edges, architecture, strict=True))
        ):
            if target in alive and space.operations[option] != NONE:
                alive.add(source)
        nodes: list[Tensor | None] = [x] + [None] * (space.nodes - 1)
        for edge, (source, target), option in zip(
            self.edges, space.edges, architecture, strict=True
        ):
            value, total = nodes[source], nodes[target]
            if value is None or target not in alive:
                continue
            if space.operations[option] != NONE:
                out = edge.options[option](value)  # type: ignore[operator, index]
                nodes[target] = out if total is None else total + out
        output = nodes[-1]
        return torch.zeros_like(x) if output is None else output


def shuffled(x: Tensor, groups: int) -> Tensor:
    """Interleave the channels of so many groups (ShuffleNet, Zhang et al., 2018)."""
    batch, channels, height, width = x.shape
    split = x.reshape(batch, groups, channels // groups, height, width)
    return split.transpose(1, 2).reshape(batch, channels, height, width)


class CellSupernet(Supernet):
    """The supernet of a topology cell in the skeleton of `CellNetwork`.

    All cells share the mixture; each has weights of its own.
    """

    def __init__(
        self, space: TopologyCell, skeleton: Skeleton, form: SupernetForm = PLAIN
    ) -> None:
        super().__init__(space)
        self.form = form
        # A cell without vertices gives the frame; its cells are then replaced.
        frame = CellNetwork(Graph(("input", "output"), ((), (0,))), skeleton)
        self.stem, self.head = frame.stem, frame.head
        self.classifier = frame.classifier
        widths = iter(
            channels
            for channels, _, _ in skeleton.stages()
            for _ in range(skeleton.cells_per_stage)
        )
        self.body = nn.ModuleList(
            CellOfEdges(space, next(widths), form) if isinstance(part, Cell) else part
            for part in frame.body
        )
        if not form.running_statistics:
            without_running_statistics(self)

    def forward(self, images: Tensor, mixture: Mixture) -> Tensor:
        """Return the logits, ``(batch, classes)``."""
        features = self.stem(images)
        for part in self.body:
            if isinstance(part, Reduction):
                features = part(features)
            else:
                features = part(features, mixture)
        logits: Tensor = self.classifier(self.head(features).mean((2, 3)))
        return logits

    def inherit(self, network: nn.Module, architecture: Architecture) -> None:
        """Copy the shared weights into the network of `architecture`.

        Raises:
            NasbenchError: The weights have other shapes than the network's, as those of
                partial channels have.
        """
        if isinstance(network, ConstantNetwork):
            features = self.classifier.in_features
            constant = constant_logits(self.head, self.classifier, features)
            network.bias.data.copy_(constant)
            return
        if not isinstance(network, CellNetwork):
            raise NasbenchError(f"{type(network).__name__} is no network of a cell")
        for name in ("stem", "head", "classifier"):
            copy_state(getattr(self, name), getattr(network, name))
        space: TopologyCell = self.space  # type: ignore[assignment]
        vertices = space.vertex_of_edges(architecture)
        for mine, theirs in zip(self.body, network.body, strict=True):
            if not isinstance(mine, CellOfEdges):
                copy_state(mine, theirs)
                continue
            for edge, option, vertex in zip(
                mine.edges, architecture, vertices, strict=True
            ):
                if vertex is not None:
                    own = edge.options[option]  # type: ignore[index]
                    copy_state(own, theirs.vertices[vertex - 1])  # type: ignore[index, arg-type]
