"""The surrogates that ship with the package, by id."""

from __future__ import annotations

from importlib.resources import as_file, files

from surrogates.benchmark import SurrogateBenchmark


def open_shipped(benchmark_id: str) -> SurrogateBenchmark:
    """Open the surrogate with this id; the entry point of every one that ships.

    Raises:
        SurrogateError: The file is not there.
    """
    with as_file(files("surrogates") / "data" / f"{benchmark_id}.npz") as path:
        return SurrogateBenchmark.open(path)
