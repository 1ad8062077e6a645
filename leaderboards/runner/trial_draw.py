"""Which of a benchmark's trials a run sees: the same one for every strategy."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import fields, is_dataclass

from nasbench.spaces import Architecture


def trial_position(
    seed: int, canonical: Hashable, architecture: Architecture, count: int
) -> int:
    """Return which of `count` trials of a class the runs of a seed see.

    It is a hash, uniform and independent from class to class and from seed to seed, and
    does not depend on when the class is asked for. So at equal seeds all strategies
    see the same accuracy of the same architecture: common random numbers (Law,
    "Simulation modeling and analysis", 5th ed., section 11.2), which take the luck of
    the trials out of the differences between strategies.

    Args:
        seed: The seed of the run.
        canonical: The equivalence class.
        architecture: The member that was asked for first; it stands for a class whose
            canonical form has no text that is the same in every process.
        count: How many trials there are; far below 2**64.
    """
    try:
        text = stable_text(canonical)
    except TypeError:
        text = stable_text(architecture)
    digest = hashlib.blake2b(f"{seed} {text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % count


def stable_text(value: object) -> str:
    """Return a text that equal values share, in this process and in every other.

    Raises:
        TypeError: The value is no text, number, tuple, set or dataclass of these.
    """
    if value is None or isinstance(value, str | bytes | bool | int | float):
        return repr(value)
    if isinstance(value, tuple):
        return f"({','.join(map(stable_text, value))})"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(stable_text, value)))}}}"
    if is_dataclass(value) and not isinstance(value, type):
        parts = (stable_text(getattr(value, field.name)) for field in fields(value))
        return f"{type(value).__name__}({','.join(parts)})"
    raise TypeError(f"{value!r} has no stable text")
