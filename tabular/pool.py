"""Processes that train shards: one thread each, gone when the build is gone."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing.connection import wait as wait_for_end
from pathlib import Path

from nasbench.spaces import SearchSpace, make_space
from nasbench.training.engine import Engine, make_engine
from nasbench.training.trial import Trial
from tabular.plan import Shard
from tabular.shards import BuildError

_engine: Engine | None = None
"""The engine of this worker process, made once when the process starts."""


def _start_worker(settings: Path) -> None:
    global _engine
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _engine = make_engine(*pickle.loads(settings.read_bytes()))


def _end_with_parent() -> None:
    """End this process when the build is killed; no signal would tell it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_end([parent.sentinel])
        os._exit(1)


@cache
def _space_called(name: str) -> SearchSpace:
    """Return the space; its classes take seconds to find, so once per process."""
    return make_space(name)


def train_shard(engine: Engine, space: SearchSpace, shard: Shard) -> dict[int, Trial]:
    """Train every class of a shard by its first architecture."""
    first = space.classes.representatives
    return {
        number: engine.train(
            space, space.architecture_at(int(first[number])), shard.seed
        )
        for number in shard.classes
    }


def _train_in_worker(space_name: str, shard: Shard) -> dict[int, Trial]:
    if _engine is None:
        raise RuntimeError("the worker was not started by a pool")
    return train_shard(_engine, _space_called(space_name), shard)


def train_shards_here(
    shards: Iterable[Shard], space: SearchSpace, engine: Engine
) -> Generator[tuple[Shard, dict[int, Trial]], None, None]:
    """Yield every shard with its trials, trained one after the other."""
    for shard in shards:
        yield shard, train_shard(engine, space, shard)


def train_shards_in_processes(
    shards: Iterable[Shard], space_name: str, settings: Path, workers: int
) -> Generator[tuple[Shard, dict[int, Trial]], None, None]:
    """Yield every shard with its trials as it is finished, in any order.

    Closing the iterator, or an exception in whoever reads it, ends the processes at
    once.

    Args:
        shards: What to train.
        space_name: The space.
        settings: A file with the pickled task and recipe. Workers read it for
            themselves; through a pipe, they would have to start one by one.
        workers: How many processes.

    Raises:
        BuildError: A worker process died.
    """
    waiting = iter(shards)
    running: dict[Future[dict[int, Trial]], Shard] = {}
    with _process_pool(settings, workers) as executor:
        try:
            while True:
                # Twice as many as run: a worker never waits for the next shard.
                while len(running) < 2 * workers and (shard := next(waiting, None)):
                    future = executor.submit(_train_in_worker, space_name, shard)
                    running[future] = shard
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        except BrokenProcessPool as error:
            raise BuildError(
                "a worker process died, perhaps for want of memory; finished shards "
                "are kept: run the same command again, with fewer --workers"
            ) from error


@contextmanager
def _process_pool(settings: Path, workers: int) -> Iterator[Executor]:
    """Start the workers; kill them, busy or not, at the end."""
    before = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(
        workers,
        # Fresh interpreters: torch's thread pools do not survive a fork.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(settings,),
    )
    try:
        with _signals_held_back():
            executor.submit(os.getpid)  # the processes start with the first call
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.kill()


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Start all processes or none: an interruption waits until they are known.

    The processes inherit the mask, so Ctrl-C in a terminal, which goes to all of
    them, reaches the parent alone; it ends them. The mask is not enough here: another
    thread may receive the signal, and Python still handles it in this one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    held = (signal.SIGINT, signal.SIGTERM)
    handlers = {
        number: signal.signal(number, lambda got, _: received.append(got))
        for number in held
    }
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            # None stands for a handler that was not installed from Python.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if received:
            signal.raise_signal(received[0])
