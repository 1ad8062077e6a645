"""Checks of the numbers that callers give: of the right type, before they are used."""

from __future__ import annotations

import operator
from numbers import Real

from nasbench.errors import NasbenchError


def whole_number(need: str, value: object, least: int) -> int:
    """Return a whole number as one of Python's; 1.5 and True are none.

    Args:
        need: What is needed, which begins the message, as in ``"runs need at least 1
            job"``.
        value: What was given; integers of numpy will do.
        least: The smallest that is allowed.

    Raises:
        NasbenchError: It is no whole number, or too small.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # it says what is not
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise NasbenchError(f"{need}, as a whole number, not {shown(value)}")
    if number < least:
        raise NasbenchError(f"{need}, not {number}")
    return number


def is_number(value: object) -> bool:
    """Return whether a value is a real number, NaN included; True is none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def shown(value: object) -> str:
    """Return a value as messages show it: on one line, and not for ever."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."
