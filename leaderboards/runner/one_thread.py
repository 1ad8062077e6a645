"""Numerical libraries on one thread each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep BLAS and OpenMP libraries to one thread while the block runs.

    Small problems are faster so, processes do not fight for cores, and sums that a
    library splits among its threads do not depend on the machine's cores. PyTorch has
    a setting of its own, which strategies that use it make.
    """
    with _libraries().limit(limits=1):
        yield


@cache
def _libraries() -> Any:
    """Return the controller of the numerical libraries; to find them takes 5 ms."""
    # A limit reaches the libraries that are loaded, and this one is loaded late.
    import scipy.linalg  # noqa: F401

    # It ships no type information.
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
