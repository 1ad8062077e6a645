"""File names for benchmarks and strategies, whatever they are called."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 60


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Return a short name for every name; on no file system do two become one.

    Letters, digits, dots, dashes and underscores stay; other runs of characters are a
    dash. Names that would be the same get a number.
    """
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:LONGEST] or "unnamed"
        short, copy = stem, 2
        while short.lower() in taken:
            short, copy = f"{stem}-{copy}", copy + 1
        taken.add(short.lower())
        found[name] = short
    return found
