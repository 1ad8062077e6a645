"""A linear model: latency as a sum of what every operation takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from surrogates.model import Floats, Model, Rows
from surrogates.store import Arrays
from surrogates.targets import TargetKind

PENALTIES = np.logspace(-6, 3, 28)
"""The penalties that are tried."""


@dataclass(eq=False)
class Ridge(Model):
    """Ridge regression (Hoerl & Kennard 1970), its penalty by leave-one-out errors.

    On columns that mark operations on edges it is a look-up table: a weight is what
    an operation takes in its place, and the sum is the network, as in the tables of
    ProxylessNAS (Cai et al., ICLR 2019) and FBNet (Wu et al., CVPR 2019); only that
    the entries come from whole networks instead of single blocks.
    """

    family: ClassVar[str] = "ridge"

    seed: int = 0
    target: TargetKind = "plain"

    def learn(self, rows: Rows, scores: Floats) -> Arrays:
        """Solve for every penalty, and keep the one with the least held-out error."""
        inputs = rows.astype(np.float64)
        centre, scale = inputs.mean(axis=0), inputs.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        level = float(scores.mean())
        left, values, right = np.linalg.svd(
            (inputs - centre) / scale, full_matrices=False
        )
        projected = left.T @ (scores - level)
        best: tuple[float, Floats] | None = None
        for penalty in PENALTIES * len(rows):
            shrunk = values**2 / (values**2 + penalty)
            leverage = (left**2) @ shrunk + 1 / len(rows)
            residual = scores - level - left @ (shrunk * projected)
            # Leave-one-out residuals in closed form (Allen's PRESS, 1974).
            error = float(np.mean((residual / np.maximum(1 - leverage, 1e-6)) ** 2))
            if best is None or error < best[0]:
                weights = right.T @ (values / (values**2 + penalty) * projected)
                best = error, weights
        assert best is not None, "there are penalties"
        return {
            "weights": best[1] / scale,
            "level": np.array(level - centre @ (best[1] / scale)),
            "variance": np.array(best[0]),
        }

    def infer(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the sums, and the held-out error as the deviation of all."""
        learned = self.learned()
        mean = rows.astype(np.float64) @ learned["weights"] + float(learned["level"])
        return mean, np.full(len(rows), np.sqrt(float(learned["variance"])))
