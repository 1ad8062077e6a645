"""Files of records: JSON, one line for every record, added to by several processes."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from nasbench.atomic import atomic_path
from nasbench.errors import NasbenchError

Record = TypeVar("Record")
Fields = dict[str, Any]

GZIP = b"\x1f\x8b"


def write_lines(lines: Sequence[Fields], path: Path) -> None:
    """Write records to a file, which is whole or not there; ``.gz`` compresses it.

    Raises:
        NasbenchError: The file cannot be written.
    """
    text = "".join(json.dumps(line) + "\n" for line in lines)
    data = text.encode()
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    try:
        with atomic_path(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise NasbenchError(f"cannot write {path}: {error.strerror}") from error


def read_lines(
    path: str | Path, read: Callable[[Fields], Record], what: str
) -> list[Record]:
    """Read all records of a file, in their order; lines of blanks are none.

    Args:
        path: The file, compressed or not.
        read: Makes a record of a line's fields.
        what: What one is called, as in ``trace``.

    Raises:
        NasbenchError: The file is missing, damaged, or holds no such records.
    """
    records = []
    for number, line in enumerate(_text(path, what).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            if not isinstance(fields, dict):
                raise ValueError("not a JSON object")
            records.append(read(fields))
        except NasbenchError as error:
            raise NasbenchError(f"{path}, line {number}: {error}") from error
        # What a line holds may be anything, huge numbers and depths included.
        except (
            *(ValueError, TypeError, KeyError, AttributeError),
            *(OverflowError, RecursionError),
        ) as error:
            raise NasbenchError(
                f"{path}, line {number}: no {what} ({_reason(error)})"
            ) from error
    if not records:
        raise NasbenchError(f"{path} holds no {what}s")
    return records


def format_of(path: str | Path) -> str:
    """Return the format that the first line of a file names; empty where it does not.

    Raises:
        NasbenchError: The file cannot be read.
    """
    for line in _text(path, "record").splitlines():
        if line.strip():
            try:
                fields = json.loads(line)
            except (ValueError, RecursionError):
                return ""
            return str(fields.get("format", "")) if isinstance(fields, dict) else ""
    return ""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other processes from adding to a file meanwhile; they wait.

    What is locked is the folder, since the file itself is replaced. The lock ends with
    the process, however that ends.

    Raises:
        NasbenchError: The folder cannot be locked.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise NasbenchError(f"cannot write {path}: {error.strerror}") from error
    try:
        _lock(folder, path.parent)
        yield
    finally:
        os.close(folder)


def _lock(folder: int, name: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError as error:
        raise NasbenchError(f"cannot lock {name}: {error.strerror}") from error


def _text(path: str | Path, what: str) -> str:
    try:
        data = Path(path).read_bytes()
        return (gzip.decompress(data) if data[:2] == GZIP else data).decode()
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise NasbenchError(f"cannot read {what}s from {path}: {reason}") from error


def _reason(error: Exception) -> str:
    """Return what is wrong, in words."""
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON: {error}"
    if type(error) is ValueError:
        return str(error)
    return f"{type(error).__name__}: {error}"
