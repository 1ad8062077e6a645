"""Numerical libraries on one thread each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep BLAS and OpenMP libraries to one thread while the block runs.

    Small problems are faster so, processes do not fight for cores, and sums that a
    library splits among its threads do not depend on the machine's cores. PyTorch has
    a setting of its own, which strategies that use it make.
    """
    # A limit reaches the libraries that are loaded, and this one is loaded late.
    import scipy.linalg  # noqa: F401

    # It ships no type information.
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1):
        yield
