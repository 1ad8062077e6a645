"""Predict the end of a training from its beginning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError, unknown

Floats: TypeAlias = NDArray[np.float64]

SHORTEST = 4
"""Epochs that a fit of three or four parameters needs."""


def last_value(curves: Floats) -> Floats:
    """Return the ``(n,)`` last accuracies of ``(n, e)`` beginnings.

    The baseline that every other predictor has to beat.
    """
    return np.asarray(_beginnings(curves)[:, -1])


def sum_of_losses(losses: Floats, last: int | None = None) -> Floats:
    """Return minus the sum of training losses, a score to rank by.

    SoTL sums all epochs, SoTL-E the last ones (Ru et al., Speedy performance
    estimation, NeurIPS 2021): losses that fall quickly sum to little. It is no
    accuracy, and says nothing across data sets or numbers of epochs.

    Args:
        losses: ``(n, e)`` mean training loss of every epoch.
        last: How many of the last epochs to sum, as in SoTL-E; None for all.

    Raises:
        NasbenchError: There are not that many epochs.
    """
    known = _beginnings(losses)
    count = known.shape[1] if last is None else last
    if not 1 <= count <= known.shape[1]:
        raise NasbenchError(
            f"SoTL-E sums 1 to {known.shape[1]} epochs here, not {count}"
        )
    return np.asarray(-known[:, -count:].sum(axis=1))


@dataclass(frozen=True)
class CurveFamily:
    """A family of curves with a few parameters.

    Attributes:
        value: Accuracy after ``(e,)`` epochs, given the parameters.
        starts: Parameters from which fits begin.
        low: Smallest parameters.
        high: Largest parameters.
    """

    value: Callable[..., Floats]
    starts: tuple[tuple[float, ...], ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


FAMILIES: dict[str, CurveFamily] = {
    "pow3": CurveFamily(
        lambda x, c, a, alpha: c - a * x**-alpha,
        ((0.9, 0.5, 0.5), (0.6, 0.3, 1.0)),
        (0.0, 0.0, 0.01),
        (1.0, 2.0, 5.0),
    ),
    "logpower": CurveFamily(
        lambda x, a, b, c: a / (1 + (x / np.exp(b)) ** -c),
        ((0.9, 0.5, 1.0), (0.6, 1.0, 0.5)),
        (0.0, -10.0, 0.01),
        (1.0, 10.0, 5.0),
    ),
    "mmf": CurveFamily(
        lambda x, a, b, k, d: a - (a - b) / (1 + (k * x) ** d),
        ((0.9, 0.1, 0.5, 1.0), (0.6, 0.1, 0.1, 2.0)),
        (0.0, 0.0, 1e-4, 0.01),
        (1.0, 1.0, 100.0, 5.0),
    ),
    "hill3": CurveFamily(
        lambda x, top, half, slope: top * x**slope / (half**slope + x**slope),
        ((0.9, 1.0, 1.0), (0.6, 5.0, 0.5)),
        (0.0, 1e-3, 0.01),
        (1.0, 1000.0, 5.0),
    ),
}
"""Families of Domhan et al. (IJCAI 2015), those that saturate at an accuracy."""


@dataclass(frozen=True, eq=False)
class Extrapolation:
    """What fitted curves say, and whether to believe it.

    Attributes:
        final: ``(n,)`` accuracies; NaN where the fit failed.
        converged: ``(n,) bool``.
        residual: ``(n,)`` root mean squared errors on the beginnings; NaN likewise.
    """

    final: Floats
    converged: NDArray[np.bool_]
    residual: Floats


def extrapolate(curves: Floats, epochs: int, family: str = "pow3") -> Extrapolation:
    """Fit a family to every beginning by least squares and read off the end.

    A fit that does not converge, or whose asymptote lies on the bound of 1, has failed
    and says NaN; nothing else is put in its place. Take `last_value` there, and count
    how often.

    Args:
        curves: ``(n, e)`` accuracies in [0, 1] after 1 to e epochs.
        epochs: At which epoch to read off, e or later.
        family: One of `FAMILIES`.

    Raises:
        NasbenchError: The family is not known, there are fewer than four epochs, or
            the end lies before the beginning's.
    """
    if family not in FAMILIES:
        raise NasbenchError(unknown("curve family", family, FAMILIES))
    known = _beginnings(curves)
    if known.shape[1] < SHORTEST or epochs < known.shape[1]:
        raise NasbenchError(
            f"an extrapolation takes {SHORTEST} epochs or more to a later one; given "
            f"{known.shape[1]} to {epochs}"
        )
    found = [_fitted(FAMILIES[family], curve, epochs) for curve in known]
    final, residual = np.array(found).reshape(-1, 2).T
    return Extrapolation(final, np.isfinite(final), residual)


def _fitted(family: CurveFamily, curve: Floats, epochs: int) -> tuple[float, float]:
    """Return the end and the residual of the best fit; NaN twice if none converged."""
    from scipy.optimize import least_squares

    x = np.arange(1, len(curve) + 1, dtype=np.float64)
    best = (np.nan, np.nan)

    def errors(parameters: Floats) -> Floats:
        return family.value(x, *parameters) - curve

    for start in family.starts:
        fit = least_squares(
            errors,
            start,
            bounds=(family.low, family.high),
            max_nfev=2000,
        )
        residual = float(np.sqrt(np.mean(fit.fun**2)))
        at_ceiling = fit.x[0] >= family.high[0] - 1e-9
        if fit.success and not at_ceiling and not residual >= best[1]:
            end = family.value(np.array([float(epochs)]), *fit.x)
            best = (float(end[0]), residual)
    return best


def _beginnings(curves: Floats) -> Floats:
    known = np.asarray(curves, np.float64)
    if known.ndim != 2 or not known.shape[1] or not np.isfinite(known).all():
        raise NasbenchError(
            "beginnings of curves have the shape (n, epochs) and finite values; given "
            f"{known.shape}"
            + (", with values that are not finite" if known.size else "")
        )
    return known
