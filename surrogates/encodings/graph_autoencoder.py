"""A variational graph autoencoder, trained on graphs that nobody evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.spaces import Graph

if TYPE_CHECKING:
    from torch import Tensor

HIDDEN = 32
LAYERS = 3
LEARNING_RATE = 0.005
BATCH = 64

KL_WEIGHT = 0.005
"""Of the divergence, as in arch2vec's code: reconstruction counts for more."""

Arrays = dict[str, NDArray[np.float32]]
"""Weights by name: all that encoding and decoding need."""


@dataclass(frozen=True, eq=False)
class GraphBatch:
    """Graphs padded to the vertices of the largest.

    Attributes:
        adjacency: ``(n, v, v) float32``: how often the row's vertex is among the
            inputs of the column's.
        labels: ``(n, v, l) float32``, one-hot; zeros for labels without a column.
        present: ``(n, v) float32``: 1 for vertices, 0 for padding.
    """

    adjacency: NDArray[np.float32]
    labels: NDArray[np.float32]
    present: NDArray[np.float32]

    def __getitem__(self, rows: NDArray[np.int64]) -> GraphBatch:
        return GraphBatch(self.adjacency[rows], self.labels[rows], self.present[rows])


def batch_of(graphs: Sequence[Graph], names: Mapping[str, int]) -> GraphBatch:
    """Return graphs as arrays; `names` gives every label its column."""
    width = max((len(graph.labels) for graph in graphs), default=0)
    adjacency = np.zeros((len(graphs), width, width), np.float32)
    labels = np.zeros((len(graphs), width, len(names)), np.float32)
    present = np.zeros((len(graphs), width), np.float32)
    for row, graph in enumerate(graphs):
        present[row, : len(graph.labels)] = 1
        for vertex, (label, inputs) in enumerate(
            zip(graph.labels, graph.inputs, strict=True)
        ):
            if label in names:
                labels[row, vertex, names[label]] = 1
            for source in inputs:
                adjacency[row, source, vertex] += 1
    return GraphBatch(adjacency, labels, present)


def means(weights: Arrays, graphs: GraphBatch) -> NDArray[np.float32]:
    """Return the ``(n, dimensions)`` latent means of graphs, averaged over vertices.

    A graph isomorphism network (Xu et al., ICLR 2019) on the graph with its edges in
    both directions: every layer adds to a vertex what its neighbours hold.
    """
    latent = _latent(weights, graphs)
    present = graphs.present[..., None]
    total = (latent * present).sum(1) / np.maximum(present.sum(1), 1)
    return np.asarray(total, np.float32)


def train(
    graphs: GraphBatch, dimensions: int, steps: int, rng: np.random.Generator
) -> Arrays:
    """Learn to tell a graph's labels and edges from the latent vectors of its vertices.

    Yan, Zheng, Ao, Zeng & Zhang, NeurIPS 2020 (arch2vec). A vertex's latent vector is
    normal with a learned mean and deviation; the decoder reads labels by a linear
    layer, and an edge by the inner product of two vectors, one of them through a linear
    layer so that edges have a direction (there they have none). The loss is both
    cross-entropies and the divergence from the standard normal.

    Raises:
        NasbenchError: Torch is not installed.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise NasbenchError(
            "learning an encoding of graphs needs torch: "
            'pip install "nasbench-suite[train]"'
        ) from error
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        first = _first_weights(graphs.labels.shape[2], dimensions, rng)
        weights = {
            name: torch.from_numpy(v).requires_grad_() for name, v in first.items()
        }
        adam = torch.optim.Adam(list(weights.values()), lr=LEARNING_RATE)
        count = len(graphs.present)
        for _ in range(steps):
            part = graphs[rng.integers(count, size=BATCH)]
            noise = rng.standard_normal((*part.present.shape, dimensions))
            loss = loss_of(weights, part, noise.astype(np.float32))
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
        return {name: weight.detach().numpy() for name, weight in weights.items()}
    finally:
        torch.set_num_threads(threads)


def loss_of(
    weights: Mapping[str, Tensor], graphs: GraphBatch, noise: NDArray[np.float32]
) -> Tensor:
    """Return the negative evidence bound of a batch, per vertex, in nats.

    Args:
        weights: Of encoder and decoder.
        graphs: The batch.
        noise: ``(n, v, dimensions)`` standard normal.
    """
    import torch
    from torch.nn import functional

    adjacency, true_labels, present = (
        torch.from_numpy(a) for a in (graphs.adjacency, graphs.labels, graphs.present)
    )
    hidden = _hidden(torch, weights, adjacency, true_labels)
    mean = hidden @ weights["mean"] + weights["mean bias"]
    spread = hidden @ weights["spread"] + weights["spread bias"]
    latent = mean + torch.exp(spread / 2) * torch.from_numpy(noise)
    labels, edges = _decode(weights, latent)
    pairs = present[:, :, None] * present[:, None, :]
    by_label = functional.cross_entropy(
        labels.flatten(0, 1),
        true_labels.flatten(0, 1),
        reduction="none",
    )
    by_edge = functional.binary_cross_entropy_with_logits(
        edges,
        adjacency.clamp(max=1),
        reduction="none",
    )
    divergence = (mean**2 + spread.exp() - 1 - spread).sum(2) / 2
    total = (
        (by_label * present.flatten()).sum()
        + (by_edge * pairs).sum()
        + KL_WEIGHT * (divergence * present).sum()
    )
    bound: Tensor = total / present.sum()
    return bound


def reconstruction(weights: Arrays, graphs: GraphBatch) -> tuple[float, float]:
    """Return how many labels and how many edges are read back right, in [0, 1].

    Edges count over all pairs of vertices; most pairs have none.
    """
    latent = _latent(weights, graphs)
    labels, edges = _decode(weights, latent)
    present = graphs.present.astype(bool)
    right = labels.argmax(2) == graphs.labels.argmax(2)
    pairs = present[:, :, None] & present[:, None, :]
    same = (edges > 0) == (graphs.adjacency > 0)
    return float(right[present].mean()), float(same[pairs].mean())


def _latent(weights: Arrays, graphs: GraphBatch) -> NDArray[np.float32]:
    """Return the ``(n, v, dimensions)`` latent means of all vertices."""
    hidden = _hidden(np, weights, graphs.adjacency, graphs.labels)
    return np.asarray(hidden @ weights["mean"] + weights["mean bias"])


def _hidden(
    library: Any, weights: Mapping[str, Any], adjacency: Any, labels: Any
) -> Any:
    """Run the graph network, in numpy or in torch: they agree on these operations."""
    both = adjacency + adjacency.swapaxes(1, 2)
    hidden = labels
    for layer in range(LAYERS):
        heard = (1 + weights[f"self {layer}"]) * hidden + both @ hidden
        for part in ("in", "out"):
            name = f"{part} {layer}"
            heard = heard @ weights[name] + weights[f"{name} bias"]
            heard = library.maximum(heard, 0 * heard)
        hidden = heard
    return hidden


def _decode(weights: Mapping[str, Any], latent: Any) -> tuple[Any, Any]:
    """Return logits of labels ``(n, v, l)`` and of edges ``(n, v, v)``."""
    labels = latent @ weights["labels"] + weights["labels bias"]
    edges = (latent @ weights["edges"]) @ latent.swapaxes(1, 2) + weights["edges bias"]
    return labels, edges


def _first_weights(labels: int, dimensions: int, rng: np.random.Generator) -> Arrays:
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(LAYERS):
        shapes[f"self {layer}"] = ()
        shapes[f"in {layer}"] = (HIDDEN if layer else labels, HIDDEN)
        shapes[f"out {layer}"] = (HIDDEN, HIDDEN)
    shapes |= {"mean": (HIDDEN, dimensions), "spread": (HIDDEN, dimensions)}
    shapes |= {"labels": (dimensions, labels), "edges": (dimensions, dimensions)}
    weights: Arrays = {}
    for name, shape in shapes.items():
        if len(shape) == 2:
            drawn = rng.standard_normal(shape) / np.sqrt(shape[0])
            weights[name] = drawn.astype(np.float32)
            bias = () if name == "edges" else (shape[1],)
            weights[f"{name} bias"] = np.zeros(bias, np.float32)
        else:
            weights[name] = np.zeros(shape, np.float32)
    return weights
