"""An exact Gaussian process with kernels over encoded architectures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from nasbench.errors import NasbenchError
from surrogates.kernels import Kernel, KernelKind
from surrogates.model import Floats, Model, Rows
from surrogates.store import Arrays
from surrogates.targets import TargetKind

JITTER = 1e-8
"""Is added to the noise variance, for matrices that are singular without noise."""

SIGNAL_PRIOR = (0.0, 1.0)
"""Normal prior of the log signal variance; scores have variance 1."""

NOISE_PRIOR = (np.log(0.05), 1.5)
"""Normal prior of the log noise variance: a few percent, or much less or more."""

WEIGHT_WIDTH = 1.5
"""Standard deviation of the normal prior of log weights around their start."""

LARGEST = 4000
"""An exact process takes time with the cube of the samples, memory with the square."""


@dataclass(eq=False)
class GaussianProcess(Model):
    """Gaussian-process regression (Rasmussen & Williams, 2006, algorithm 2.1).

    Kernel weights, signal and noise variance maximise the marginal likelihood times
    normal priors on their logarithms (maximum a posteriori), by L-BFGS with exact
    gradients; with few samples the likelihood alone is flat. `update` adds samples at
    the price of their rows.

    Attributes:
        kernel: ``hamming`` on one-hot or path rows, ``rbf`` on numbers, ``histogram``
            on WL counts.
        relevance: One weight per column (automatic relevance determination).
        iterations: Most steps of the optimiser.
    """

    family: ClassVar[str] = "gaussian-process"
    most_samples: ClassVar[int | None] = LARGEST

    seed: int = 0
    target: TargetKind = "log-error"
    kernel: KernelKind = "hamming"
    relevance: bool = False
    iterations: int = 100

    def learn(self, rows: Rows, scores: Floats) -> Arrays:
        """Find the hyperparameters and factor the covariance."""
        if len(rows) > LARGEST:
            raise NasbenchError(
                f"an exact Gaussian process takes up to {LARGEST} samples, not "
                f"{len(rows)}; take fewer, or another model"
            )
        from scipy.optimize import minimize

        inputs = rows.astype(np.float64)
        distances = self._kernel().distances(inputs, inputs)
        start = _start(distances)
        found = minimize(
            negative_log_posterior,
            start,
            args=(distances, scores, start),
            jac=True,
            method="L-BFGS-B",
            bounds=[(s - 8.0, s + 8.0) for s in start],
            options={"maxiter": self.iterations},
        )
        parameters = np.asarray(found.x)
        return self._conditioned(rows, scores, parameters, distances)

    def infer(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the posterior mean, and the deviation of a new noisy trial."""
        from scipy.linalg import solve_triangular

        learned = self.learned()
        parameters = learned["parameters"]
        inputs = learned["rows"].astype(np.float64)
        mean, variance = np.empty(len(rows)), np.empty(len(rows))
        signal, noise = np.exp(parameters[:2])
        step = max(1, 2**22 // len(inputs))
        for begin in range(0, len(rows), step):
            part = slice(begin, begin + step)
            across = signal * self._covariance(rows[part], inputs, parameters)
            mean[part] = across @ learned["weights"]
            solved = solve_triangular(learned["factor"], across.T, lower=True)
            variance[part] = signal - (solved**2).sum(axis=0)
        return mean, np.sqrt(np.maximum(variance, 0.0) + noise)

    def update(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Add samples with the hyperparameters as they are; return the model itself.

        The Cholesky factor grows by the new rows: of m samples added to n it takes
        O(m n^2) instead of O((n + m)^3). The target's scale stays too.

        Args:
            X: ``(m, features)``.
            y: ``(m,)``.

        Raises:
            NasbenchError: The model is not fitted, or shapes do not fit.
        """
        from scipy.linalg import cho_solve, cholesky, solve_triangular

        learned = self.learned()
        rows = np.asarray(X, np.float32)
        values = np.asarray(y, np.float64)
        if rows.shape != (len(values), self._features) or not np.isfinite(values).all():
            raise NasbenchError(
                f"an update takes (m, {self._features}) features and (m,) finite "
                f"targets, not {rows.shape} and {values.shape}"
            )
        parameters, factor = learned["parameters"], learned["factor"]
        signal, noise = np.exp(parameters[:2])
        old = learned["rows"].astype(np.float64)
        across = signal * self._covariance(rows, old, parameters)
        own = signal * self._covariance(rows, rows.astype(np.float64), parameters)
        own[np.diag_indices_from(own)] += noise + JITTER
        below = solve_triangular(factor, across.T, lower=True).T
        corner = cholesky(own - below @ below.T, lower=True)
        grown = np.block([[factor, np.zeros((len(old), len(rows)))], [below, corner]])
        scores = np.append(learned["scores"], self._mapping.forward(values))
        self._learned = {
            "parameters": parameters,
            "rows": np.concatenate((learned["rows"], rows)),
            "scores": scores,
            "factor": grown,
            "weights": cho_solve((grown, True), scores),
        }
        return self

    def _kernel(self) -> Kernel:
        return Kernel(self.kernel, self.relevance)

    def _covariance(self, rows: Rows, inputs: Floats, parameters: Floats) -> Floats:
        distances = self._kernel().distances(rows.astype(np.float64), inputs)
        return Kernel.covariance(distances, parameters[2:])

    def _conditioned(
        self, rows: Rows, scores: Floats, parameters: Floats, distances: list[Floats]
    ) -> Arrays:
        from scipy.linalg import cho_solve, cholesky

        signal, noise = np.exp(parameters[:2])
        covariance = signal * Kernel.covariance(distances, parameters[2:])
        covariance[np.diag_indices_from(covariance)] += noise + JITTER
        factor = cholesky(covariance, lower=True)
        return {
            "parameters": parameters,
            "rows": rows,
            "scores": scores,
            "factor": factor,
            "weights": cho_solve((factor, True), scores),
        }


def kernel_of(encoding: str, relevance: bool = False) -> KernelKind:
    """Return the kernel that fits an encoding, given by its name.

    Counts of Weisfeiler-Lehman labels alone are compared as histograms, where no column
    is weighed; all else by the product kernel of absolute differences.

    >>> kernel_of("wl-2"), kernel_of("canonical-path"), kernel_of("graph+wl-2")
    ('histogram', 'hamming', 'hamming')
    """
    counts = all(part.strip().startswith("wl-") for part in encoding.split("+"))
    return "histogram" if counts and not relevance else "hamming"


def negative_log_posterior(
    parameters: Floats, distances: list[Floats], scores: Floats, start: Floats
) -> tuple[float, Floats]:
    """Return minus the log of likelihood times prior, and its gradient.

    Args:
        parameters: Log signal variance, log noise variance, log weights.
        distances: One ``(n, n)`` matrix per weight.
        scores: ``(n,)``.
        start: Means of the priors.
    """
    from scipy.linalg import cho_solve, cholesky
    from scipy.linalg.lapack import dpotri

    signal, noise = np.exp(parameters[:2])
    smooth = signal * Kernel.covariance(distances, parameters[2:])
    covariance = smooth.copy()
    covariance[np.diag_indices_from(covariance)] += noise + JITTER
    factor = cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)
    solved = cho_solve((factor, True), scores, check_finite=False)
    value = 0.5 * scores @ solved + np.log(np.diag(factor)).sum()
    # The gradient by K is -(a a' - inverse of K) / 2 (Rasmussen & Williams 5.9).
    # LAPACK writes the lower triangle of the inverse and leaves zeros above it.
    lower, _ = dpotri(factor, lower=True)
    inverse = lower + lower.T
    inverse[np.diag_indices_from(inverse)] /= 2
    by_covariance = 0.5 * (inverse - np.outer(solved, solved))
    by_smooth = by_covariance * smooth
    gradient = [by_smooth.sum(), noise * np.trace(by_covariance)]
    for log_weight, distance in zip(parameters[2:], distances, strict=True):
        gradient.append(-np.exp(log_weight) * np.vdot(by_smooth, distance))
    widths = np.full(len(start), WEIGHT_WIDTH)
    widths[:2] = SIGNAL_PRIOR[1], NOISE_PRIOR[1]
    off = (parameters - start) / widths
    total = value + 0.5 * off @ off + 0.5 * len(scores) * np.log(2 * np.pi)
    return float(total), np.array(gradient) + off / widths


def _start(distances: list[Floats]) -> Floats:
    """Return the means of the priors: a typical pair is correlated by 1/e."""
    typical = sum(float(distance.mean()) for distance in distances)
    weight = -np.log(typical) if typical > 0 else 0.0
    return np.array([SIGNAL_PRIOR[0], NOISE_PRIOR[0], *[weight] * len(distances)])
