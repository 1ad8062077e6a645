"""Stochastic gradient descent with Nesterov momentum, as in torch."""

from __future__ import annotations

import numpy as np
from numba import njit

from nasbench.training.fused.kernels.compilation import OPTIONS
from nasbench.training.fused.kernels.lanes import (
    LANES,
    broadcast,
    load,
    multiply_add,
    store,
)


@njit(**OPTIONS)
def descend(memory, weights, count, rate, momentum, decay):
    """Take one step.

    Args:
        memory: All floats.
        weights: Place of ``(3, count)``: weights, gradients, velocities.
        count: Number of weights, a multiple of 16.
        rate: The learning rate.
        momentum: Of the velocities.
        decay: L2 penalty, added to the gradient.
    """
    rates = broadcast(-np.float32(rate))
    momenta = broadcast(np.float32(momentum))
    decays = broadcast(np.float32(decay))
    for at in range(weights, weights + count, LANES):
        weight = load(memory, at)
        gradient = multiply_add(decays, weight, load(memory, at + count))
        velocity = multiply_add(momenta, load(memory, at + 2 * count), gradient)
        store(memory, at + 2 * count, velocity)
        step = multiply_add(momenta, velocity, gradient)
        store(memory, at, multiply_add(rates, step, weight))
