"""How often a recurrent controller takes every option, whatever it took before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from strategies.networks_in_numpy.controller import Controller

BATCHES = 20
"""Of which the probabilities are the mean."""

BATCH = 50
"""Draws at once: so few that numpy multiplies on one thread, as the search does."""


def option_probabilities(
    controller: Controller, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the probability of every option, decision by decision.

    A controller knows the probability of an option given the decisions before it; the
    mean over 1,000 draws of those decisions is that of the option alone, with a
    standard error of at most 0.016. The first decision, with none before it, is exact.

    Args:
        controller: Is read, not changed.
        rng: Draws the decisions.

    Returns:
        ``(p,)``, option after option and decision after decision; those of a decision
        sum to 1.
    """
    batches = [_of_a_batch(controller, rng) for _ in range(BATCHES)]
    mean: NDArray[np.float64] = np.mean(batches, axis=0)
    return mean.astype(np.float32)


def _of_a_batch(
    controller: Controller, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the mean ``(p,)`` probabilities along one batch of draws."""
    options = np.zeros((BATCH, len(controller.radices)), np.int64)
    means = []
    for decision, radix in enumerate(controller.radices):
        # What stands at this decision and after it is not read yet.
        logs = controller.read(options).log_probabilities[decision, :, :radix]
        means.append(np.exp(logs).mean(axis=0))
        # The argmax of logits plus Gumbel noise is a draw from their softmax.
        options[:, decision] = (logs + rng.gumbel(size=logs.shape)).argmax(axis=1)
    return np.concatenate(means)
