"""Runs in several processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for_any
from typing import Any, cast

import numpy as np

from leaderboards.runner.experiment_grid import ExperimentGrid
from leaderboards.runner.one_thread import one_thread
from leaderboards.runner.run import Run
from leaderboards.runner.simulation import run_whole
from nasbench.benchmark import Benchmark, Referee
from nasbench.errors import NasbenchError
from tabular.executors.signals import signals_held_back

CHUNKS = 32
"""Pieces of work per process: enough that all end at about the same time."""

LARGEST_CHUNK = 16

AHEAD = 2
"""Chunks that a process has been sent: it never waits for the next."""


def runs_in_processes(grid: ExperimentGrid, jobs: int) -> Iterator[dict[int, Run]]:
    """Yield some runs at a time by their number, in any order.

    On Linux the processes are forked: they share the memory of tables that were read
    before, and factories of any kind reach them. Elsewhere they start afresh, open
    the tables anew, and factories have to be picklable.

    Args:
        grid: What is run.
        jobs: How many processes.

    Raises:
        NasbenchError: A run failed, or a process died.
    """
    size = max(1, min(LARGEST_CHUNK, len(grid) // (jobs * CHUNKS)))
    order = grid.order()
    chunks = iter(lambda: list(islice(order, size)), [])
    with _processes(grid, min(jobs, len(grid))) as connections:
        try:
            waiting = dict.fromkeys(connections, 0)
            for _ in range(AHEAD):
                for connection in connections:
                    waiting[connection] += _send_next(connection, chunks)
            while busy := [one for one, count in waiting.items() if count]:
                for connection in cast("list[Connection]", wait_for_any(busy)):
                    found: dict[int, Run] | str = connection.recv()
                    if isinstance(found, str):
                        raise NasbenchError(found)
                    waiting[connection] += _send_next(connection, chunks) - 1
                    yield found
        except (EOFError, ConnectionError) as error:
            raise NasbenchError(
                "a process of the runs died, perhaps for want of memory; take fewer "
                "jobs"
            ) from error


def _send_next(connection: Connection, chunks: Iterator[list[int]]) -> int:
    """Send a chunk if one is left; return how many were sent."""
    for chunk in chunks:
        connection.send(chunk)
        return 1
    return 0


@contextmanager
def _processes(grid: ExperimentGrid, jobs: int) -> Iterator[list[Connection]]:
    """Start the processes; kill them, busy or not, at the end.

    Each has a pipe of its own: what a killed process wrote half is lost with its pipe
    and blocks nobody, as it would in a queue that all of them share.
    """
    forked = sys.platform == "linux"
    context: Any = multiprocessing.get_context("fork" if forked else "spawn")
    if forked:
        for benchmark in grid.benchmarks:
            _read_whole(benchmark)
    connections, started = [], []
    try:
        with signals_held_back(), warnings.catch_warnings():
            # BLAS has threads that sleep; it knows how to be forked.
            warnings.filterwarnings("ignore", ".*multi-threaded", DeprecationWarning)
            for _ in range(jobs):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs, grid))
                process.start()
                theirs.close()
                connections.append(ours)
                started.append(process)
        yield connections
    finally:
        for process in started:
            process.kill()
        for process, connection in zip(started, connections, strict=True):
            process.join()
            connection.close()


def _read_whole(benchmark: Benchmark) -> None:
    """Let a table read its arrays, so that forked processes share their pages."""
    if isinstance(benchmark, Referee):
        known = [benchmark.best_accuracy(split) for split in ("validation", "test")]
        if known[0] is not None:
            benchmark.evaluate(benchmark.space.sample(np.random.default_rng(0)))


def _work(connection: Connection, grid: ExperimentGrid) -> None:
    """Run what is asked for, until killed."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if "torch" in sys.modules:
        # The parent's pool of threads did not survive the fork; one needs none.
        sys.modules["torch"].set_num_threads(1)
    with one_thread():
        while True:
            connection.send(_run_chunk(grid, connection.recv()))


def _end_with_parent() -> None:
    """End this process when its parent is killed; no signal would tell it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_any([parent.sentinel])
        os._exit(1)


def _run_chunk(grid: ExperimentGrid, numbers: Sequence[int]) -> dict[int, Run] | str:
    """Return runs by their numbers, or why one failed; errors may not be picklable."""
    try:
        return {number: run_whole(grid[number]) for number in numbers}
    except NasbenchError as error:
        return str(error)
