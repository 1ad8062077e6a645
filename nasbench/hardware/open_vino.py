"""OpenVINO on one x86 core: bfloat16 in AMX tiles or in vectors, and int8."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from nasbench.errors import NasbenchError
from nasbench.hardware.installed import why_not_installed
from nasbench.hardware.outputs import BFLOAT16, INT8, deviation
from nasbench.hardware.prepared_call import PreparedCall
from nasbench.hardware.processor import cpu_flags, cpu_model, why_not_x86
from nasbench.hardware.target import Clock, Kind, RejectedError

if TYPE_CHECKING:
    from nasbench.hardware.specimen import Specimen

TELEMETRY = "openvino_telemetry"

AMX = ("amx_tile", "amx_bf16")
"""What a processor needs for bfloat16 in tiles."""

AVX512 = ("avx512_bf16",)
"""What it needs for bfloat16 in vectors; with neither, it is emulated."""


def import_openvino() -> Any:
    """Return the module `openvino`, with its calls home switched off.

    ``import openvino`` sends an event to a server and keeps a client number in the
    user's home, as soon as the package openvino-telemetry is there, without asking.
    OpenVINO has a stand-in for where that package is missing; for this process it is.

    Raises:
        NasbenchError: It was imported before, with its telemetry, or is not installed.
    """
    if "openvino" not in sys.modules:
        # None makes any import of it fail; what is loaded already is not touched.
        sys.modules.setdefault(TELEMETRY, None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise NasbenchError(
            f"OpenVINO cannot be imported ({error}); install it with "
            'pip install "nasbench-suite[latency]"'
        ) from error
    return openvino


class OpenVino:
    """``x86-ov-bf16-amx``, ``x86-ov-bf16-avx512`` and ``x86-ov-int8``.

    Batch 1, one thread, one stream. OpenVINO takes tiles wherever there are some, so
    each of the first two refuses the processors of the other. int8 reads the file that
    `nasbench.hardware.int8_files` makes; what is not int8 in it is computed in float32,
    also where the processor would offer bfloat16.

    Args:
        name: One of the three.
        flags: Reads the processor's features.
    """

    kind: Kind = "measured"
    clock: Clock = "cpu"

    def __init__(
        self, name: str, flags: Callable[[], frozenset[str]] = cpu_flags
    ) -> None:
        self.name = name
        self._flags = flags
        self._bf16 = "bf16" in name
        self.tolerance = BFLOAT16 if self._bf16 else INT8
        self._core: Any = None

    def why_not(self) -> str | None:
        """Say why nothing can be measured here; None where it can."""
        reason = why_not_x86() or why_not_installed("openvino", *self._others())
        if reason is not None or not self._bf16:
            return reason
        return self._why_no_bf16()

    def _why_no_bf16(self) -> str | None:
        flags, tiles = self._flags(), self.name.endswith("amx")
        missing = [flag for flag in (AMX if tiles else AVX512) if flag not in flags]
        if not missing and not tiles and all(flag in flags for flag in AMX):
            return f"{cpu_model()} has AMX, which OpenVINO takes: x86-ov-bf16-amx"
        if not missing:
            return None
        return (
            f"it needs the processor feature {' and '.join(missing)}, which this one "
            f"does not have: {cpu_model()}"
        )

    def _others(self) -> tuple[str, ...]:
        if self._bf16:
            return "onnx", "torch"
        return "onnx", "onnxruntime", "torch"

    def conditions(self) -> Mapping[str, str]:
        """Return batch, threads, number format and versions."""
        stated = {
            "batch": "1",
            "threads": "1",
            "numbers": "bf16" if self._bf16 else "int8, the rest float32",
            "openvino": version("openvino"),
            "processor_model": cpu_model(),
        }
        return stated if self._bf16 else stated | {"quantiser": _quantiser()}

    def prepare(self, specimen: Specimen) -> PreparedCall:
        """Load a network and compare its outputs with torch's.

        Raises:
            RejectedError: OpenVINO does not take it, or its outputs differ.
        """
        from nasbench.hardware.int8_files import int8_file
        from nasbench.hardware.onnx_files import onnx_file

        file = onnx_file(specimen, 1) if self._bf16 else int8_file(specimen)
        openvino = import_openvino()
        try:
            request = self._compiled(str(file)).create_infer_request()
            request.set_input_tensor(openvino.Tensor(specimen.batch(1)))
            run = partial(request.infer, share_outputs=True)
            run()
            found = request.get_output_tensor().data.copy()
        except Exception as error:  # its errors share no base class but this
            if isinstance(error, MemoryError):
                raise
            text = " ".join(str(error).replace(str(file.parent), "").split())[:300]
            raise RejectedError(f"OpenVINO: {text}") from error
        return PreparedCall(
            run, deviation(found, specimen.logits(1), self.tolerance), self.clock
        )

    def _compiled(self, file: str) -> Any:
        if self._core is None:
            self._core = import_openvino().Core()
        settings = {
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": "bf16" if self._bf16 else "f32",
            "ENABLE_CPU_PINNING": False,  # the process is pinned as a whole
        }
        return self._core.compile_model(file, "CPU", settings)


def _quantiser() -> str:
    try:
        return f"onnxruntime {version('onnxruntime')}"
    except ImportError:
        return "none"
