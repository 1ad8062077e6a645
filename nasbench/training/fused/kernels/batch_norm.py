"""Batch norm (Ioffe & Szegedy, 2015): statistics, and the gradient through them.

What a batch norm does to its input is ``x * slope + shift`` per channel, with slope
and shift from the batch in training and from the running statistics in evaluation.
Only these two numbers per channel are computed here; whoever sums the result applies
them (`sums.combine`), so that normalised values are never written.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from nasbench.training.fused.kernels.compilation import OPTIONS
from nasbench.training.fused.kernels.lanes import (
    LANES,
    add,
    broadcast,
    load,
    multiply,
    multiply_add,
    store,
    subtract,
    total,
)

EPSILON = 1e-5
"""Added to the variance, as in torch."""

MOMENTUM = np.float32(0.1)
"""Weight of the newest batch in the running statistics, as in torch."""


@njit(**OPTIONS)
def batch_statistics(
    memory, tables, x, channels, pixels, blocks, images, masks, scales, running,
    moments, affine,
):  # fmt: skip
    """Find mean and variance of a batch; write the affine map that normalises it.

    The variance is summed in a second pass, around the mean.

    Args:
        memory: All floats.
        tables: All integers.
        x: ``(blocks, channels, pixels, 16)``.
        channels: Channels of x.
        pixels: Pixels of x.
        blocks: Blocks of 16 images.
        images: Images of the batch, at most 16 times the blocks.
        masks: ``(blocks, 16)``, 1 where there is an image and 0 beyond the last one.
        scales: ``(2, channels)``, learned scales and offsets.
        running: ``(2, channels)``, running mean and variance; updated.
        moments: ``(2, channels)``, mean and 1 / standard deviation; written.
        affine: ``(2, channels)``, slope and shift; written.
    """
    channel = (pixels + 1) * LANES
    block = channels * channel + LANES
    count = np.float32(images * pixels)
    for c in range(channels):
        s0, s1 = broadcast(np.float32(0)), broadcast(np.float32(0))
        s2, s3 = s0, s1
        for n in range(blocks):
            mask = load(memory, masks + n * LANES)
            at = x + n * block + c * channel
            for _ in range(pixels // 4):
                s0 = multiply_add(load(memory, at), mask, s0)
                s1 = multiply_add(load(memory, at + LANES), mask, s1)
                s2 = multiply_add(load(memory, at + 2 * LANES), mask, s2)
                s3 = multiply_add(load(memory, at + 3 * LANES), mask, s3)
                at += 4 * LANES
            for _ in range(pixels % 4):
                s0 = multiply_add(load(memory, at), mask, s0)
                at += LANES
        mean = total(add(add(s0, s1), add(s2, s3))) / count
        middle = broadcast(mean)
        s0, s1 = broadcast(np.float32(0)), broadcast(np.float32(0))
        s2, s3 = s0, s1
        for n in range(blocks):
            mask = load(memory, masks + n * LANES)
            at = x + n * block + c * channel
            for _ in range(pixels // 4):
                d0 = multiply(subtract(load(memory, at), middle), mask)
                d1 = multiply(subtract(load(memory, at + LANES), middle), mask)
                d2 = multiply(subtract(load(memory, at + 2 * LANES), middle), mask)
                d3 = multiply(subtract(load(memory, at + 3 * LANES), middle), mask)
                s0, s1 = multiply_add(d0, d0, s0), multiply_add(d1, d1, s1)
                s2, s3 = multiply_add(d2, d2, s2), multiply_add(d3, d3, s3)
                at += 4 * LANES
            for _ in range(pixels % 4):
                d0 = multiply(subtract(load(memory, at), middle), mask)
                s0 = multiply_add(d0, d0, s0)
                at += LANES
        variance = total(add(add(s0, s1), add(s2, s3))) / count
        inverse = np.float32(1 / math.sqrt(np.float64(variance) + EPSILON))
        memory[moments + c] = mean
        memory[moments + channels + c] = inverse
        unbiased = variance * (count / max(count - np.float32(1), np.float32(1)))
        place = running + c
        memory[place] = memory[place] + MOMENTUM * (mean - memory[place])
        place += channels
        memory[place] = memory[place] + MOMENTUM * (unbiased - memory[place])
        slope = memory[scales + c] * inverse
        memory[affine + c] = slope
        memory[affine + channels + c] = memory[scales + channels + c] - mean * slope


@njit(**OPTIONS)
def running_affine(memory, tables, channels, scales, running, affine):
    """Write the affine map of the running statistics, for evaluation.

    Args:
        memory: All floats.
        tables: All integers.
        channels: Channels of the batch norm.
        scales: ``(2, channels)``, learned scales and offsets.
        running: ``(2, channels)``, running mean and variance.
        affine: ``(2, channels)``, slope and shift; written.
    """
    for c in range(channels):
        variance = np.float64(memory[running + channels + c])
        slope = memory[scales + c] * np.float32(1 / math.sqrt(variance + EPSILON))
        memory[affine + c] = slope
        memory[affine + channels + c] = (
            memory[scales + channels + c] - memory[running + c] * slope
        )


@njit(**OPTIONS)
def batch_norm_gradient(
    memory, tables, d, x, channels, pixels, blocks, images, masks, scales, moments,
    gradient, out,
):  # fmt: skip
    """Compute the gradients of a batch norm's input, scales and offsets.

    Args:
        memory: All floats.
        tables: All integers.
        d: ``(blocks, channels, pixels, 16)``, the gradient of the output.
        x: Of the same shape, the input.
        channels: Channels of x.
        pixels: Pixels of x.
        blocks: Blocks of 16 images.
        images: Images of the batch.
        masks: ``(blocks, 16)``, as in `batch_statistics`.
        scales: ``(2, channels)``, learned scales and offsets.
        moments: ``(2, channels)``, from `batch_statistics`.
        gradient: ``(2, channels)``, of scales and offsets; written.
        out: Of the shape of x, the gradient of the input; written.
    """
    channel = (pixels + 1) * LANES
    block = channels * channel + LANES
    count = np.float32(images * pixels)
    for c in range(channels):
        middle = broadcast(memory[moments + c])
        s0, s1 = broadcast(np.float32(0)), broadcast(np.float32(0))
        t0, t1 = s0, s1
        for n in range(blocks):
            at = n * block + c * channel
            for _ in range(pixels // 2):
                d0, d1 = load(memory, d + at), load(memory, d + at + LANES)
                x0 = subtract(load(memory, x + at), middle)
                x1 = subtract(load(memory, x + at + LANES), middle)
                s0, s1 = add(s0, d0), add(s1, d1)
                t0, t1 = multiply_add(d0, x0, t0), multiply_add(d1, x1, t1)
                at += 2 * LANES
            if pixels % 2:
                d0 = load(memory, d + at)
                s0 = add(s0, d0)
                t0 = multiply_add(d0, subtract(load(memory, x + at), middle), t0)
        sum_d, sum_dx = total(add(s0, s1)), total(add(t0, t1))
        inverse = memory[moments + channels + c]
        memory[gradient + c] = sum_dx * inverse
        memory[gradient + channels + c] = sum_d
        slope = memory[scales + c] * inverse
        first = broadcast(slope)
        second = broadcast(-slope * inverse * inverse * sum_dx / count)
        third = broadcast(-slope * sum_d / count)
        for n in range(blocks):
            mask = load(memory, masks + n * LANES)
            at = n * block + c * channel
            for _ in range(pixels):
                centred = subtract(load(memory, x + at), middle)
                rest = multiply_add(centred, second, third)
                whole = multiply_add(load(memory, d + at), first, rest)
                store(memory, out + at, multiply(whole, mask))
                at += LANES
