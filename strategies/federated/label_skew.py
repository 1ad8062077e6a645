"""Images divided among clients whose labels are skewed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError

ATTEMPTS = 100
"""Divisions that are drawn before it is said that none gives everyone enough."""

Positions = NDArray[np.int64]


def divide(
    labels: Mapping[str, NDArray[np.int64]],
    clients: int,
    concentration: float,
    least: int,
    rng: np.random.Generator,
) -> list[dict[str, Positions]]:
    """Return for every client the ascending positions of its images, by split.

    Every image has one owner. Of each class the clients get shares drawn from a
    Dirichlet distribution (Hsu, Qi & Brown, 2019), the same in all splits: near 0 a
    class has one owner, and at infinity all clients look alike. One client gets
    everything.

    Args:
        labels: ``(n,)`` labels of every split.
        clients: How many.
        concentration: The distribution's one parameter, above 0.
        least: Images that every client needs in every split.
        rng: Draws the shares, and who gets which image.

    Raises:
        NasbenchError: No division that was drawn gives every client enough.
    """
    for _ in range(ATTEMPTS):
        classes = 1 + max(int(values.max()) for values in labels.values())
        shares = rng.dirichlet([concentration] * clients, size=classes)
        divided: list[dict[str, Positions]] = [{} for _ in range(clients)]
        for split, values in labels.items():
            owners = _owners(values, shares, rng)
            for client, mine in enumerate(divided):
                mine[split] = np.flatnonzero(owners == client)
        if all(len(own) >= least for mine in divided for own in mine.values()):
            return divided
    raise NasbenchError(
        f"{ATTEMPTS} divisions among {clients} clients at a concentration of "
        f"{concentration:g} left some client with fewer than {least} images; take "
        "fewer clients, a larger concentration or a smaller batch"
    )


def _owners(
    labels: NDArray[np.int64], shares: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the owner of every image; shares hold exactly, up to whole images."""
    owners = np.zeros(len(labels), np.int64)
    for label, share in enumerate(shares):
        own = rng.permutation(np.flatnonzero(labels == label))
        ends = np.rint(share.cumsum() * len(own)).astype(np.int64)
        owners[own] = np.searchsorted(ends[:-1], np.arange(len(own)), side="right")
    return owners
