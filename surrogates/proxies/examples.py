"""Small specimens, for examples and for the tests of proxies."""

from __future__ import annotations

import numpy as np

from nasbench.networks import Skeleton
from nasbench.spaces import SearchSpace, make_space
from surrogates.proxies.specimen import BATCHES, SpecimenSource


def example_source(
    space: SearchSpace | None = None, images: int = 12, seeds: int = 2
) -> SpecimenSource:
    """Return a source of narrow networks that are shown noise, with 4 classes.

    Args:
        space: The space; None for ``cell201-mini``.
        images: Images per batch.
        seeds: It makes specimens of the seeds 0 to this, exclusively.
    """
    rng = np.random.default_rng(0)
    shape = (images, 2, 10, 10)
    shown = {
        seed: [
            (
                rng.standard_normal(shape, dtype=np.float32),
                rng.permutation(np.arange(images) % 4),
            )
            for _ in range(BATCHES)
        ]
        for seed in range(seeds)
    }
    return SpecimenSource(
        space or make_space("cell201-mini"), Skeleton(2, 10, 10, 4, 4, 1), shown
    )
