"""Which quantity of a board says how well a run did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Quantity:
    """What is ranked and drawn; smaller is better.

    Attributes:
        name: As in ``"test regret"``.
        fractions: ``(rows,) float64`` in [0, 1], one per row of the board.
    """

    name: str
    fractions: NDArray[np.float64]


def quantity_of(rows: pd.DataFrame) -> Quantity:
    """Return the best quantity that is known of one benchmark's rows.

    That is the test regret; without a known best of the space, the test error, which
    ranks the same; without test accuracies, the same two on the validation split.

    Args:
        rows: The rows of a board that belong to one benchmark.

    Raises:
        NasbenchError: The benchmark is no `Referee`, or no run has an incumbent.
    """
    for split in ("test", "validation"):
        regret = rows[f"{split}_regret"].to_numpy(np.float64)
        if np.isfinite(regret).any():
            return Quantity(f"{split} regret", regret)
        error = 1 - rows[f"incumbent_{split}_accuracy"].to_numpy(np.float64)
        if np.isfinite(error).any():
            return Quantity(f"{split} error", error)
    name = rows["benchmark"].iloc[0] if len(rows) else "none"
    raise NasbenchError(
        f"nothing to rank on benchmark {name!r}: it is no nasbench.benchmark.Referee, "
        "or no run trained an architecture successfully for the full number of epochs"
    )
