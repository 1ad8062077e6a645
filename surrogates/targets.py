"""What a model is trained on: accuracies as they are, as errors, or as ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError, unknown

Floats: TypeAlias = NDArray[np.float64]
TargetKind: TypeAlias = Literal["plain", "log-error", "rank", "log"]

KNOTS = 512
"""Points of the curve that turns ranks back into values."""

SMALLEST_ERROR = 1e-4
"""Errors below are taken as this; accuracies of small validation sets reach 1."""


@dataclass(frozen=True, eq=False)
class Target:
    """An increasing map from values to what a model is trained on, and its inverse.

    Kinds: ``plain`` standardises; ``log-error`` is -log(1 - accuracy), standardised,
    which gives differences among good architectures the weight that a few at chance
    level would take from them; ``rank`` are normal scores of the ranks (Blom 1958),
    which no outlier moves; ``log`` is for seconds and other positive quantities.

    Attributes:
        kind: Which of them.
        knots: ``(k, 2)``: raw values and what they become, ascending; for ``rank``.
        shift: What is subtracted from the others.
        scale: By what they are divided then.
    """

    kind: TargetKind
    knots: Floats
    shift: float
    scale: float

    @classmethod
    def fit(cls, kind: TargetKind, values: Floats) -> Self:
        """Learn the map from ``(n,)`` training values.

        Raises:
            NasbenchError: The kind is not known, or values are outside its range.
        """
        if kind not in get_args(TargetKind):
            raise NasbenchError(unknown("target", kind, get_args(TargetKind)))
        low, high = float(values.min()), float(values.max())
        if kind == "log-error" and not (low >= 0 and high <= 1):
            raise NasbenchError(
                f"target 'log-error' takes accuracies in [0, 1], not {low:g} to "
                f"{high:g}; give fractions, or take target 'plain'"
            )
        if kind == "log" and low <= 0:
            raise NasbenchError(f"target 'log' takes positive values, not {low:g}")
        if kind == "rank":
            return cls(kind, _knots(values), 0.0, 1.0)
        raw = _raw(kind, values)
        spread = float(raw.std())
        return cls(kind, np.empty((0, 2)), float(raw.mean()), spread or 1.0)

    def forward(self, values: Floats) -> Floats:
        """Return what ``(n,)`` values become."""
        if self.kind == "rank":
            return _interpolated(values, self.knots[:, 0], self.knots[:, 1])
        return np.asarray((_raw(self.kind, values) - self.shift) / self.scale)

    def inverse(self, scores: Floats) -> Floats:
        """Return the values that became ``(n,)`` scores."""
        if self.kind == "rank":
            return _interpolated(scores, self.knots[:, 1], self.knots[:, 0])
        raw = scores * self.scale + self.shift
        if self.kind == "log-error":
            return np.asarray(-np.expm1(-raw))
        return np.asarray(np.exp(raw) if self.kind == "log" else raw)

    def inverse_std(self, mean: Floats, std: Floats) -> Floats:
        """Return half the distance between the values one `std` to either side."""
        return np.asarray((self.inverse(mean + std) - self.inverse(mean - std)) / 2)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what `restore` needs beside the kind."""
        return {"knots": self.knots, "affine": np.array([self.shift, self.scale])}

    @classmethod
    def restore(cls, kind: TargetKind, arrays: dict[str, NDArray[Any]]) -> Self:
        """Return the target whose `arrays` these are."""
        shift, scale = arrays["affine"].tolist()
        return cls(kind, arrays["knots"], shift, scale)


def _raw(kind: TargetKind, values: Floats) -> Floats:
    if kind == "log-error":
        return np.asarray(-np.log(np.maximum(1 - values, SMALLEST_ERROR)))
    return np.asarray(np.log(values) if kind == "log" else values)


def _knots(values: Floats) -> Floats:
    """Return distinct values with the mean normal score of their ranks."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    distinct, first = np.unique(values, return_index=True)
    ranks = rankdata(values)[first]
    scores = ndtri((ranks - 0.375) / (len(values) + 0.25))
    chosen = np.arange(len(distinct))
    if len(distinct) > KNOTS:
        chosen = np.unique(np.linspace(0, len(distinct) - 1, KNOTS).round().astype(int))
    return np.column_stack((distinct[chosen], scores[chosen]))


def _interpolated(at: Floats, x: Floats, y: Floats) -> Floats:
    """Interpolate linearly; beyond the ends with the slope of an outer tenth.

    Clamping would tie all predictions beyond the best training value.
    """
    inside = np.interp(at, x, y)
    if len(x) < 2:
        return np.asarray(inside + (at - x[0]))
    reach = max(1, len(x) // 10)
    low = (y[reach] - y[0]) / (x[reach] - x[0])
    high = (y[-1] - y[-1 - reach]) / (x[-1] - x[-1 - reach])
    below, above = np.minimum(at - x[0], 0.0), np.maximum(at - x[-1], 0.0)
    return np.asarray(inside + low * below + high * above)
