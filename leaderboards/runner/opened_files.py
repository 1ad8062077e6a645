"""Which files are opened while a strategy is loaded, built and run."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from nasbench.benchmark import Specified
from nasbench.errors import NasbenchError

ZIPPED = b"PK\x03\x04"

# Not a context variable: threads that a strategy starts would not inherit it.
_listeners: list[set[str]] = []
_deaf: list[None] = []


@contextmanager
def opened_files() -> Iterator[set[str]]:
    """Collect the names of the files that this process opens while the block runs.

    What other processes open is not seen, nor what a library opens without Python;
    HDF5 is listened to apart.
    """
    from h5py import h5f

    _listen()
    opened: set[str] = set()
    original = h5f.open

    def noting(name: Any, *given: Any, **named: Any) -> Any:
        _note(name)
        return original(name, *given, **named)

    _listeners.append(opened)
    h5f.open = noting
    try:
        yield opened
    finally:
        h5f.open = original
        _listeners.pop()


@contextmanager
def unheard() -> Iterator[None]:
    """Let the benchmark itself read its files within `opened_files`."""
    _deaf.append(None)
    try:
        yield
    finally:
        _deaf.pop()


def peeked(
    opened: Collection[str], judged_by: object, declared: Mapping[str, str]
) -> Iterator[str]:
    """Yield a sentence for every benchmark among the files that were opened.

    A copy of a whole table is one as well, wherever it lies.

    Args:
        opened: Names of files.
        judged_by: The benchmark of the run, which may not be read even if declared.
        declared: What `strategies.Strategy.inputs` returned: a benchmark is declared
            by its content digest, or by its id as a word of a name.
    """
    own_path = getattr(judged_by, "path", None)
    own_digest = judged_by.spec.digest if isinstance(judged_by, Specified) else ""
    words = {word for name in declared for word in name.split()}
    for path in sorted({Path(name).resolve() for name in opened}):
        if own_path is not None and path == Path(own_path).resolve():
            yield f"By itself the strategy opens {path}, by which it is judged."
            continue
        found = _benchmark_in(path)
        if found is None:
            continue
        name, digest = found
        if digest and digest == own_digest:
            yield f"By itself the strategy opens {path}, by which it is judged."
        elif digest not in declared.values() and name not in words:
            yield (
                f"By itself the strategy opens {path}, a benchmark that its inputs() "
                "does not declare."
            )


def _benchmark_in(path: Path) -> tuple[str, str] | None:
    """Return id and content digest of a benchmark's file; None of any other file."""
    from h5py import is_hdf5

    from surrogates.benchmark import SurrogateBenchmark
    from surrogates.store import is_surrogate_file
    from tabular.opened import open_any

    try:
        if not path.is_file():
            return None
        if is_hdf5(path):
            held: object = open_any(path)
        elif _begin(path) == ZIPPED and is_surrogate_file(path):
            held = SurrogateBenchmark.open(path)
        else:
            return None
    except (OSError, NasbenchError):
        return None
    spec = held.spec if isinstance(held, Specified) else None
    return (path.stem, "") if spec is None else (spec.id, spec.digest)


def _begin(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(ZIPPED))


@cache
def _listen() -> None:
    """Let Python report every file that it opens; that cannot be undone."""

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            _note(arguments[0])

    sys.addaudithook(hear)


def _note(name: object) -> None:
    if _listeners and not _deaf and isinstance(name, str | bytes | Path):
        path = os.fsdecode(name)
        for opened in _listeners:
            opened.add(path)
