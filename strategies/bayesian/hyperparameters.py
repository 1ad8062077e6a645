"""The hyperparameters of a Gaussian process, most probable after what was seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from strategies.bayesian.features import Features, Floats
from surrogates.gaussian_process import (
    NOISE_PRIOR,
    SIGNAL_PRIOR,
    negative_log_posterior,
)

STEPS = 10
"""Most steps of the optimiser; it goes on from the last fit's end."""

REACH = 8.0
"""How far a log hyperparameter may lie from the mean of its prior."""


def most_probable(
    features: Features,
    observed: NDArray[np.int64],
    values: Floats,
    start: Floats | None,
) -> Floats:
    """Return log signal variance, log noise variance and log weight per group.

    They maximise marginal likelihood times priors (maximum a posteriori), by L-BFGS
    with exact gradients; without priors several weights overfit below 50 samples. The
    priors are those of `surrogates.gaussian_process`, the weights' centred where a
    typical pair of observations is correlated by 1/e.

    Args:
        features: The rows of all candidates.
        observed: ``(n,)`` positions.
        values: ``(n,)``, with variance about 1.
        start: Where to begin; None for the means of the priors.
    """
    from scipy.optimize import minimize

    distances = features.distances(observed)
    typical = sum(float(distance.mean()) for distance in distances)
    weight = -np.log(typical) if typical > 0 else 0.0
    prior = np.array([SIGNAL_PRIOR[0], NOISE_PRIOR[0], *[weight] * len(distances)])
    bounds = [(mean - REACH, mean + REACH) for mean in prior]
    found = minimize(
        negative_log_posterior,
        prior if start is None else np.clip(start, prior - REACH, prior + REACH),
        args=(distances, values, prior),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": STEPS},
    )
    return np.asarray(found.x)
