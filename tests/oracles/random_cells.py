"""Random live cells, the same for all tests that time training on them."""

from __future__ import annotations

import numpy as np

from nasbench.spaces import Architecture, make_space

CELLS = 12


def random_cells(count: int = CELLS) -> list[Architecture]:
    """Return random cells of `cell201`, dead ones left out."""
    space, rng = make_space("cell201"), np.random.default_rng(0)
    drawn = (space.sample(rng) for _ in range(10 * count))
    return [cell for cell in drawn if not space.graph(cell).is_dead][:count]
