"""An architecture as an ONNX file."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbench.errors import NasbenchError
from nasbench.export.as_torch import refuse_constant
from nasbench.export.whole_files import write_bytes

if TYPE_CHECKING:
    from torch import nn

OPSET = 18
"""The version of ONNX's operators, of 2022: every runtime of today reads it."""

IMAGES, LOGITS = "images", "logits"


def to_onnx(network: nn.Module, image: tuple[int, int, int], path: Path) -> None:
    """Write a network to an ONNX file, weights inside, for inference.

    The input ``images`` is ``(batch, channels, height, width) float32`` with any batch
    size, the output ``logits`` is ``(batch, classes)``. Batch norm uses its running
    statistics, as after ``network.eval()``; the network's own mode stays as it is.

    Args:
        network: What `to_torch` built, trained or not.
        image: Channels, height and width.
        path: Where the file is to stand, ending in ``.onnx``; it is whole or not
            there.

    Raises:
        NasbenchError: The path ends otherwise or cannot be written, or torch, onnx or
            onnxscript is not installed.
    """
    if path.suffix.lower() != ".onnx":
        raise NasbenchError(f"{path} is no name of an ONNX file; end it in .onnx")
    program = _translate(network, image)
    write_bytes(program.model_proto.SerializeToString(), path)


def _translate(network: nn.Module, image: tuple[int, int, int]) -> Any:
    """Return torch's ONNX program of a network."""
    try:
        import onnx  # noqa: F401 - torch needs both, and says so less clearly
        import onnxscript  # noqa: F401
        import torch
    except ImportError as error:
        raise NasbenchError(
            f"ONNX files cannot be made ({error}); install what they need with "
            'pip install "nasbench-suite[export]"'
        ) from error
    refuse_constant(network)
    training = network.training
    network.eval()
    try:
        with _unwarned():
            return torch.onnx.export(
                network,
                (torch.zeros(2, *image),),
                input_names=[IMAGES],
                output_names=[LOGITS],
                opset_version=OPSET,
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                dynamo=True,
                verbose=False,
            )
    finally:
        network.train(training)


@contextmanager
def _unwarned() -> Iterator[None]:
    """Leave out that torchvision is not there, and torch's warnings about itself."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")

    def drop(record: logging.LogRecord) -> bool:
        del record
        return False

    logger.addFilter(drop)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.removeFilter(drop)
