"""Every kernel against numpy or torch in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_calls import Calls
from torch.nn import functional as nn

from nasbench.training.fused.kernels.batch_norm import (
    batch_norm_gradient,
    batch_statistics,
    running_affine,
)
from nasbench.training.fused.kernels.convolution import convolve, weight_gradient
from nasbench.training.fused.kernels.head import (
    classifier_gradient,
    classify,
    cross_entropy,
)
from nasbench.training.fused.kernels.pooling import average
from nasbench.training.fused.kernels.sums import combine
from nasbench.training.fused.taps import Window

RNG = np.random.default_rng(0)

SHAPES = [
    # width, stride, height, image width, sources, targets, images
    (3, 1, 8, 8, 8, 8, 64),
    (1, 1, 8, 8, 8, 8, 64),
    (3, 2, 8, 8, 8, 16, 64),
    (3, 1, 2, 2, 32, 32, 64),
    (3, 1, 5, 7, 3, 5, 17),
    (3, 2, 5, 7, 6, 13, 33),
    (3, 1, 1, 1, 4, 4, 16),
    (1, 1, 3, 3, 12, 9, 5),
]


def rounded(shape: tuple[int, ...]) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def close(found: np.ndarray, expected: object) -> None:
    reference = np.asarray(expected, np.float64)
    scale = max(1e-3, float(np.abs(reference).max()))
    np.testing.assert_allclose(found, reference, rtol=0, atol=3e-6 * scale)


def lists(calls: Calls, window: Window) -> tuple[int, int, int]:
    """Return the places of the three lists of a window's reads."""
    output, source, tap = window.reads().T
    height, width = window.outputs
    pixels = window.pixels[0] * window.pixels[1]
    grouped = calls.program.grouped
    return (
        grouped("f", height * width, lambda: (output, np.stack([source * 16, tap], 1))),
        grouped("b", pixels, lambda: (source, np.stack([output * 16, tap], 1))),
        grouped(
            "w", window.width**2, lambda: (tap, np.stack([source, output], 1) * 16)
        ),
    )


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_convolutions_and_their_gradients_are_those_of_torch(
    shape: tuple[int, ...],
) -> None:
    width, stride, height, image_width, sources, targets, images = shape
    window = Window(width, stride, (height, image_width))
    x = rounded((images, sources, height * image_width))
    rows, columns = window.outputs
    d = rounded((images, targets, rows * columns))
    weights = rounded((targets, sources, width, width))
    calls = Calls()
    forward, backward, pairs = lists(calls, window)
    x_place, d_place = calls.tensor(x), calls.tensor(d)
    y_place, dx_place = calls.tensor(0 * d), calls.tensor(0 * x)
    weight_place = calls.floats(weights.transpose(2, 3, 1, 0))
    gradient = calls.floats(0 * weights)
    shared = {"weights": weight_place, "blocks": x_place.blocks, "mask": -1, "add": 0}
    calls.call(
        convolve, x=x_place, sources=sources, x_pixels=x_place.pixels, y=y_place,
        targets=targets, y_pixels=y_place.pixels, transposed=0, taps=forward, **shared,
    )  # fmt: skip
    calls.call(
        convolve, x=d_place, sources=targets, x_pixels=d_place.pixels, y=dx_place,
        targets=sources, y_pixels=dx_place.pixels, transposed=1, taps=backward,
        **shared,
    )  # fmt: skip
    calls.call(
        weight_gradient, x=x_place, sources=sources, x_pixels=x_place.pixels,
        d=d_place, targets=targets, d_pixels=d_place.pixels, gradient=gradient,
        pairs=pairs, kernel_taps=width**2, blocks=x_place.blocks,
    )  # fmt: skip
    calls.run()

    x64 = torch.from_numpy(x).double().view(images, sources, height, image_width)
    w64 = torch.from_numpy(weights).double()
    x64.requires_grad_()
    w64.requires_grad_()
    y64 = nn.conv2d(x64, w64, stride=stride, padding=width // 2)
    y64.backward(torch.from_numpy(d).double().view(y64.shape))
    close(calls.read(y_place, images), y64.detach().reshape(d.shape))
    close(calls.read(dx_place, images), x64.grad.reshape(x.shape))
    found = calls.read_floats(gradient, width, width, sources, targets)
    close(found.transpose(3, 2, 0, 1), w64.grad)


def test_a_convolution_adds_to_what_is_there_and_keeps_the_positive() -> None:
    window = Window(3, 1, (4, 4))
    x, before, mask = (rounded((20, 6, 16)) for _ in range(3))
    weights = rounded((6, 6, 3, 3))
    calls = Calls()
    forward, _, _ = lists(calls, window)
    x_place, y_place = calls.tensor(x), calls.tensor(before)
    calls.call(
        convolve, x=x_place, sources=6, x_pixels=16, y=y_place, targets=6, y_pixels=16,
        weights=calls.floats(weights.transpose(2, 3, 1, 0)), transposed=0, taps=forward,
        blocks=2, mask=calls.tensor(mask), add=1,
    )  # fmt: skip
    calls.run()
    plain = nn.conv2d(
        torch.from_numpy(x).double().view(20, 6, 4, 4),
        torch.from_numpy(weights).double(),
        padding=1,
    )
    close(
        calls.read(y_place, 20),
        np.where(mask > 0, plain.numpy().reshape(20, 6, 16) + before, 0),
    )


@pytest.mark.parametrize("images, pixels", [(64, 64), (50, 9), (7, 1), (16, 6)])
def test_batch_norm_is_that_of_torch(images: int, pixels: int) -> None:
    channels = 5
    x = rounded((images, channels, pixels)) * 3 + 10
    d = rounded((images, channels, pixels))
    reference = torch.nn.BatchNorm1d(channels).double()
    with torch.no_grad():
        reference.weight.copy_(torch.from_numpy(rounded((channels,))))
        reference.bias.copy_(torch.from_numpy(rounded((channels,))))
    scales = np.stack([reference.weight.detach(), reference.bias.detach()])
    calls = Calls()
    x_place, d_place, out = calls.tensor(x), calls.tensor(d), calls.tensor(0 * x)
    blocks = x_place.blocks
    mask = calls.floats(np.arange(blocks * 16) < images)
    scale_place, gradient = calls.floats(scales), calls.floats(0 * scales)
    running = calls.floats([0] * channels + [1] * channels)
    moments, affine, later = (calls.floats(0 * scales) for _ in range(3))
    shared = {
        "channels": channels, "pixels": pixels, "blocks": blocks, "images": images,
        "masks": mask, "scales": scale_place, "moments": moments,
    }  # fmt: skip
    calls.call(batch_statistics, x=x_place, running=running, affine=affine, **shared)
    calls.call(
        batch_norm_gradient, d=d_place, x=x_place, gradient=gradient, out=out, **shared
    )
    calls.call(
        running_affine, channels=channels, scales=scale_place, running=running,
        affine=later,
    )  # fmt: skip
    calls.run()

    x64 = torch.from_numpy(x).double().requires_grad_()
    y64 = reference(x64)
    y64.backward(torch.from_numpy(d).double())
    slope, shift = calls.read_floats(affine, 2, channels)[:, None, :, None]
    close(x * slope + shift, y64.detach())
    # The gradient is a small difference of large terms: to the scale of its terms.
    np.testing.assert_allclose(calls.read(out, images), x64.grad, atol=2e-5, rtol=1e-4)
    found = calls.read_floats(gradient, 2, channels)
    close(found, np.stack([reference.weight.grad, reference.bias.grad]))
    close(
        calls.read_floats(running, 2, channels),
        np.stack([reference.running_mean, reference.running_var]),
    )
    reference.eval()
    slope, shift = calls.read_floats(later, 2, channels)[:, None, :, None]
    close(x * slope + shift, reference(torch.from_numpy(x).double()).detach())


@pytest.mark.parametrize("pixels", [64, 9, 2])
def test_sums_apply_every_map_and_may_overwrite_a_term(pixels: int) -> None:
    tensors = [rounded((40, 6, pixels)) for _ in range(3)]
    maps = [rounded((2, 6)) for _ in range(3)]
    calls = Calls()
    places = [calls.tensor(tensor) for tensor in tensors]
    rectified = calls.tensor(0 * tensors[0])
    terms: list[object] = []
    for place, affine in zip(places, maps, strict=True):
        terms += [place, calls.floats(affine)]
    calls.call(
        combine, also=tuple(places), terms=calls.integers(terms), count=3, channels=6,
        pixels=pixels, blocks=3, plain=places[1], rectified=rectified,
    )  # fmt: skip
    calls.run()
    expected = sum(
        tensor * affine[0][:, None] + affine[1][:, None]
        for tensor, affine in zip(tensors, maps, strict=True)
    )
    close(calls.read(places[1], 40), expected)
    close(calls.read(rectified, 40), np.maximum(expected, 0))


@pytest.mark.parametrize("width, stride", [(3, 1), (2, 2)])
@pytest.mark.parametrize("height, image_width", [(8, 8), (5, 7), (1, 1), (3, 2)])
def test_pooling_and_its_gradient_are_those_of_torch(
    width: int, stride: int, height: int, image_width: int
) -> None:
    window = Window(width, stride, (height, image_width))
    output, source, _ = window.reads().T
    x = rounded((20, 6, height * image_width))
    rows, columns = window.outputs
    d = rounded((20, 6, rows * columns))
    calls = Calls()
    share = calls.floats(1 / np.bincount(output)) + output
    x_place, d_place = calls.tensor(x), calls.tensor(d)
    y_place, dx_place = calls.tensor(0 * d), calls.tensor(0 * x)
    grouped = calls.program.grouped
    forward = grouped(
        "f", rows * columns, lambda: (output, np.stack([source * 16, share], 1))
    )
    backward = grouped(
        "b", x.shape[2], lambda: (source, np.stack([output * 16, share], 1))
    )
    calls.call(
        average, x=x_place, x_pixels=x_place.pixels, y=y_place,
        y_pixels=y_place.pixels, channels=6, blocks=2, taps=forward, add=0,
    )  # fmt: skip
    calls.call(
        average, x=d_place, x_pixels=d_place.pixels, y=dx_place,
        y_pixels=dx_place.pixels, channels=6, blocks=2, taps=backward, add=0,
    )  # fmt: skip
    calls.run()
    x64 = torch.from_numpy(x).double().view(20, 6, height, image_width)
    x64.requires_grad_()
    y64 = nn.avg_pool2d(
        x64, width, stride, padding=(width - 1) // 2, ceil_mode=True,
        count_include_pad=False,
    )  # fmt: skip
    y64.backward(torch.from_numpy(d).double().view(y64.shape))
    close(calls.read(y_place, 20), y64.detach().reshape(d.shape))
    close(calls.read(dx_place, 20), x64.grad.reshape(x.shape))


def test_classifier_loss_and_gradients_are_those_of_torch() -> None:
    images, channels, pixels, classes = 37, 6, 4, 7
    x = rounded((images, channels, pixels))
    affine, weights = rounded((2, channels)), rounded((classes, channels))
    bias, labels = rounded((classes,)), RNG.integers(classes, size=images)
    calls = Calls()
    x_place, out = calls.tensor(x), calls.tensor(0 * x)
    blocks = x_place.blocks
    features, logits = (
        calls.floats(np.zeros(blocks * 16 * n)) for n in (channels, classes)
    )
    classifier = calls.floats(np.concatenate([weights.ravel(), bias]))
    gradient = calls.floats(np.zeros(classes * (channels + 1)))
    result = calls.floats([0, 0])
    padded = np.full(blocks * 16, -1)
    padded[:images] = labels
    shared = {
        "x": x_place, "channels": channels, "pixels": pixels, "blocks": blocks,
        "affine": calls.floats(affine), "features": features,
        "classifier": classifier, "classes": classes,
    }  # fmt: skip
    calls.call(classify, logits=logits, **shared)
    calls.call(
        cross_entropy, logits=logits, classes=classes, blocks=blocks, images=images,
        labels=calls.integers(padded.tolist()), result=result,
    )  # fmt: skip
    calls.call(
        classifier_gradient, d_logits=logits, gradient=gradient, out=out, **shared
    )
    calls.run()

    slope, shift = torch.from_numpy(affine).double()[:, :, None]
    normed = (torch.from_numpy(x).double() * slope + shift).requires_grad_()
    w64 = torch.from_numpy(weights).double().requires_grad_()
    b64 = torch.from_numpy(bias).double().requires_grad_()
    scores = torch.relu(normed).mean(2) @ w64.T + b64
    loss = nn.cross_entropy(scores, torch.from_numpy(labels))
    loss.backward()
    found = calls.read_floats(result, 2)
    close(found[:1] / images, [loss.item()])
    assert found[1] == (scores.argmax(1).numpy() == labels).sum()
    close(calls.read(out, images), normed.grad)
    found = calls.read_floats(gradient, classes * (channels + 1))
    close(found[: classes * channels].reshape(classes, channels), w64.grad)
    close(found[classes * channels :], b64.grad)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-200, 200, width=32), min_size=2, max_size=12))
def test_losses_are_exact_for_any_logits(scores: list[float]) -> None:
    classes = len(scores)
    calls = Calls()
    logits = calls.floats(np.repeat(np.float32(scores), 16))
    result = calls.floats([0, 0])
    calls.call(
        cross_entropy, logits=logits, classes=classes, blocks=1, images=16,
        labels=calls.integers([1] * 16), result=result,
    )  # fmt: skip
    calls.run()
    row = np.float64(np.float32(scores))
    expected = np.log(np.exp(row - row.max()).sum()) - (row[1] - row.max())
    loss, correct = calls.read_floats(result, 2)
    assert loss / 16 == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert correct == 16 * (np.argmax(row) == 1)


def test_a_loss_that_is_no_number_stays_none() -> None:
    calls = Calls()
    logits = calls.floats(np.repeat([1.0, np.nan, 2.0], 16))
    result = calls.floats([0, 0])
    calls.call(
        cross_entropy, logits=logits, classes=3, blocks=1, images=16,
        labels=calls.integers([0] * 16), result=result,
    )  # fmt: skip
    calls.run()
    assert np.isnan(calls.read_floats(result, 2)[0])


def test_a_call_with_the_wrong_arguments_is_refused() -> None:
    with pytest.raises(TypeError, match="takes"):
        Calls().call(average, x=0)
