"""A learned encoding: the latent means of a variational graph autoencoder."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.spaces import Architectures, Graph, SearchSpace
from surrogates.encodings import graph_autoencoder
from surrogates.encodings.encoding import Encoding, Features
from surrogates.encodings.rows_by_graph import RowsByGraph, why_no_graph

NAMES = "names"
UNLABELLED = 2000
STEPS = 1000
"""Batches of 64 graphs that the autoencoder learns from."""


class LearnedEncoding(Encoding):
    """Give every architecture the mean latent vector of its graph's vertices.

    Yan et al., NeurIPS 2020 (arch2vec): an autoencoder learns graphs before any
    accuracy is known. `fit` trains it on the graphs of the architectures it is given
    and of further ones that it draws from the space: structure is free to know, so
    that this sees no more of the task than any encoding. The graph is that of
    `TopologyCell.graph`, pruned and in canonical order; members of a class are encoded
    alike. Training takes torch; encoding does not.

    Args:
        dimensions: Length of the vector; 16 in the paper.
        unlabelled: How many architectures `fit` draws; 0 to learn from those that it
            is given alone.
        seed: Of first weights, draws and noise.

    Raises:
        NasbenchError: A number is out of range.
    """

    def __init__(
        self, dimensions: int = 16, unlabelled: int = UNLABELLED, seed: int = 0
    ) -> None:
        if dimensions < 1 or unlabelled < 0 or seed < 0:
            raise NasbenchError(
                "a learned encoding has 1 dimension or more, and 0 or more unlabelled "
                f"architectures and seed, not {dimensions}, {unlabelled} and {seed}"
            )
        self.name = f"learned-{dimensions}"
        self._dimensions = dimensions
        self._unlabelled = unlabelled
        self._seed = seed
        self._names: dict[str, int] | None = None
        self._weights: graph_autoencoder.Arrays = {}

    def is_defined_on(self, space: SearchSpace) -> str | None:
        """Say why not: the space has to have graphs."""
        return why_no_graph(space)

    def fit(self, space: SearchSpace, architectures: Architectures) -> Self:
        """Return a copy whose autoencoder has learned graphs of the space.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
            NasbenchError: The space has no graphs, or torch is not installed.
        """
        self.require(space)
        rng = np.random.default_rng(self._seed)
        drawn = [space.sample(rng) for _ in range(self._unlabelled)]
        own = np.asarray(architectures, np.uint8).reshape(-1, space.decisions)
        rows = np.concatenate(
            (own, np.array(drawn, np.uint8).reshape(-1, own.shape[1]))
        )
        known = _graphs(space)
        graphs = [known.values[row] for row in np.unique(known.rows(rows))]
        if not graphs:
            raise NasbenchError("a learned encoding needs architectures to learn from")
        labels = sorted({label for graph in graphs for label in graph.labels})
        made = copy.copy(self)
        made._names = {label: column for column, label in enumerate(labels)}
        made._weights = graph_autoencoder.train(
            graph_autoencoder.batch_of(graphs, made._names),
            self._dimensions,
            STEPS,
            rng,
        )
        return made

    def encode(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return the ``(n, dimensions) float32`` latent means.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
            NasbenchError: The space has no graphs, or the encoding is not fitted.
        """
        self.require(space)
        if self._names is None:
            raise NasbenchError(
                f"encoding {self.name!r} has learned nothing yet; fit it to the "
                "training architectures first"
            )
        known = _graphs(space)
        used, back = np.unique(known.rows(architectures), return_inverse=True)
        found = np.zeros((len(used), self._dimensions), np.float32)
        for position, row in enumerate(used):
            # One by one, so that no row depends on what else is in the batch.
            graph = graph_autoencoder.batch_of([known.values[row]], self._names)
            found[position] = graph_autoencoder.means(self._weights, graph)[0]
        return found[back]

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the labels and all weights; nothing before `fit`."""
        if self._names is None:
            return {}
        return {NAMES: np.array(list(self._names), dtype=np.str_), **self._weights}

    def restore(self, state: dict[str, NDArray[Any]]) -> Self:
        """Return a copy with the labels and weights of `state`.

        Raises:
            NasbenchError: The state is not that of this encoding.
        """
        if not state:
            return self
        shape = state["mean"].shape if "mean" in state else None
        if NAMES not in state or shape is None or shape[1:] != (self._dimensions,):
            raise NasbenchError(
                f"encoding {self.name!r} learns names and a graph network, but is "
                f"given {', '.join(sorted(state))}"
            )
        made = copy.copy(self)
        made._names = {str(label): i for i, label in enumerate(state[NAMES])}
        made._weights = {k: v for k, v in state.items() if k != NAMES}
        return made


@lru_cache(maxsize=16)
def _graphs(space: SearchSpace) -> RowsByGraph[Graph]:
    """Return the graphs of a space, once for all encodings of one process."""
    return RowsByGraph(space, lambda graph: graph)
