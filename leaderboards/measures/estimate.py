"""A figure and its interval, as every bootstrap returns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

REPLICATES = 2000
CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Estimate:
    """A figure and its interval.

    Attributes:
        value: ``(...) float64``, computed from all samples.
        low: ``(...) float64``, lower bound.
        high: ``(...) float64``, upper bound.
    """

    value: Floats
    low: Floats
    high: Floats
