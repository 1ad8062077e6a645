"""Untrained networks with images, as proxies are given them."""

from __future__ import annotations

from torch import nn

from nasbench.spaces import make_space
from surrogates.proxies import make_proxy
from surrogates.proxies.examples import example_source
from surrogates.proxies.specimen import Specimen

CELL = make_space("cell201")
SOURCE = example_source(CELL, images=12)
RICH = (3, 2, 3, 4, 1, 3)
DEAD = (0,) * 6


def specimen(architecture: tuple[int, ...] = RICH, seed: int = 0) -> Specimen:
    return SOURCE.specimen(architecture, seed)


def with_batches(change, architecture=RICH) -> Specimen:
    changed = specimen(architecture)
    changed.batches = tuple(change(batch) for batch in changed.batches)
    return changed


def of_network(network: nn.Module, like: Specimen | None = None) -> Specimen:
    given = like or specimen()
    return Specimen(network, given.batches, given.costs, given.seed, given.thin)


def score(name: str, given: Specimen) -> float:
    return make_proxy(name).score(given)
