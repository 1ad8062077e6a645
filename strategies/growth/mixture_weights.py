"""AdaNet's objective, and the weights of an ensemble that minimise it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]

TOLERANCE = 1e-10
"""Descent ends where F falls by less, relatively, or no slope is steeper."""


@dataclass(frozen=True, eq=False)
class MixtureWeights:
    """The best weights of fixed networks.

    Attributes:
        weights: ``(k,)``, one for each network; 0 leaves it out.
        objective: What they reach, in nats.
    """

    weights: Floats
    objective: float


def objective(
    weights: Floats, logits: Floats, labels: NDArray[np.int64], penalties: Floats
) -> float:
    """Return F(w): mean cross-entropy of the weighted sum, and the penalties.

    Cortes, Gonzalvo, Kuznetsov, Mohri & Yang, ICML 2017, equation 4, with the logistic
    loss of several classes::

        F(w) = 1/m sum_i Phi(sum_j w_j h_j(x_i), y_i) + sum_j (lambda r_j + beta) |w_j|

    Args:
        weights: ``(k,)``.
        logits: ``(k, m, classes)`` of every network.
        labels: ``(m,)``.
        penalties: ``(k,)``, lambda r_j + beta.
    """
    total = np.tensordot(weights, logits, 1)
    loss = -_log_softmax(total)[np.arange(len(labels)), labels].mean()
    return float(loss + penalties @ np.abs(weights))


def fit(
    logits: Floats,
    labels: NDArray[np.int64],
    penalties: Floats,
    first: Floats | None = None,
) -> MixtureWeights:
    """Return the weights that minimise F, which is convex in them.

    Every weight is written as the difference of two numbers that are not negative, so
    that F is smooth within bounds, and L-BFGS-B descends (Byrd et al., 1995). A network
    that does not pay ends with both at their bound: its weight is exactly 0.

    Args:
        logits: ``(k, m, classes)``.
        labels: ``(m,)``.
        penalties: ``(k,)``, not negative.
        first: ``(k,)``, where to begin; 1/k each if not given.
    """
    count = len(logits)
    weights = np.full(count, 1 / count) if first is None else first.astype(float)

    def smooth(halves: Floats) -> tuple[float, Floats]:
        loss, gradient = _loss(halves[:count] - halves[count:], logits, labels)
        prices = np.concatenate((penalties, penalties))
        return (
            loss + float(prices @ halves),
            np.concatenate((gradient, -gradient)) + prices,
        )

    found = minimize(
        smooth,
        np.concatenate((np.maximum(weights, 0), np.maximum(-weights, 0))),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * (2 * count),
        options={"ftol": TOLERANCE, "gtol": TOLERANCE},
    )
    weights = np.asarray(found.x[:count] - found.x[count:])
    return MixtureWeights(weights, objective(weights, logits, labels, penalties))


def _loss(
    weights: Floats, logits: Floats, labels: NDArray[np.int64]
) -> tuple[float, Floats]:
    """Return the mean cross-entropy and its gradient by the weights."""
    logs = _log_softmax(np.tensordot(weights, logits, 1))
    rows = np.arange(len(labels))
    error = np.exp(logs)
    error[rows, labels] -= 1
    gradient = np.tensordot(logits, error, 2) / len(labels)
    return float(-logs[rows, labels].mean()), np.asarray(gradient)


def _log_softmax(values: Floats) -> Floats:
    shifted = values - values.max(1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)))
