"""Score classes in this process, or in several."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton
from nasbench.spaces import SearchSpace, make_space
from surrogates.proxies.named import make_proxy
from surrogates.proxies.proxy import Proxy
from surrogates.proxies.score_folder import Scores
from surrogates.proxies.scores import score_specimen
from surrogates.proxies.specimen import Shown, SpecimenSource
from tabular.executors.signals import signals_held_back

CHUNK = 16
"""Classes between two writes: some seconds."""


@dataclass(frozen=True, eq=False)
class ScoreJob:
    """All that a worker needs to know.

    Attributes:
        space: Name of the space.
        skeleton: The networks' frame.
        shown: The batches of every seed.
        proxies: Names of the proxies.
    """

    space: str
    skeleton: Skeleton
    shown: dict[int, Shown]
    proxies: tuple[str, ...]


class _Scorer:
    def __init__(self, job: ScoreJob, space: SearchSpace) -> None:
        self._source = SpecimenSource(space, job.skeleton, job.shown)
        self._proxies: list[Proxy] = [make_proxy(name) for name in job.proxies]

    def score(self, indices: Sequence[tuple[int, int]]) -> Scores:
        """Score classes, given as (class, index of its representative)."""
        space, scores = self._source.space, {}
        for number, index in indices:
            architecture = space.architecture_at(index)
            by_seed = []
            for seed in self._source.shown:
                found = score_specimen(
                    self._proxies, self._source.specimen(architecture, seed)
                )
                by_seed.append([(s.score, s.seconds, s.status) for s in found])
            # (seeds, proxies, 3) to (3, proxies, seeds)
            scores[number] = np.array(by_seed, np.float64).transpose(2, 1, 0)
        return scores


def score_classes(
    job: ScoreJob, classes: Sequence[tuple[int, int]], workers: int
) -> Generator[Scores]:
    """Yield the scores of some classes at a time, in any order.

    Args:
        job: What to score by.
        classes: Pairs of class and index of its representative.
        workers: Processes; one is this process.

    Raises:
        NasbenchError: A worker died, or a proxy cannot look into a network.
    """
    chunks = [classes[i : i + CHUNK] for i in range(0, len(classes), CHUNK)]
    if workers <= 1 or len(chunks) <= 1:
        scorer = _Scorer(job, make_space(job.space))
        yield from map(scorer.score, chunks)
        return
    before = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(
        min(workers, len(chunks)),
        # Fresh interpreters: torch's thread pools do not survive a fork.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(job,),
    )
    try:
        with signals_held_back():
            waiting = {executor.submit(_score, chunk) for chunk in chunks}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        raise NasbenchError(
            "a worker process died, perhaps for want of memory; finished scores are "
            "kept: run the same command again, with fewer --workers"
        ) from error
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.kill()


_scorer: _Scorer | None = None


def _start(job: ScoreJob) -> None:
    global _scorer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _scorer = _Scorer(job, make_space(job.space))


def _end_with_parent() -> None:
    """End this process when its parent is killed; no signal would tell it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _score(classes: Sequence[tuple[int, int]]) -> Scores:
    if _scorer is None:
        raise RuntimeError("the worker was not started by a pool")
    return _scorer.score(classes)
