"""Whether a table can be written, asked before hours are spent on it."""

from __future__ import annotations

from pathlib import Path

from nasbench.atomic import why_not_writable
from tabular.shard_files import BuildError


def check_writable(out: Path) -> None:
    """Check that a table can be written at `out`.

    Raises:
        BuildError: It cannot.
    """
    try:
        if out.is_dir():
            raise BuildError(f"--out {out} is a folder; give the name of a file")
        if out.exists() and not out.is_file():
            raise BuildError(f"--out {out} is no ordinary file")
        reason = why_not_writable(out.parent)
    except OSError as error:
        reason = error.strerror
    if reason is not None:
        raise BuildError(f"cannot write {out}: {reason}")
