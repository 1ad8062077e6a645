"""One-hot: a column per option of every decision."""

from __future__ import annotations

import numpy as np

from nasbench.spaces import Architectures, SearchSpace
from surrogates.encodings.encoding import Encoding, Features


class OneHot(Encoding):
    """Mark the option taken in every decision: 30 columns for ``cell201``."""

    name = "one-hot"

    def is_defined_on(self, space: SearchSpace) -> str | None:
        """Return None: every space is a product of decisions."""
        del space
        return None

    def encode(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return ``(n, sum of radices) float32`` of zeros and ones.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
        """
        return space.one_hot(architectures).astype(np.float32)
