"""Arrays as small JSON, and JSON as a script that opens from disk.

A page that was opened from a file may not read other files, but it may run scripts
from them; so every bundle of numbers is a script that hands one object over.
"""

from __future__ import annotations

import base64
import json
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

CODES = {"u1": "Uint8Array", "u2": "Uint16Array", "u4": "Uint32Array"}
"""The browser's arrays by numpy's type codes, smallest first."""


def packed(values: NDArray[Any]) -> dict[str, Any]:
    """Return an array as an object of type, shape and base64 of its bytes.

    Integers of 0 and more take the fewest bytes that hold them; all other numbers are
    32-bit floats, NaN included.
    """
    array = np.asarray(values)
    kind = "f4"
    if array.dtype.kind in "biu" and (array.size == 0 or array.min() >= 0):
        largest = int(array.max()) if array.size else 0
        fitting = (code for code in CODES if largest <= np.iinfo(code).max)
        kind = next(fitting, "f8")
    elif array.dtype.kind in "biu":
        kind = "f8"
    data = np.ascontiguousarray(array, dtype=f"<{kind}").tobytes()
    floats = {"f4": "Float32Array", "f8": "Float64Array"}
    return {
        "type": {**CODES, **floats}[kind],
        "shape": list(array.shape),
        "data": base64.b64encode(data).decode("ascii"),
    }


def rounded(values: NDArray[Any], decimals: int) -> list[float | None]:
    """Return numbers of so many decimals; None stands for NaN and infinities."""
    shortened = np.round(np.asarray(values, np.float64), decimals).tolist()
    return [value if isfinite(value) else None for value in shortened]


def as_script(name: str, content: object) -> bytes:
    """Return a script that gives `content` to the page under a name.

    Raises:
        ValueError: The content holds a NaN, which JSON does not know.
    """
    text = json.dumps(
        content, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return f"NASBENCH.give({json.dumps(name)},{text});\n".encode()
