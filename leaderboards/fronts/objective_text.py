"""Objectives and limits as users write them: ``accuracy,flops`` and ``flops<2e6``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from nasbench.errors import NasbenchError, unknown
from nasbench.search import (
    COLUMNS,
    FAMILIES,
    VALIDATION_ACCURACY,
    Column,
    Constraint,
    Objective,
    column_kind,
)

SHORT_NAMES = {"accuracy": "validation_accuracy", "seconds": "cost_seconds"}
"""What users may write instead of the name of a column."""

FACTORS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}

BYTES = {"B": 1.0, "KB": 1e3, "MB": 1e6, "KiB": 2**10, "MiB": 2**20}

UNITS: Mapping[str, Mapping[str, float]] = {
    "latency": {"ms": 1.0, "us": 1e-3, "s": 1e3},
    "energy": {"mJ": 1.0, "uJ": 1e-3, "J": 1e3},
    "memory": BYTES,
    "traffic": BYTES,
}
"""Units that may stand behind the number of a limit, by the family of the column."""

_LIMIT = re.compile(
    r"(?P<column>[^<>=]*?)\s*(?P<sign><=|>=|<|>)\s*"
    r"(?P<number>[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)\s*(?P<unit>[A-Za-z]*)"
)


def parse_objectives(text: str) -> tuple[Objective, ...]:
    """Return the objectives named in a list such as ``accuracy,flops``.

    Accuracies are to be large, all other columns small.

    Raises:
        NasbenchError: A name is not known or stands twice; near matches are named.
    """
    columns = [_column(name) for name in text.split(",")]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise NasbenchError(f"an objective is given twice: {', '.join(twice)}")
    return tuple(Objective(c, maximise=column_kind(c).maximise) for c in columns)


def parse_constraint(text: str) -> Constraint:
    """Return the limit written as ``flops<2e6``, ``parameters<=30k``, ``accuracy>0.6``.

    ``k``, ``M`` and ``G`` stand for a thousand, a million and a billion; latencies
    take ``ms``, ``us`` and ``s`` instead, energies ``mJ``, ``uJ`` and ``J``, memory and
    traffic ``B``, ``KB``, ``MB``, ``KiB`` and ``MiB``. ``<`` is strict, ``<=`` is not.

    Raises:
        NasbenchError: The text has another form, the column is not known, or no
            number can keep the limit.
    """
    found = _LIMIT.fullmatch(text.strip())
    if found is None:
        raise NasbenchError(
            f"{text!r} is no limit; write a column, one of < <= > >=, and a number, "
            "as in 'flops<2e6'"
        )
    column = _column(found["column"])
    units = {"": 1.0, **UNITS.get(column.partition(":")[0], FACTORS)}
    if found["unit"] not in units:
        reason = unknown("unit", found["unit"], [unit for unit in units if unit])
        raise NasbenchError(f"{reason} of {column} in {text!r}")
    limit = float(found["number"]) * units[found["unit"]]
    if column_kind(column).maximise and not 0 <= limit <= 1:
        raise NasbenchError(
            f"{text!r}: an accuracy is a fraction in [0, 1]; write 0.6 for 60 %"
        )
    at_least = found["sign"].startswith(">")
    if not found["sign"].endswith("="):
        limit = math.nextafter(limit, math.inf if at_least else -math.inf)
    if limit < 0 and not at_least:
        raise NasbenchError(f"{text!r}: no {column} is below 0")
    return Constraint(column, limit, at_least=at_least)


def objectives_text(objectives: tuple[Objective, ...]) -> str:
    """Return the text that `parse_objectives` reads back."""
    return ",".join(_short(one.column) for one in objectives)


def constraint_text(constraint: Constraint) -> str:
    """Return the text that `parse_constraint` reads back; strict limits as such."""
    sign, outward = (">", -math.inf) if constraint.at_least else ("<", math.inf)
    beyond = math.nextafter(constraint.limit, outward)
    # A strict limit is the number beside a rounder one.
    strict = len(repr(beyond)) < len(repr(constraint.limit))
    number = beyond if strict else constraint.limit
    return f"{_short(constraint.column)}{sign}{'' if strict else '='}{number!r}"


def _column(name: str) -> Column:
    stripped = name.strip()
    column = SHORT_NAMES.get(stripped, stripped)
    try:
        column_kind(column)
    except NasbenchError:
        known = [*SHORT_NAMES, *COLUMNS, *(f"{family}:NAME" for family in FAMILIES)]
        raise NasbenchError(unknown("column", stripped, known)) from None
    return column


def _short(column: Column) -> str:
    if column == VALIDATION_ACCURACY.column:
        return "accuracy"
    return column
