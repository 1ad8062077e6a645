"""Options: the plain integers of an architecture."""

from __future__ import annotations

import numpy as np

from nasbench.spaces import Architectures, SearchSpace
from surrogates.encodings.encoding import Encoding, Features


class Options(Encoding):
    """Give the options as numbers, one column per decision.

    Fit for trees, and for decisions whose options have an order, such as widths.
    """

    name = "options"

    def is_defined_on(self, space: SearchSpace) -> str | None:
        """Return None: every space is a product of decisions."""
        del space
        return None

    def encode(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return ``(n, decisions) float32``.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
        """
        space.indices(architectures)  # checks shape and range
        return np.asarray(architectures, np.float32)
