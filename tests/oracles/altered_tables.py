"""Tables made from another one by changing its arrays, under the same identity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular import Table
from tabular.schema import TableContents, TableFile, write_table

Arrays = dict[str, NDArray[Any]]


def altered(source: Path, path: Path, change: Callable[[Arrays], None]) -> Table:
    """Write a copy whose arrays `change` has changed in place, and open it."""
    contents = TableFile(source).contents()
    arrays = {name: array.copy() for name, array in contents.arrays.items()}
    change(arrays)
    write_table(replace(contents, arrays=arrays), path)
    return Table.open(path)


def with_seeds(source: Path, path: Path, seeds: tuple[int, ...]) -> Table:
    """Write a copy with some of the seeds, in this order."""
    contents = TableFile(source).contents()
    columns = [contents.seeds.index(seed) for seed in seeds]
    arrays = {
        name: array[:, columns] if name.startswith(("trials/", "measured/")) else array
        for name, array in contents.arrays.items()
    }
    changed: TableContents = replace(contents, seeds=seeds, arrays=arrays)
    write_table(changed, path)
    return Table.open(path)


def without_trials(arrays: Arrays, missing: NDArray[np.bool_]) -> None:
    """Take trials away: ``(classes, seeds) bool``, which are missing."""
    for name, array in arrays.items():
        if name.startswith(("trials/", "measured/")):
            array[missing] = 0
