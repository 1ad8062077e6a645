"""The vector instructions of this machine, and how many vectors its registers hold."""

from __future__ import annotations

from dataclasses import dataclass

from llvmlite import binding
from numba.core import config


@dataclass(frozen=True)
class InstructionSet:
    """What a processor computes with.

    Attributes:
        name: As in ``AVX512``; part of the identity of a trial.
        tile: Channels and blocks of images that a convolution computes at a time.
        products: Channels on either side whose products a weight gradient sums at a
            time.
    """

    name: str
    tile: tuple[int, int]
    products: int


def _features() -> set[str]:
    """Return what Numba compiles for, NUMBA_CPU_FEATURES included."""
    if config.CPU_FEATURES is not None:
        text = str(config.CPU_FEATURES)
        return {name[1:] for name in text.split(",") if name.startswith("+")}
    try:
        features = binding.get_host_cpu_features()
    except RuntimeError:  # LLVM does not know this processor
        return set()
    return {name for name, there in features.items() if there}


def detect() -> InstructionSet:
    """Return the instruction set of this process.

    A vector of 16 floats is one of 32 registers with AVX-512, two of 16 with AVX2 and
    four of 32 with NEON; a tile that does not fit is spilled to memory, three times
    slower.
    """
    features = _features()
    if "avx512f" in features:
        return InstructionSet("AVX512", (8, 2), 4)
    if "avx2" in features and "fma" in features:
        return InstructionSet("AVX2", (4, 1), 2)
    if "neon" in features:
        return InstructionSet("NEON", (4, 1), 2)
    return InstructionSet("DEFAULT", (4, 1), 2)


HERE = detect()
"""The instruction set of this process."""
