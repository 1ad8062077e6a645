"""The Keras layers that compute what our torch modules compute."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, TypeAlias

from torch import nn

from nasbench.errors import NasbenchError

Layer: TypeAlias = tuple[str, dict[str, Any]]
"""The class of a Keras layer, and its settings."""


@singledispatch
def keras_layers(module: nn.Module, shape: tuple[int, ...]) -> list[Layer]:
    """Return the layers, in sequence, that stand for a torch module.

    Images are ``(batch, height, width, channels)``, Keras's own order.

    Args:
        module: The module.
        shape: What it is given, ``(batch, channels, height, width)``.

    Raises:
        NasbenchError: There is no such layer.
    """
    del shape
    raise NasbenchError(f"no Keras layer is known for {type(module).__name__}")


@keras_layers.register
def _(module: nn.Identity, shape: tuple[int, ...]) -> list[Layer]:
    del module, shape
    return []


@keras_layers.register
def _(module: nn.ReLU, shape: tuple[int, ...]) -> list[Layer]:
    del module, shape
    return [("ReLU", {})]


@keras_layers.register
def _(module: nn.Conv2d, shape: tuple[int, ...]) -> list[Layer]:
    del shape
    settings: dict[str, Any] = {
        "filters": module.out_channels,
        "kernel_size": list(module.kernel_size),
        "strides": list(module.stride),
        "padding": "same",
        "use_bias": module.bias is not None,
    }
    if module.stride == (1, 1):
        return [("Conv2D", settings)]
    # With a stride, Keras's "same" pads an even image below and to the right alone.
    padding = {"padding": [[int(p), int(p)] for p in module.padding]}
    convolution: Layer = ("Conv2D", settings | {"padding": "valid"})
    return [("ZeroPadding2D", padding), convolution]


@keras_layers.register
def _(module: nn.BatchNorm2d, shape: tuple[int, ...]) -> list[Layer]:
    del shape
    # Keras's momentum is what stays of the old average, torch's what comes of the new.
    momentum = 1 - float(module.momentum or 0)
    settings = {"axis": -1, "momentum": momentum, "epsilon": module.eps}
    return [("BatchNormalization", settings)]


@keras_layers.register
def _(module: nn.AvgPool2d, shape: tuple[int, ...]) -> list[Layer]:
    del shape
    # Keras's "same" divides by the pixels that are there, as these poolings do.
    windows = (module.kernel_size, module.stride, module.padding)
    if windows not in [(3, 1, 1), (2, 2, 0)]:
        raise NasbenchError(f"no Keras layer is known for the pooling {module}")
    return [
        (
            "AveragePooling2D",
            {
                "pool_size": [module.kernel_size] * 2,
                "strides": [module.stride] * 2,
                "padding": "same",
            },
        )
    ]


@keras_layers.register
def _(module: nn.AdaptiveAvgPool2d, shape: tuple[int, ...]) -> list[Layer]:
    wanted = module.output_size
    sides = list(wanted) if isinstance(wanted, tuple) else [wanted, wanted]
    windows = []
    for given, side in zip(shape[2:], sides, strict=True):
        if side is None or given % side:
            raise NasbenchError(
                f"no Keras layer averages {shape[2:]} pixels down to {wanted}; choose "
                "an image whose sides are multiples"
            )
        windows.append(given // side)
    settings = {"pool_size": windows, "strides": windows, "padding": "valid"}
    return [("AveragePooling2D", settings)]


@keras_layers.register
def _(module: nn.Linear, shape: tuple[int, ...]) -> list[Layer]:
    del shape
    settings = {"units": module.out_features, "use_bias": module.bias is not None}
    return [("Dense", settings)]
