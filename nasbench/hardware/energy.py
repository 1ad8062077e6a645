"""Energy from operations and bytes, at published figures: simulated, never measured.

The figures are those of Horowitz, "Computing's energy problem (and what we can do
about it)", ISSCC 2014, figure 1.1.9, for 45 nm at 0.9 V. Newer processes need less of
everything; the proportions, which decide how architectures rank, change slowly.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from nasbench.errors import NasbenchError, unknown

Precision: TypeAlias = Literal["int8", "fp32"]
Memory: TypeAlias = Literal["sram", "dram"]

ELEMENT_BYTES: dict[Precision, int] = {"int8": 1, "fp32": 4}
"""Bytes of one activation or weight."""

MAC_PJ: dict[Precision, float] = {
    "int8": 0.2 + 0.1,  # 8-bit multiplication, addition to a 32-bit sum
    "fp32": 3.7 + 0.9,  # 32-bit multiplication and addition
}
"""Picojoules of a multiplication with its addition."""

WORD_BYTES = 8
"""Horowitz gives memory per access of 64 bits."""

BYTE_PJ: dict[Memory, float] = {
    "sram": 100 / WORD_BYTES,  # 1 MB on the chip
    "dram": 1300 / WORD_BYTES,  # the lower end of 1.3 to 2.6 nJ
}
"""Picojoules of reading or writing one byte."""

PJ_PER_MJ = 1e9


def energy_mj(macs: float, precision: Precision, traffic: dict[Memory, float]) -> float:
    """Return millijoules of arithmetic and of memory traffic.

    Args:
        macs: Multiplications with their additions.
        precision: The format of the numbers.
        traffic: Bytes read and written, by memory.

    Raises:
        NasbenchError: No figure is known for the format or the memory.
    """
    if precision not in MAC_PJ:
        raise NasbenchError(unknown("precision", precision, MAC_PJ))
    picojoules = macs * MAC_PJ[precision]
    for memory, moved in traffic.items():
        if memory not in BYTE_PJ:
            raise NasbenchError(unknown("memory", memory, BYTE_PJ))
        picojoules += moved * BYTE_PJ[memory]
    return picojoules / PJ_PER_MJ
