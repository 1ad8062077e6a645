"""Files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def why_not_writable(folder: Path) -> str | None:
    """Say why files cannot be made in `folder`, or None where they can.

    The folder need not be there; then what counts is the nearest one above it. Long
    computations ask before they begin.
    """
    nearest = folder.absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        return f"{nearest} is not a folder"
    if not os.access(nearest, os.W_OK | os.X_OK):
        return f"{nearest} is not writable"
    return None


@contextmanager
def atomic_path(path: Path, folder: Path | None = None) -> Iterator[Path]:
    """Give a temporary path, and move what is there to `path` if all went well.

    The data is on the disk before the name is: a crash at any moment leaves the old
    file or the new one. After an error nothing stays; after SIGKILL the temporary
    file may.

    Args:
        path: Where the file is to stand.
        folder: Where it is written, on the same disk; None for beside `path`.
    """
    parent = path.parent if folder is None else folder
    temporary = parent / f".{path.name[:64]}.{os.getpid()}.tmp"
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
