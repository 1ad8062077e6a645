"""Score one specimen with several proxies."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from nasbench.networks.network import ConstantNetwork
from surrogates.proxies.proxy import Proxy
from surrogates.proxies.specimen import Specimen
from tabular.proxy_columns import COMPLETE, CONSTANT, FAILED


@dataclass(frozen=True, slots=True)
class ProxyScore:
    """What a proxy says of one specimen.

    Attributes:
        score: The score; NaN where it failed.
        seconds: CPU seconds that it costs alone; what it shares with others counts in
            full.
        status: COMPLETE, FAILED (no finite number), or CONSTANT: the network's output
            does not depend on the image, and the score is the defined value.
    """

    score: float
    seconds: float
    status: int


def score_specimen(proxies: Sequence[Proxy], specimen: Specimen) -> list[ProxyScore]:
    """Return the scores of one specimen, on one thread.

    Raises:
        NasbenchError: A proxy cannot look into this kind of network.
    """
    constant = isinstance(specimen.network, ConstantNetwork)
    scores = []
    with _single_thread():
        for proxy in proxies:
            value, seconds = specimen.timed(proxy.score)
            if not math.isfinite(value):
                scores.append(ProxyScore(math.nan, seconds, FAILED))
            else:
                status = CONSTANT if constant else COMPLETE
                scores.append(ProxyScore(float(value), seconds, status))
    return scores


@contextmanager
def _single_thread() -> Iterator[None]:
    """Compute on one thread: the order of sums, and so the bits, depend on it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
