"""ONNX Runtime on one x86 core: float32 and int8."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nasbench.hardware.installed import why_not_installed
from nasbench.hardware.outputs import FLOAT32, INT8, deviation
from nasbench.hardware.prepared_call import PreparedCall
from nasbench.hardware.processor import cpu_model, why_not_x86
from nasbench.hardware.target import Clock, Kind, RejectedError

if TYPE_CHECKING:
    from nasbench.hardware.specimen import Specimen


class OnnxRuntime:
    """``x86-ort-fp32`` and ``x86-ort-int8``: batch 1, one thread.

    Args:
        name: One of the two.
    """

    kind: Kind = "measured"
    clock: Clock = "cpu"

    def __init__(self, name: str) -> None:
        self.name = name
        self._number: Literal["fp32", "int8"] = (
            "int8" if name.endswith("int8") else "fp32"
        )
        self.tolerance = INT8 if self._number == "int8" else FLOAT32

    def why_not(self) -> str | None:
        """Say why nothing can be measured here; None where it can."""
        return why_not_x86() or why_not_installed("onnxruntime", "onnx", "torch")

    def conditions(self) -> Mapping[str, str]:
        """Return batch, threads, number format and versions."""
        return {
            "batch": "1",
            "threads": "1",
            "numbers": self._number,
            "onnxruntime": version("onnxruntime"),
            "processor_model": cpu_model(),
        }

    def prepare(self, specimen: Specimen) -> PreparedCall:
        """Load a network and compare its outputs with torch's.

        Raises:
            RejectedError: ONNX Runtime does not take it, or its outputs differ.
        """
        import onnxruntime

        from nasbench.export.as_onnx import IMAGES
        from nasbench.hardware.int8_files import int8_file
        from nasbench.hardware.onnx_files import onnx_file

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        int8 = self._number == "int8"
        file = int8_file(specimen) if int8 else onnx_file(specimen, 1)
        try:
            session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
            run = partial(session.run, None, {IMAGES: specimen.batch(1)})
            (found,) = run()
        except Exception as error:  # its errors share no base class but this
            if isinstance(error, MemoryError):
                raise
            raise RejectedError(f"ONNX Runtime: {_one_line(error, file)}") from error
        return PreparedCall(
            run, deviation(found, specimen.logits(1), self.tolerance), self.clock
        )


def _one_line(error: Exception, file: Path) -> str:
    """Return the words of the runtime, without the place of a file that will go."""
    text = f"{type(error).__name__}: {error}".replace(str(file.parent), "")
    return " ".join(text.split())[:300]
