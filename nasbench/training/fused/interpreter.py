"""Runs programs: one compiled loop over instructions, without Python in between."""

from __future__ import annotations

import hashlib
from pathlib import Path

from numba import njit
from numba.np.unsafe.ndarray import to_fixed_tuple

from nasbench.training.fused.kernels.batch_norm import (
    batch_norm_gradient,
    batch_statistics,
    running_affine,
)
from nasbench.training.fused.kernels.compilation import OPTIONS
from nasbench.training.fused.kernels.convolution import convolve, weight_gradient
from nasbench.training.fused.kernels.descent import descend
from nasbench.training.fused.kernels.head import (
    classifier_gradient,
    classify,
    cross_entropy,
)
from nasbench.training.fused.kernels.lanes import LANES, memory_of, tables_of
from nasbench.training.fused.kernels.pooling import average
from nasbench.training.fused.kernels.sums import combine

KERNELS = (
    convolve,
    weight_gradient,
    batch_statistics,
    running_affine,
    batch_norm_gradient,
    combine,
    average,
    classify,
    cross_entropy,
    classifier_gradient,
)
"""The kernels of a program; an instruction names one by its number here."""

WIDTH = 13
"""Columns of a program: the kernel's number and up to 12 arguments."""


@njit(**OPTIONS)
def _run(memory, tables, program):
    for i in range(len(program)):
        kernel = program[i, 0]
        if kernel == 0:
            convolve(memory, tables, *to_fixed_tuple(program[i, 1:13], 12))
        elif kernel == 1:
            weight_gradient(memory, tables, *to_fixed_tuple(program[i, 1:11], 10))
        elif kernel == 2:
            batch_statistics(memory, tables, *to_fixed_tuple(program[i, 1:11], 10))
        elif kernel == 3:
            running_affine(memory, tables, *to_fixed_tuple(program[i, 1:5], 4))
        elif kernel == 4:
            batch_norm_gradient(memory, tables, *to_fixed_tuple(program[i, 1:12], 11))
        elif kernel == 5:
            combine(memory, tables, *to_fixed_tuple(program[i, 1:8], 7))
        elif kernel == 6:
            average(memory, tables, *to_fixed_tuple(program[i, 1:9], 8))
        elif kernel == 7:
            classify(memory, tables, *to_fixed_tuple(program[i, 1:10], 9))
        elif kernel == 8:
            cross_entropy(memory, tables, *to_fixed_tuple(program[i, 1:7], 6))
        elif kernel == 9:
            classifier_gradient(memory, tables, *to_fixed_tuple(program[i, 1:12], 11))


@njit(**OPTIONS)
def _load_batch(memory, tables, ports, images, labels, positions):
    """Put images side by side, and their labels into the tables."""
    place, channels, pixels, blocks, label_place = ports[:5]
    channel = (pixels + 1) * LANES
    block = channels * channel + LANES
    for i in range(blocks * LANES):
        if i >= len(positions):
            tables[label_place + i] = -1
            continue
        image = positions[i]
        tables[label_place + i] = labels[image]
        at = place + i // LANES * block + i % LANES
        for c in range(channels):
            for p in range(pixels):
                memory[at + c * channel + p * LANES] = images[image, c * pixels + p]


def _sources() -> int:
    """Return a number that changes with the code of the kernels.

    Numba's cache looks at the file of a compiled function alone, not at what it calls.
    """
    files = sorted(Path(__file__).parent.rglob("*.py"))
    text = b"".join(file.read_bytes() for file in files)
    return int.from_bytes(hashlib.sha256(text).digest()[:6], "big")


def _compiled(sources: int):
    """Make the function that the engine calls; `sources` keeps the cache right."""

    @njit(cache=True, **OPTIONS)
    def run_batches(
        memory_array, table_array, program, ports, images, labels, positions, batch,
        rates, momentum, decay, losses,
    ):  # fmt: skip
        memory, tables = memory_of(memory_array), tables_of(table_array)
        result, weights, weight_count = ports[5:8]
        correct = 0 * sources
        for step in range(len(losses)):
            here = positions[step * batch : (step + 1) * batch]
            _load_batch(memory, tables, ports, images, labels, here)
            _run(memory, tables, program)
            if len(rates) > 0:
                descend(memory, weights, weight_count, rates[step], momentum, decay)
            losses[step] = memory[result]
            correct += int(memory[result + 1])
        return correct

    return run_batches


run_batches = _compiled(_sources())
"""Run a program on images, one batch after the other; return the correct count.

Args:
    memory_array: ``(floats,) float32``, the network's memory.
    table_array: ``(n,) int64``, the plan's tables.
    program: ``(calls, WIDTH) int64``.
    ports: Of the plan.
    images: ``(n, channels * height * width) float32``.
    labels: ``(n,) int64``.
    positions: ``(m,) int64``, which images, batch after batch.
    batch: Images per batch, at most what the plan has room for.
    rates: ``(batches,) float64``, the learning rate of every step; empty to learn
        nothing.
    momentum: Of the velocities.
    decay: L2 penalty.
    losses: ``(batches,) float64``, the sum of each batch's losses; written.
"""
