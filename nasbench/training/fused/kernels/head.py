"""The end of a network: ReLU, average over the image, linear classifier, loss."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from nasbench.training.fused.kernels.compilation import OPTIONS
from nasbench.training.fused.kernels.lanes import (
    LANES,
    add,
    broadcast,
    divide,
    floor,
    lane,
    larger,
    load,
    multiply,
    multiply_add,
    power_of_two,
    store,
    subtract,
    total,
    where_positive,
)

# exp(r) for |r| <= ln(2) / 2, as in the Cephes library (Moshier, 1992).
P0, P1, P2 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)  # fmt: skip  # noqa: E501
P3, P4, P5 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(0.5)
LOG2_E = np.float32(1.44269504088896341)
LN2_HIGH, LN2_LOW = np.float32(-0.693359375), np.float32(2.12194440e-4)
LEAST = np.float32(-87.0)
ONE, HALF = np.float32(1.0), np.float32(0.5)


@njit(**OPTIONS)
def exponential(x):
    """Return e to the power of ``x <= 0``, lane by lane, to the last bit but one.

    Made of additions and multiplications alone: the same on every machine.
    """
    x = larger(broadcast(LEAST), x)  # in this order, NaN stays
    k = floor(multiply_add(x, broadcast(LOG2_E), broadcast(HALF)))
    r = multiply_add(k, broadcast(LN2_HIGH), x)
    r = multiply_add(k, broadcast(LN2_LOW), r)
    p = multiply_add(broadcast(P0), r, broadcast(P1))
    p = multiply_add(p, r, broadcast(P2))
    p = multiply_add(p, r, broadcast(P3))
    p = multiply_add(p, r, broadcast(P4))
    p = multiply_add(p, r, broadcast(P5))
    p = multiply_add(p, multiply(r, r), add(r, broadcast(ONE)))
    return multiply(p, power_of_two(k))


@njit(**OPTIONS)
def classify(
    memory, tables, x, channels, pixels, blocks, affine, features, classifier,
    classes, logits,
):  # fmt: skip
    """Compute the logits of a batch.

    Args:
        memory: All floats.
        tables: All integers.
        x: ``(blocks, channels, pixels, 16)``, before the last batch norm.
        channels: Channels of x; 0 for a network that sees nothing of the image.
        pixels: Pixels of x.
        blocks: Blocks of 16 images.
        affine: ``(2, channels)``, slope and shift of the last batch norm.
        features: ``(blocks, channels, 16)``; written.
        classifier: ``(classes, channels)`` weights, then ``(classes,)`` biases.
        classes: Number of classes.
        logits: ``(blocks, classes, 16)``; written.
    """
    channel = (pixels + 1) * LANES
    block = channels * channel + LANES
    share = broadcast(ONE / np.float32(pixels))
    bias = classifier + classes * channels
    for n in range(blocks):
        for c in range(channels):
            slope = broadcast(memory[affine + c])
            shift = broadcast(memory[affine + channels + c])
            mean = broadcast(np.float32(0))
            at = x + n * block + c * channel
            for _ in range(pixels):
                value = multiply_add(load(memory, at), slope, shift)
                mean = add(mean, where_positive(value, value))
                at += LANES
            store(memory, features + (n * channels + c) * LANES, multiply(mean, share))
        for k in range(classes):
            logit = broadcast(memory[bias + k])
            for c in range(channels):
                weight = broadcast(memory[classifier + k * channels + c])
                feature = load(memory, features + (n * channels + c) * LANES)
                logit = multiply_add(weight, feature, logit)
            store(memory, logits + (n * classes + k) * LANES, logit)


@njit(**OPTIONS)
def cross_entropy(memory, tables, logits, classes, blocks, images, labels, result):
    """Compute the loss of a batch; put its gradient in the place of the logits.

    Args:
        memory: All floats.
        tables: All integers.
        logits: ``(blocks, classes, 16)``; becomes the gradient of the mean loss.
        classes: Number of classes.
        blocks: Blocks of 16 images.
        images: Images of a full batch, over which the gradient is a mean.
        labels: ``(blocks, 16)`` in the tables; -1 where there is no image.
        result: ``(2,)``: sum of the losses, images classified correctly; written.

    A tie between classes goes to the first, as in torch.
    """
    loss, correct = 0.0, 0
    share = broadcast(ONE / np.float32(images))
    for n in range(blocks):
        first = logits + n * classes * LANES
        highest = load(memory, first)
        for k in range(1, classes):
            highest = larger(highest, load(memory, first + k * LANES))
        for i in range(LANES):
            label = tables[labels + n * LANES + i]
            if label >= 0:
                own = memory[first + label * LANES + i]
                loss -= np.float64(own - lane(highest, i))
                best = 0
                for k in range(1, classes):
                    if memory[first + k * LANES + i] > memory[first + best * LANES + i]:
                        best = k
                correct += best == label
        whole = broadcast(np.float32(0))
        for k in range(classes):
            at = first + k * LANES
            power = exponential(subtract(load(memory, at), highest))
            store(memory, at, power)
            whole = add(whole, power)
        for k in range(classes):
            at = first + k * LANES
            store(memory, at, multiply(divide(load(memory, at), whole), share))
        for i in range(LANES):
            label = tables[labels + n * LANES + i]
            if label >= 0:
                loss += math.log(np.float64(lane(whole, i)))
                memory[first + label * LANES + i] -= ONE / np.float32(images)
            else:
                for k in range(classes):
                    memory[first + k * LANES + i] = np.float32(0)
    memory[result] = np.float32(loss)
    memory[result + 1] = np.float32(correct)


@njit(**OPTIONS)
def classifier_gradient(
    memory, tables, x, channels, pixels, blocks, affine, features, classifier,
    classes, d_logits, gradient, out,
):  # fmt: skip
    """Compute the gradients of the classifier and of the last batch norm's output.

    Args:
        memory: All floats.
        tables: All integers.
        x: As in `classify`.
        channels: As in `classify`.
        pixels: As in `classify`.
        blocks: As in `classify`.
        affine: As in `classify`.
        features: As in `classify`.
        classifier: As in `classify`.
        classes: Number of classes.
        d_logits: ``(blocks, classes, 16)``, the gradient of the logits.
        gradient: Of the classifier, in its shape; written.
        out: ``(blocks, channels, pixels, 16)``, before the ReLU; written.
    """
    channel = (pixels + 1) * LANES
    block = channels * channel + LANES
    share = broadcast(ONE / np.float32(pixels))
    bias = gradient + classes * channels
    for k in range(classes):
        whole = broadcast(np.float32(0))
        for n in range(blocks):
            whole = add(whole, load(memory, d_logits + (n * classes + k) * LANES))
        memory[bias + k] = total(whole)
        for c in range(channels):
            whole = broadcast(np.float32(0))
            for n in range(blocks):
                d = load(memory, d_logits + (n * classes + k) * LANES)
                feature = load(memory, features + (n * channels + c) * LANES)
                whole = multiply_add(d, feature, whole)
            memory[gradient + k * channels + c] = total(whole)
    for n in range(blocks):
        for c in range(channels):
            d = broadcast(np.float32(0))
            for k in range(classes):
                weight = broadcast(memory[classifier + k * channels + c])
                d_logit = load(memory, d_logits + (n * classes + k) * LANES)
                d = multiply_add(weight, d_logit, d)
            d = multiply(d, share)
            slope = broadcast(memory[affine + c])
            shift = broadcast(memory[affine + channels + c])
            at = n * block + c * channel
            for _ in range(pixels):
                value = multiply_add(load(memory, x + at), slope, shift)
                store(memory, out + at, where_positive(value, d))
                at += LANES
