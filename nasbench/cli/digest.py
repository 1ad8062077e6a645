"""``nasbench digest``: the one number that two equal tables share."""

from __future__ import annotations

from pathlib import Path

from nasbench.cli.terminal import output
from tabular.schema import TableFile


def digest_command(table: Path, /) -> None:
    """Print the content digest, computed anew from everything but measured times.

    Args:
        table: A table file.
    """
    output.print(TableFile(table).contents().digest())
