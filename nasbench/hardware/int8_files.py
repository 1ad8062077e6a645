"""Networks in int8: static quantisation with values that calibration shows."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nasbench.atomic import atomic_path
from nasbench.errors import NasbenchError
from nasbench.export.as_onnx import IMAGES
from nasbench.export.whole_files import write_bytes
from nasbench.hardware.onnx_files import onnx_bytes
from nasbench.hardware.specimen import Images
from nasbench.hardware.target import RejectedError

if TYPE_CHECKING:
    from nasbench.hardware.specimen import Specimen

CALIBRATION = 16
"""Images that set the ranges; they go in one at a time, as the batch is 1."""


def int8_file(specimen: Specimen) -> Path:
    """Return the int8 ONNX file of a network; made where it is not there.

    Weights per channel, symmetric; activations per tensor by the smallest and largest
    value over `CALIBRATION` images, in the QDQ form that onnxruntime and OpenVINO both
    read (a pair of nodes around every operator that they fuse). Batch norm is folded
    into the convolution before it, as quantisers expect; what is left of it stays in
    float32.

    Raises:
        RejectedError: The quantiser does not take the network.
        NasbenchError: onnx or onnxruntime is not installed, or the folder cannot be
            written.
    """
    path = specimen.folder / f"{specimen.key}-int8.onnx"
    if path.exists():
        return path
    try:
        from onnxruntime.quantization import (
            CalibrationMethod,
            QuantFormat,
            QuantType,
            quantize_static,
        )
        from onnxruntime.quantization.registry import QDQRegistry
    except ImportError as error:
        raise NasbenchError(
            f"int8 files cannot be made ({error}); install what they need with "
            'pip install "nasbench-suite[latency]"'
        ) from error
    plain = specimen.folder / f"{specimen.key}-folded.onnx"
    write_bytes(_folded(specimen), plain)
    try:
        with atomic_path(path) as temporary, _quiet():
            quantize_static(
                plain,
                temporary,
                _Calibration(specimen.images[:CALIBRATION]),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=sorted({*QDQRegistry} - {"BatchNormalization"}),
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
            )
    except OSError as error:
        raise NasbenchError(f"cannot write {path}: {error.strerror}") from error
    except (RuntimeError, ValueError) as error:
        text = " ".join(str(error).split())[:300]
        raise RejectedError(f"onnxruntime's quantiser: {text}") from error
    plain.unlink()
    return path


def _folded(specimen: Specimen) -> bytes:
    """Return the ONNX content with batch norms folded into convolutions before them."""
    import copy

    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    network = copy.deepcopy(specimen.network)
    for module in list(network.modules()):
        if not isinstance(module, nn.Sequential):
            continue
        for place in range(len(module) - 1):
            one, after = module[place], module[place + 1]
            if isinstance(one, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                module[place] = fuse_conv_bn_eval(one, after)
                module[place + 1] = nn.Identity()
    return onnx_bytes(network, (1, *specimen.image))


class _Calibration:
    """Hands out images one by one, as onnxruntime's quantiser asks for them."""

    def __init__(self, images: Images) -> None:
        self._left = iter(images)

    def get_next(self) -> dict[str, Images] | None:
        """Return the next image as a batch of one; None after the last."""
        image = next(self._left, None)
        return None if image is None else {IMAGES: image[None]}


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out the advice to preprocess: runtimes fold batch norm themselves."""
    root = logging.getLogger()

    def drop(record: logging.LogRecord) -> bool:
        return "pre-process" not in record.getMessage()

    root.addFilter(drop)
    try:
        yield
    finally:
        root.removeFilter(drop)
