"""Random numbers that stay the same with every version of numpy.

Numpy promises that a bit generator gives the same raw numbers for ever, but not that
a `Generator` makes the same floats and integers of them (NEP 19). What goes into a
fingerprint is drawn here, of raw numbers and by exact arithmetic.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return numbers in [0, 1), multiples of 2^-53."""
    raw = rng.bit_generator.random_raw(math.prod(shape))
    whole_numbers = (raw >> np.uint64(11)).astype(np.float64)
    return (whole_numbers * 2.0**-53).reshape(shape)


def between(
    rng: np.random.Generator, low: float, high: float, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return numbers from `low` up to `high`."""
    return low + (high - low) * uniform(rng, shape)


def whole(
    rng: np.random.Generator, limit: int, shape: tuple[int, ...]
) -> NDArray[np.int64]:
    """Return whole numbers in [0, limit), equally likely up to limit/2^53."""
    return np.floor(limit * uniform(rng, shape)).astype(np.int64)
