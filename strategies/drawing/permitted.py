"""Random architectures and changes that keep the limits which are free to check."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nasbench.search import SearchContext
from nasbench.spaces import Architecture

ATTEMPTS = 100


def draw_permitted(
    context: SearchContext, draw: Callable[[], Architecture]
) -> Architecture:
    """Return the first of up to 100 draws that no limit on a free column forbids.

    Where all of them are forbidden it returns the last: its training is in vain, but
    a search under a limit that almost nothing keeps goes on.
    """
    for _ in range(ATTEMPTS - 1):
        drawn = draw()
        if context.permits(drawn):
            return drawn
    return draw()


def sample_permitted(context: SearchContext, rng: np.random.Generator) -> Architecture:
    """Return a uniform draw from the architectures that are permitted."""
    return draw_permitted(context, lambda: context.space.sample(rng))
