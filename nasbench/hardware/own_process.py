"""Measure a block in a process of its own, with one thread, on one core."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from nasbench.errors import NasbenchError
from nasbench.hardware.measuring import BlockTimings, Procedure, measure_block
from nasbench.hardware.named import make_measured
from nasbench.hardware.specimen import Images, Specimen
from nasbench.networks import Skeleton
from nasbench.spaces import Architecture, make_space

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)

PATIENCE_SECONDS = 10

Report = Callable[[], None]
"""Called after every step that `Procedure.steps` counts."""


@dataclass(frozen=True, eq=False)
class BlockJob:
    """All that a process needs to measure a block.

    Attributes:
        target: Name of the target.
        space: Name of the space.
        architectures: The networks, in the order of the rows that come back.
        skeleton: The networks' frame.
        images: ``(n, channels, height, width) float32``.
        folder: Where files for runtimes are made.
        procedure: How often to run what.
        core: The processor core to run on; None for any.
        dead: Positions of networks that ended an earlier process, and how.
    """

    target: str
    space: str
    architectures: tuple[Architecture, ...]
    skeleton: Skeleton
    images: Images
    folder: Path
    procedure: Procedure
    core: int | None = None
    dead: tuple[tuple[int, str], ...] = ()


def measure_here(job: BlockJob, watch: Callable[[int, bool], None]) -> BlockTimings:
    """Measure a block in this process, as it is.

    Raises:
        NasbenchError: The target cannot measure here.
    """
    space, dead = make_space(job.space), dict(job.dead)
    specimens = {
        position: Specimen(
            space,
            architecture,
            job.skeleton,
            job.images,
            job.folder,
            job.procedure.seed,
        )
        for position, architecture in enumerate(job.architectures)
        if position not in dead
    }
    found = measure_block(make_measured(job.target), specimens, job.procedure, watch)
    return _with_dead(found, len(job.architectures), dead)


def measure_in_own_process(job: BlockJob, report: Report) -> BlockTimings:
    """Measure a block in a new process; it ends when this one does.

    A network that ends the process (a runtime that crashes) is rejected, and the
    others are measured anew.

    Args:
        job: What to measure.
        report: Called after every step.

    Raises:
        NasbenchError: The target cannot measure here, or the process was killed.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(job, there), daemon=True)
    process.start()
    there.close()
    position: int | None = None
    try:
        while True:
            kind, content = here.recv()
            if kind == "done":
                found: BlockTimings = content
                process.join(PATIENCE_SECONDS)  # it has tidying to do
                return found
            if kind == "error":
                raise NasbenchError(content)
            position, counted = content
            if counted:
                report()
    except EOFError:
        process.join()
    finally:
        here.close()
        process.kill()
        process.join()
    return measure_in_own_process(_without(job, position, process.exitcode), report)


def _without(job: BlockJob, position: int | None, code: int | None) -> BlockJob:
    """Return the job without the network that ended the process."""
    if position is None or code == -signal.SIGKILL:
        how = "was killed" if code == -signal.SIGKILL else f"ended with code {code}"
        raise NasbenchError(
            f"the process that measured {job.target} {how}, perhaps for want of "
            "memory; finished blocks are kept: run the same command again, with a "
            "smaller --block"
        )
    how = f"signal {-code}" if code is not None and code < 0 else f"code {code}"
    reason = f"the runtime ended its process ({how})"
    return replace(job, dead=(*job.dead, (position, reason)))


def _serve(job: BlockJob, pipe: Connection[Any, Any]) -> None:
    """Measure in this process, which exists for nothing else."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ |= dict.fromkeys(ONE_THREAD, "1")
    if job.core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {job.core})
    if "torch" in sys.modules:
        # The script that is this program's main module imported it, with all threads.
        sys.modules["torch"].set_num_threads(1)
    try:
        found = measure_here(job, lambda *step: pipe.send(("step", step)))
        pipe.send(("done", found))
    except NasbenchError as error:
        pipe.send(("error", str(error)))


def _end_with_parent() -> None:
    """End this process when its parent is killed; no signal would tell it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _with_dead(found: BlockTimings, rows: int, dead: dict[int, str]) -> BlockTimings:
    """Return rows for every network of the block, those left out included."""
    import numpy as np

    def padded(values: Any) -> Any:
        missing = [(0, rows - len(values))] + [(0, 0)] * (values.ndim - 1)
        fill = 0 if values.dtype.kind == "i" else np.nan
        return np.pad(values, missing, constant_values=fill)

    names = ("cpu_ms", "wall_ms", "p10_ms", "p90_ms", "deviation", "again")
    reasons = [*found.reasons, *[""] * (rows - len(found.reasons))]
    return replace(
        found,
        reasons=tuple(dead.get(p, reason) for p, reason in enumerate(reasons)),
        **{name: padded(getattr(found, name)) for name in names},
    )
