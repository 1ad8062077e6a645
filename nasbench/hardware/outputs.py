"""Whether a runtime computes what torch computes: asked before anything is timed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nasbench.hardware.target import RejectedError

FLOAT32 = 1e-4
"""The largest deviation for arithmetic in float32, a hundred times its rounding."""

BFLOAT16 = 0.5
"""For bfloat16, whose numbers have 8 significant bits. Networks with first weights
amplify rounding from cell to cell: measured are 0.01 for one cell per stage, 0.3 for
five; another network's outputs differ by 1 and more."""

INT8 = 0.75
"""For int8, calibrated on first weights: measured are 0.03 to 0.4."""


def deviation(
    found: NDArray[np.float32], wanted: NDArray[np.float32], tolerance: float
) -> float:
    """Return the largest difference as a share of the largest wanted value.

    Args:
        found: ``(batch, classes)`` outputs of the runtime.
        wanted: The same of torch.
        tolerance: The largest deviation that is let through.

    Raises:
        RejectedError: The outputs differ by more, in shape, or are not finite.
    """
    if found.shape != wanted.shape:
        raise RejectedError(f"outputs of {found.shape}, not {wanted.shape}")
    if not np.isfinite(found).all():
        raise RejectedError("outputs are not finite")
    largest = float(np.abs(wanted).max()) or 1.0
    difference = float(np.abs(found.astype(np.float64) - wanted).max()) / largest
    if difference > tolerance:
        raise RejectedError(
            f"outputs differ from torch's by {difference:.2g} of the largest; allowed "
            f"are {tolerance:g}"
        )
    return difference
