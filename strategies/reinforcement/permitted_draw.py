"""Draws from a policy until the space and the free limits allow what is drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nasbench.search import SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.permitted import ATTEMPTS, sample_permitted


def permitted_draw(
    draw: Callable[[np.random.Generator], Architecture],
    context: SearchContext,
    rng: np.random.Generator,
) -> Architecture:
    """Return the first draw that is valid and that no limit on a free column forbids.

    After 100 refusals the uniform law over the space draws instead of the policy.
    """
    for _ in range(ATTEMPTS):
        drawn = draw(rng)
        if context.space.is_valid(drawn) and context.permits(drawn):
            return drawn
    return sample_permitted(context, rng)
