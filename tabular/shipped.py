"""The tables that ship with the package, by id."""

from __future__ import annotations

from importlib.resources import as_file, files

from tabular.table import Table


def open_shipped(benchmark_id: str) -> Table:
    """Open the table with this id; the entry point of every benchmark that ships.

    Raises:
        TableError: The file is not there.
    """
    with as_file(files("tabular") / "data" / f"{benchmark_id}.h5") as path:
        return Table.open(path)
