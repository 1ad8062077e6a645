"""Sums of tensors, each through its own affine map, in one pass over the memory."""

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
    where_positive,
)


@njit(**OPTIONS)
def combine(
    memory, tables, terms, count, channels, pixels, blocks, plain, rectified
):  # fmt: skip
    """Compute the sum over terms of ``x * slope + shift``, and its ReLU.

    Args:
        memory: All floats.
        tables: All integers.
        terms: Place of ``(count, 2)`` in the tables: a tensor
            ``(blocks, channels, pixels, 16)``, and its slopes and shifts
            ``(2, channels)``.
        count: Number of terms.
        channels: Channels of all tensors.
        pixels: Pixels of all tensors.
        blocks: Blocks of 16 images.
        plain: Where the sum goes; may be a term; -1 for nowhere.
        rectified: Where its ReLU goes; -1 for nowhere.
    """
    channel = (pixels + 1) * LANES
    block = channels * channel + LANES
    for c in range(channels):
        shift = np.float32(0)
        for term in range(terms, terms + 2 * count, 2):
            shift += memory[tables[term + 1] + channels + c]
        shifts = broadcast(shift)
        for n in range(blocks):
            at = n * block + c * channel
            end = at + pixels * LANES
            while at + 4 * LANES <= end:
                s0, s1, s2, s3 = shifts, shifts, shifts, shifts
                for term in range(terms, terms + 2 * count, 2):
                    x = tables[term] + at
                    slope = broadcast(memory[tables[term + 1] + c])
                    s0 = multiply_add(load(memory, x), slope, s0)
                    s1 = multiply_add(load(memory, x + LANES), slope, s1)
                    s2 = multiply_add(load(memory, x + 2 * LANES), slope, s2)
                    s3 = multiply_add(load(memory, x + 3 * LANES), slope, s3)
                if plain >= 0:
                    store(memory, plain + at, s0)
                    store(memory, plain + at + LANES, s1)
                    store(memory, plain + at + 2 * LANES, s2)
                    store(memory, plain + at + 3 * LANES, s3)
                if rectified >= 0:
                    store(memory, rectified + at, where_positive(s0, s0))
                    store(memory, rectified + at + LANES, where_positive(s1, s1))
                    store(memory, rectified + at + 2 * LANES, where_positive(s2, s2))
                    store(memory, rectified + at + 3 * LANES, where_positive(s3, s3))
                at += 4 * LANES
            while at < end:
                s0 = shifts
                for term in range(terms, terms + 2 * count, 2):
                    slope = broadcast(memory[tables[term + 1] + c])
                    s0 = multiply_add(load(memory, tables[term] + at), slope, s0)
                if plain >= 0:
                    store(memory, plain + at, s0)
                if rectified >= 0:
                    store(memory, rectified + at, where_positive(s0, s0))
                at += LANES
