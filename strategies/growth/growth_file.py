"""Files of growths: JSON, one line for every ensemble; joined by appending them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np

from nasbench.spaces import make_space
from strategies.growth.growth import Ending, Growth, Round
from strategies.weight_sharing.record_fields import (
    Fields,
    check_format,
    read_architectures,
    read_identity,
    read_numbers,
    short_seconds,
)
from strategies.weight_sharing.record_lines import alone, read_lines, write_lines

FORMAT = "nasbench-growth-1"
"""Stands in every line; whatever changes the meaning of a line changes it."""

SHIPPED = Path(__file__).parent / "records"
"""Where growths that ship are kept."""


def write_growths(growths: Sequence[Growth], path: Path) -> None:
    """Write growths to a file, which is whole or not there; ``.gz`` compresses it.

    Raises:
        NasbenchError: The file cannot be written.
    """
    write_lines([_plain(growth) for growth in growths], path)


def read_growths(path: str | Path) -> list[Growth]:
    """Read all growths of a file, in their order.

    Raises:
        NasbenchError: The file is missing, damaged, or holds no growths.
    """
    return read_lines(path, _growth, "growth")


def add_growth(growth: Growth, path: Path) -> None:
    """Add a growth to a file, in the place of one with the same identity.

    Raises:
        NasbenchError: The file is damaged, or cannot be written.
    """
    with alone(path):
        growths = read_growths(path) if path.exists() else []
        others = [one for one in growths if one.identity != growth.identity]
        write_growths([*others, growth], path)


def shipped_growths() -> Sequence[Growth]:
    """Return all growths that ship."""
    return _read_all(tuple(sorted(str(path) for path in SHIPPED.glob("*.jsonl*"))))


@cache
def _read_all(files: tuple[str, ...]) -> tuple[Growth, ...]:
    return tuple(growth for file in files for growth in read_growths(file))


def _plain(growth: Growth) -> Fields:
    """Return what JSON can hold; architectures as their indices in the space."""
    space = make_space(growth.identity.space)
    rounds = growth.rounds
    return {
        "format": FORMAT,
        **asdict(growth.identity),
        "ended": growth.ended,
        "architectures": [space.index(one.architecture) for one in rounds],
        "depths": [one.depth for one in rounds],
        "weights": [one.weights.tolist() for one in rounds],
        "objectives": [one.objective for one in rounds],
        "parameters": [one.parameters for one in rounds],
        "validation_accuracies": [one.validation_accuracy for one in rounds],
        "test_accuracies": [one.test_accuracy for one in rounds],
        "seconds": [short_seconds(one.seconds) for one in rounds],
    }


def _growth(fields: Fields) -> Growth:
    check_format(fields, FORMAT)
    identity = read_identity(fields)
    space = make_space(identity.space)
    ended: Ending = fields["ended"]
    if ended not in get_args(Ending):
        raise ValueError(f"ended is {ended!r}, not {' or '.join(get_args(Ending))}")
    architectures = read_architectures(fields, "architectures", space)
    count = len(architectures)
    if ended != "failed" and not count:
        raise ValueError("a growth of no networks")
    numbers = {
        name: read_numbers(fields, name, count, most)
        for name, most in (
            *(("depths", 1e6), ("objectives", 1e6), ("parameters", 1e15)),
            *(("validation_accuracies", 1), ("test_accuracies", 1), ("seconds", 1e12)),
        )
    }
    if (np.diff(numbers["seconds"]) < 0).any():
        raise ValueError("seconds fall from round to round")
    rounds = []
    for number in range(count):
        weights = np.array(fields["weights"][number], np.float64)
        if weights.shape != (number + 1,) or not np.isfinite(weights).all():
            raise ValueError(f"weights of round {number + 1} are not {number + 1}")
        rounds.append(
            Round(
                architecture=tuple(architectures[number].tolist()),
                depth=int(numbers["depths"][number]),
                weights=weights,
                objective=float(numbers["objectives"][number]),
                parameters=int(numbers["parameters"][number]),
                validation_accuracy=float(numbers["validation_accuracies"][number]),
                test_accuracy=float(numbers["test_accuracies"][number]),
                seconds=float(numbers["seconds"][number]),
            )
        )
    return Growth(identity, ended, tuple(rounds))
