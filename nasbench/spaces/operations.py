"""The operations that an edge of a cell may carry, and what each does to a sum."""

from __future__ import annotations

from enum import Enum


class Effect(Enum):
    """What an operation means for the question which cells are the same function."""

    NOTHING = "passes nothing on"
    IDENTITY = "passes its input on as it is"
    FIXED = "is a function without parameters: two of one input are one"
    LEARNED = "has parameters of its own: two of one input are two"


NONE = "none"
SKIP_CONNECT = "skip_connect"
NOR_CONV_1X1 = "nor_conv_1x1"
NOR_CONV_3X3 = "nor_conv_3x3"
AVG_POOL_3X3 = "avg_pool_3x3"

EFFECTS: dict[str, Effect] = {
    NONE: Effect.NOTHING,
    SKIP_CONNECT: Effect.IDENTITY,
    NOR_CONV_1X1: Effect.LEARNED,
    NOR_CONV_3X3: Effect.LEARNED,
    AVG_POOL_3X3: Effect.FIXED,
}
"""Every operation, in the order of NAS-Bench-201 (Dong & Yang, 2020)."""
