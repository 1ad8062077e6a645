"""A table of any kind, by its path."""

from __future__ import annotations

from pathlib import Path

from tabular.importers.published_file import FORMAT as PUBLISHED
from tabular.importers.published_table import PublishedTable
from tabular.schema import OtherKindError
from tabular.table import Table


def open_any(path: str | Path) -> Table | PublishedTable:
    """Open a table of ours, or one that was imported; both are benchmarks.

    Raises:
        TableError: The file is missing, damaged, or no table.
    """
    try:
        return Table.open(path)
    except OtherKindError as error:
        if error.kind != PUBLISHED:
            raise
    return PublishedTable.open(path)
