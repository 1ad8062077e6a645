"""Workers of a Dask cluster: on this machine, or wherever its scheduler is.

Dask sends a shard again where its worker was lost. Dask itself (`distributed`) comes
with the extra ``cluster`` and is imported when a cluster is opened.
"""

from __future__ import annotations

import logging
import multiprocessing
import re
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbench.errors import NasbenchError
from nasbench.training.engine import EngineIdentity, EngineSelection
from tabular.executors.crew import Crew, Job, TrainedShards, as_finished
from tabular.executors.processes import LocalProcesses
from tabular.executors.signals import signals_held_back
from tabular.plan import Shard
from tabular.shard_files import BuildError

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 20
"""How long a scheduler may take to answer."""

LARGEST_PORT = 65535


def crew_called(scheduler: str, workers: int) -> Crew:
    """Return the crew for a scheduler.

    Args:
        scheduler: ``local`` for a cluster on this machine, the address of a running
            scheduler such as ``tcp://10.0.0.1:8786``, or the path of its file.
        workers: Worker processes of a local cluster.

    Raises:
        NasbenchError: Dask is not installed.
    """
    try:
        import distributed  # noqa: F401 - whether it is there is the question
    except ModuleNotFoundError as error:
        if error.name != "distributed":
            raise
        raise NasbenchError(
            "--scheduler needs Dask; install it with "
            '`pip install "nasbench-suite[cluster]"`'
        ) from error
    if scheduler == "local":
        return LocalDaskCluster(LocalProcesses(workers).workers)
    return DaskCluster(scheduler)


@dataclass(frozen=True)
class DaskCluster:
    """All workers of a running scheduler, present and to come.

    Attributes:
        scheduler: Its address, or the path of its scheduler file.
    """

    scheduler: str

    def __post_init__(self) -> None:
        """Check its form.

        Raises:
            BuildError: It is no address, and no file is there; or the address has
                a port that there is not.
        """
        address = re.fullmatch(r"(?:[a-z]+://)?[^/\s]+:([0-9]+)", self.scheduler)
        if address is None and Path(self.scheduler).is_file():
            return
        if address is None:
            raise BuildError(
                f"--scheduler {self.scheduler} is neither local, nor an address such "
                "as tcp://10.0.0.1:8786, nor a scheduler file that exists"
            )
        port = address[1].lstrip("0")
        if not port or len(port) > 5 or int(port) > LARGEST_PORT:
            raise BuildError(
                f"--scheduler {self.scheduler} has the port {address[1]}; a port is 1 "
                f"to {LARGEST_PORT}"
            )

    @contextmanager
    def open(self, job: Job) -> Iterator[_OpenDask]:
        """Connect, wait for the first worker, send the job to all.

        Raises:
            BuildError: There is no such scheduler, or its workers cannot train as one.
        """
        with _connected(self.scheduler) as client, _job_on_workers(client, job) as name:
            yield _OpenDask(client, name)


@dataclass(frozen=True)
class LocalDaskCluster:
    """A cluster on this machine, for the time of one build.

    Attributes:
        workers: Its processes, one thread each.
    """

    workers: int

    @contextmanager
    def open(self, job: Job) -> Iterator[_OpenDask]:
        """Start the cluster; kill its processes, busy or not, at the end.

        Raises:
            BuildError: Its workers cannot train this.
        """
        from distributed import Client, LocalCluster

        before = set(multiprocessing.active_children())
        with signals_held_back():
            cluster = LocalCluster(
                n_workers=self.workers,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",  # any free port
                silence_logs=logging.CRITICAL,
            )
        try:
            with (
                Client(cluster, set_as_default=False) as client,
                _job_on_workers(client, job) as name,
            ):
                yield _OpenDask(client, name)
        finally:
            for nanny in cluster.workers.values():
                nanny.auto_restart = False
            for process in set(multiprocessing.active_children()) - before:
                process.kill()
            cluster.close()


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    from distributed import Client

    by_file = Path(scheduler).is_file()
    try:
        client = Client(
            address=None if by_file else scheduler,
            scheduler_file=scheduler if by_file else None,
            timeout=CONNECT_SECONDS,
            set_as_default=False,
        )
    except (OSError, ValueError) as error:
        raise BuildError(
            f"no Dask scheduler answers at {scheduler}: {error}"
        ) from error
    try:
        yield client
    finally:
        client.close()


@contextmanager
def _job_on_workers(client: Client, job: Job) -> Iterator[str]:
    """Send the job to every worker; yield the name by which tasks find it."""
    from tabular.executors.dask_worker import JobOnWorker

    name = f"nasbench-{uuid.uuid4()}"
    client.wait_for_workers(1)
    try:
        client.register_plugin(JobOnWorker(job, name), name)
    except ModuleNotFoundError as error:
        raise BuildError(
            f"a Dask worker cannot train: {error}; install nasbench-suite with the "
            "extras train and cluster wherever workers run"
        ) from error
    try:
        yield name
    finally:
        # Where the scheduler is lost, so are its workers and the job on them.
        with suppress(OSError):
            client.unregister_worker_plugin(name)


class _OpenDask:
    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name
        self.selection, self.engine = _agreed(client, name)
        self.description = "Dask"

    def train(self, shards: Sequence[Shard], local: Path) -> TrainedShards:
        from distributed import KilledWorker

        from tabular.executors.dask_worker import train_on_worker

        del local
        executor = self._client.get_executor(pure=False)
        try:
            yield from as_finished(
                lambda shard: executor.submit(
                    train_on_worker, self._name, shard, self.engine
                ),
                shards,
                ahead=len(shards),
            )
        except KilledWorker as error:
            raise BuildError(
                "a shard was lost with its Dask worker several times, perhaps for want "
                "of memory; finished shards are kept: run the same command again"
            ) from error
        except CancelledError as error:
            raise BuildError(
                "the Dask scheduler was lost; finished shards are kept: run the same "
                "command again"
            ) from error
        finally:
            executor.shutdown(wait=False)


def _agreed(client: Client, name: str) -> tuple[EngineSelection, EngineIdentity]:
    """Return the engine of all workers.

    Raises:
        BuildError: One of them cannot train this, or they have different engines.
    """
    from tabular.executors.dask_worker import Offer, described, offer_of_worker

    answers: dict[str, Any] = client.run(offer_of_worker, name)
    offers: dict[EngineIdentity, tuple[str, Offer]] = {}
    for address, answer in answers.items():
        if not isinstance(answer, Offer):
            raise BuildError(f"Dask worker {address} cannot train: {answer}")
        offers.setdefault(answer.engine, (address, answer))
    if len(offers) > 1:
        differing = "; ".join(
            f"{address} with {described(engine)}"
            for engine, (address, _) in offers.items()
        )
        raise BuildError(
            f"Dask workers train differently: {differing}; their numbers never mix: "
            "take workers of one kind"
        )
    ((_, offer),) = offers.values()
    return offer.selection, offer.engine
