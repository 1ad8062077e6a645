"""From a published CSV file to a table file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nasbench.spaces import SearchSpace, make_space
from nasbench.spaces.classes import ENUMERATION_LIMIT
from tabular.importers.csv_rows import read_rows
from tabular.importers.mapping import Mapping
from tabular.importers.published_costs import costs_of_rows
from tabular.importers.published_file import PublishedContents, write_published
from tabular.importers.published_table import PublishedTable
from tabular.provenance import this_run
from tabular.schema import TableError


def import_csv(
    path: Path, mapping: Mapping, out: Path, command: str = "import_csv"
) -> PublishedTable:
    """Read a CSV file, plain or gzipped, and write it as a published table.

    Everything is read and checked before anything is written.

    Args:
        path: The published file.
        mapping: What its columns mean.
        out: Where the table is to stand.
        command: The command line, for the record.

    Raises:
        TableError: The file does not fit the mapping, or `out` is there already or
            cannot be written.
        NasbenchError: The mapping names an unknown space.
    """
    if out.exists():
        raise TableError(f"{out} is there already; remove it, or give another --out")
    run = this_run(command)
    space = make_space(mapping.space)
    rows = read_rows(path, mapping, space)
    contents = PublishedContents(
        mapping=mapping,
        architectures=_architectures_of(space),
        indices=rows.indices,
        columns=rows.columns,
        costs=costs_of_rows(rows, mapping, space),
        made=run
        | {
            "file": path.name,
            "file SHA-256": hashlib.sha256(path.read_bytes()).hexdigest(),
        },
    )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TableError(f"cannot write {out}: {error.strerror}") from error
    write_published(contents, out)
    return PublishedTable.open(out)


def _architectures_of(space: SearchSpace) -> int:
    """Return how many architectures the space has; invalid combinations are none."""
    if type(space).is_valid is SearchSpace.is_valid or space.size > ENUMERATION_LIMIT:
        return space.size
    return sum(1 for _ in space)
