"""``nasbench digest``: the one number that two equal tables share."""

from __future__ import annotations

from nasbench.cli.options import table_path
from nasbench.cli.terminal import output
from tabular.schema import TableError, TableFile


def digest_command(table: str, /) -> None:
    """Print the content digest, computed anew from everything but measured times.

    Args:
        table: A table file, or the id of a benchmark.
    """
    file = TableFile(table_path(table))
    digest = file.contents().digest()
    if digest != file.digest:
        raise TableError(f"{table} states the digest {file.digest}, but has {digest}")
    output.print(digest)
