"""What a network costs on hardware: measured by runtimes, or computed from models.

Reading order: `target` says what a target is; `specimen` is a network as targets get
it; one file per runtime (`onnx_runtime`, `open_vino`, `torch_eager`, `torch_cuda`,
`onnx_runtime_web`); `measuring` is the protocol of rounds and repeats; `named` finds a
target by its name. Nothing here imports a runtime before it is asked for.
"""

from nasbench.hardware.named import make_measured, make_target, target_names
from nasbench.hardware.target import (
    MeasuredTarget,
    ModelledCost,
    RejectedError,
    SimulatedTarget,
    Target,
    Timing,
)

__all__ = [
    "MeasuredTarget",
    "ModelledCost",
    "RejectedError",
    "SimulatedTarget",
    "Target",
    "Timing",
    "make_measured",
    "make_target",
    "target_names",
]
