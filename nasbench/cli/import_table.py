"""``nasbench import``: a published table becomes a benchmark."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from nasbench.cli.published import print_published
from nasbench.cli.terminal import output
from tabular.importers import import_csv, load_mapping
from tabular.outputs import check_writable


def import_table_command(file: Path, /, *, mapping: str, out: Path) -> None:
    """Read a published CSV file, plain or gzipped, into one HDF5 table.

    Args:
        file: The published file.
        mapping: What its columns mean: the name of a mapping that ships, such as
            nb201-cifar10 or nb201-cifar100, or the path of a TOML file of your own.
        out: Where the table is to stand.
    """
    meaning = load_mapping(mapping)
    check_writable(out)
    table = import_csv(file, meaning, out, shlex.join(["nasbench", *sys.argv[1:]]))
    print_published(table)
    output.print(f"wrote {out}, digest {table.digest}")
