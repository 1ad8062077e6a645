"""What stands in a line of a record: identity, architectures and numbers, checked."""

from __future__ import annotations

import operator
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import SearchSpace
from strategies.weight_sharing.trace import TraceIdentity

Fields = dict[str, Any]

TEXTS = ("space", "task", "task_fingerprint", "recipe", "method")

DIGITS = 6
"""Significant digits of seconds, which are measured and carry noise beyond."""


def check_format(fields: Fields, expected: str) -> None:
    """Refuse a line of another format.

    Raises:
        ValueError: It is of another, or names none.
    """
    if fields.get("format") != expected:
        given = fields.get("format")
        raise ValueError(f"the format is not {expected} but {given!r}")


def read_identity(fields: Fields) -> TraceIdentity:
    """Return the identity that a line holds.

    Raises:
        KeyError: A field is missing.
        ValueError: A field is of another type.
    """
    names = TraceIdentity.__dataclass_fields__
    identity = TraceIdentity(**{name: fields[name] for name in names})
    for name in TEXTS:
        if not isinstance(fields[name], str):
            raise ValueError(f"{name} is {fields[name]}, not a text")
    for name in ("settings", "versions"):
        if not isinstance(fields[name], dict):
            raise ValueError(f"{name} is {fields[name]}, not an object")
    seed = fields["seed"]
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ValueError(f"seed is {seed!r}, not a whole number from 0")
    return identity


def read_architectures(
    fields: Fields, name: str, space: SearchSpace
) -> NDArray[np.uint8]:
    """Return the ``(n, decisions) uint8`` architectures of a line's indices.

    Raises:
        KeyError: The field is missing.
        TypeError: It is no list of whole numbers.
        NasbenchError: An index is not in the space.
    """
    rows = [space.architecture_at(operator.index(index)) for index in fields[name]]
    return np.array(rows, np.uint8).reshape(-1, space.decisions)


def read_numbers(
    fields: Fields, name: str, count: int, most: float = inf
) -> NDArray[np.float64]:
    """Return ``(count,) float64`` numbers from 0 to `most`.

    Raises:
        KeyError: The field is missing.
        ValueError: They are others, or of another number.
    """
    values = np.array(fields[name], np.float64)
    if values.shape != (count,) or not np.isfinite(values).all():
        raise ValueError(f"{name} are not {count} finite numbers")
    if count and not (values.min() >= 0 and values.max() <= most):
        upper = "" if most == inf else f" to {most:g}"
        raise ValueError(f"{name} are not all from 0{upper}")
    return values


def short_seconds(value: float) -> float:
    """Return seconds with the digits that mean something."""
    return float(f"{value:.{DIGITS}g}")
