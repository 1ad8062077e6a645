"""``nasbench digest``: the one number that two equal tables share."""

from __future__ import annotations

from nasbench.cli.options import table_path
from nasbench.cli.surrogate_files import is_surrogate, surrogate_digest
from nasbench.cli.terminal import output
from tabular.importers.published_file import checked_digest
from tabular.schema import OtherKindError, TableError, TableFile


def digest_command(table: str, /) -> None:
    """Print the content digest, computed anew from everything but measured times.

    Args:
        table: A table file, the file of a surrogate, or the id of a benchmark.
    """
    if is_surrogate(table):
        output.print(surrogate_digest(table))
        return
    path = table_path(table)
    try:
        file = TableFile(path)
    except OtherKindError:
        output.print(checked_digest(path))
        return
    digest = file.contents().digest()
    if digest != file.digest:
        raise TableError(f"{table} states the digest {file.digest}, but has {digest}")
    output.print(digest)
