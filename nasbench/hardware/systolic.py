"""Systolic arrays: cycles and energy of matrix products in closed form; simulated.

The cycles agree with SCALE-Sim 3.0.0 (Samajdar et al., ISPASS 2020) when memory never
stalls, layer by layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from nasbench.errors import NasbenchError, unknown
from nasbench.hardware.energy import ELEMENT_BYTES, Memory, energy_mj
from nasbench.hardware.layer_shapes import Gemm, Schedule, network_schedule
from nasbench.hardware.memory import peak_activations
from nasbench.hardware.target import Kind, ModelledCost
from nasbench.networks import Skeleton
from nasbench.spaces import Architecture, SearchSpace

Dataflow: TypeAlias = Literal["output-stationary", "weight-stationary"]

PARTIAL_SUM_BYTES = 4
"""Sums of int8 products are kept in 32 bits until the layer is done."""

EYERISS_HZ = 200e6
"""Clock of Eyeriss (Chen et al., ISSCC 2016)."""

TPU_HZ = 700e6
"""Clock of the first TPU (Jouppi et al., ISCA 2017)."""


@dataclass(frozen=True)
class SystolicArray:
    """A square array of multipliers that computes convolutions as matrix products.

    Pooling, sums and ReLU are left to other units and cost nothing here; a network
    without convolutions costs its stem, reductions and classifier alone.

    Attributes:
        name: The target's name.
        rows: Rows, and as many columns.
        dataflow: What stays in the array: sums of outputs, or weights.
        clock_hz: Cycles per second.
    """

    name: str
    rows: int
    dataflow: Dataflow
    clock_hz: float

    @property
    def kind(self) -> Kind:
        """Simulated."""
        return "simulated"

    def cost(
        self, space: SearchSpace, architecture: Architecture, skeleton: Skeleton
    ) -> ModelledCost:
        """Return latency and energy of the pruned network, int8, one image.

        Raises:
            NasbenchError: No layer shapes are known of this kind of space.
        """
        return self.schedule_cost(network_schedule(space, architecture, skeleton))

    def schedule_cost(self, schedule: Schedule) -> ModelledCost:
        """Return latency and energy of these steps, one layer after the other."""
        gemms = schedule.gemms()
        cycles = sum(self.cycles(gemm) for gemm in gemms)
        weights = sum(gemm.n * gemm.k for gemm in gemms) * ELEMENT_BYTES["int8"]
        traffic: dict[Memory, float] = {
            "sram": sum(self.buffer_bytes(gemm) for gemm in gemms),
            "dram": weights,
        }
        return ModelledCost(
            latency_ms=1000 * cycles / self.clock_hz,
            energy_mj=energy_mj(schedule.macs, "int8", traffic),
            memory_bytes=peak_activations(schedule) * ELEMENT_BYTES["int8"],
            moved_bytes=traffic["sram"] + traffic["dram"],
        )

    def cycles(self, gemm: Gemm) -> int:
        """Return the cycles of one matrix product, filling and draining included."""
        size = self.rows
        if self.dataflow == "output-stationary":
            folds = _ceil(gemm.m, size) * _ceil(gemm.n, size)
            return folds * (gemm.k + 2 * size - 2) - 1
        folds = _ceil(gemm.k, size) * _ceil(gemm.n, size)
        return folds * (gemm.m + 3 * size - 2) - 1

    def buffer_bytes(self, gemm: Gemm) -> int:
        """Return the bytes that pass between the array and its buffers.

        Output stationary: both operands pass once per fold of the other side, every
        output leaves once. Weight stationary: weights pass once, inputs once per fold
        of the columns, and partial sums once per fold of the rows.
        """
        down, across = _ceil(gemm.m, self.rows), _ceil(gemm.n, self.rows)
        inputs, weights, outputs = gemm.m * gemm.k, gemm.k * gemm.n, gemm.m * gemm.n
        if self.dataflow == "output-stationary":
            return inputs * across + weights * down + outputs
        folds = _ceil(gemm.k, self.rows)
        return inputs * across + weights + outputs * folds * PARTIAL_SUM_BYTES


SYSTOLIC: dict[str, SystolicArray] = {
    array.name: array
    for array in (
        SystolicArray("sim-systolic-os32", 32, "output-stationary", EYERISS_HZ),
        SystolicArray("sim-systolic-ws32", 32, "weight-stationary", EYERISS_HZ),
        SystolicArray("sim-systolic-ws128", 128, "weight-stationary", TPU_HZ),
    )
}
"""Our arrays by name."""


def target_names() -> list[str]:
    """Return the names of our arrays."""
    return list(SYSTOLIC)


def make_target(name: str) -> SystolicArray:
    """Return the array with this name.

    Raises:
        NasbenchError: There is none; near matches are named.
    """
    if name not in SYSTOLIC:
        raise NasbenchError(unknown("target", name, SYSTOLIC))
    return SYSTOLIC[name]


def _ceil(one: int, other: int) -> int:
    return -(-one // other)
