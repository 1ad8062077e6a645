"""Files that are there as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nasbench.atomic import atomic_path
from nasbench.errors import NasbenchError


def write_files(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder, which is made if it is missing.

    Each is written beside its place and then renamed, so that a reader sees the old
    file or the new one, and an interruption leaves no half of either.

    Args:
        folder: Where to.
        contents: What to write by name, in that order.

    Returns:
        The paths, in the same order.

    Raises:
        NasbenchError: The folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(folder / name, data) for name, data in contents.items()]
    except OSError as error:
        raise NasbenchError(
            f"cannot write the report to the folder {folder}: "
            f"{error.strerror or error}; choose a folder that you may write to"
        ) from error


def _write(path: Path, data: bytes) -> Path:
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)
    return path
