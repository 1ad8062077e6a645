"""Targets by name."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from nasbench.errors import NasbenchError, unknown
from nasbench.hardware.target import MeasuredTarget, SimulatedTarget

ENTRY_POINTS = "nasbench.targets"
"""Third-party targets: entry points of this group are called with the name."""

MEASURED = {
    "x86-ort-fp32": "onnx_runtime:OnnxRuntime",
    "x86-ort-int8": "onnx_runtime:OnnxRuntime",
    "x86-ov-bf16-amx": "open_vino:OpenVino",
    "x86-ov-bf16-avx512": "open_vino:OpenVino",
    "x86-ov-int8": "open_vino:OpenVino",
    "x86-torch-eager": "torch_eager:TorchEager",
    "wasm-ort-fp32": "onnx_runtime_web:OnnxRuntimeWeb",
    "cuda-torch-b1": "torch_cuda:TorchCuda",
    "cuda-torch-b256": "torch_cuda:TorchCuda",
}
"""Our runtimes: name, and ``file:Class`` in this folder. Batch, threads and number
format are part of what a name stands for."""


def target_names() -> list[str]:
    """Return the names of all targets, measured first, third parties' last."""
    ours = [*MEASURED, *_simulated()]
    return [*ours, *sorted(set(entry_points(group=ENTRY_POINTS).names) - set(ours))]


def make_target(name: str) -> MeasuredTarget | SimulatedTarget:
    """Return the target called `name`; what it needs is not imported yet.

    Raises:
        NasbenchError: No target has that name (near matches are named), or what a
            third party registered under it is none.
    """
    if name in MEASURED:
        file, _, class_name = MEASURED[name].partition(":")
        found = getattr(import_module(f"nasbench.hardware.{file}"), class_name)(name)
    elif name in _simulated():
        found = _simulated()[name]
    else:
        entries = list(entry_points(group=ENTRY_POINTS, name=name))
        if not entries:
            raise NasbenchError(unknown("target", name, target_names()))
        found = entries[0].load()(name)
    if not isinstance(found, MeasuredTarget | SimulatedTarget):
        raise NasbenchError(f"target {name!r} is no target: {found!r}")
    return found


def make_measured(name: str) -> MeasuredTarget:
    """Return the measured target called `name`, if it can measure here.

    Raises:
        NasbenchError: There is none of this name, it is a simulated one, or what it
            needs is not here.
    """
    target = make_target(name)
    if not isinstance(target, MeasuredTarget):
        raise NasbenchError(
            f"target {name} is simulated: there is nothing to measure; "
            f"`nasbench latency model` computes it"
        )
    reason = target.why_not()
    if reason is not None:
        raise NasbenchError(f"target {name} cannot be measured here: {reason}")
    return target


def _simulated() -> dict[str, SimulatedTarget]:
    from nasbench.hardware.roofline import roofline_targets
    from nasbench.hardware.systolic import SYSTOLIC

    return {**SYSTOLIC, **roofline_targets()}
