"""Exported files are whole or not there."""

from __future__ import annotations

import json
from pathlib import Path

from nasbench.atomic import atomic_path
from nasbench.errors import NasbenchError


def write_bytes(content: bytes, path: Path) -> None:
    """Write a file at once.

    Raises:
        NasbenchError: It cannot be written; nothing is.
    """
    try:
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise NasbenchError(f"cannot write {path}: {error.strerror}") from error


def write_json(value: object, path: Path) -> None:
    """Write a value as indented JSON.

    Raises:
        NasbenchError: The path does not end in ``.json`` or cannot be written.
    """
    if path.suffix.lower() != ".json":
        raise NasbenchError(f"{path} is no name of a JSON file; end it in .json")
    write_bytes((json.dumps(value, indent=1) + "\n").encode(), path)
