"""Builds on Dask: the same digest, whatever happens to the workers."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from nasbench.errors import NasbenchError
from nasbench.tasks import Task
from nasbench.training.engine import EngineName
from nasbench.training.recipe import Recipe
from tabular.build import BuildInterrupted, BuildRequest, Progress, build
from tabular.executors.dask_cluster import DaskCluster, LocalDaskCluster, crew_called
from tabular.provenance import runs
from tabular.shards import BuildError

distributed = pytest.importorskip(
    "distributed", reason="Dask comes with the extra `cluster`"
)

SPACE = "topology:3:none,skip_connect,nor_conv_1x1"


@pytest.fixture
def request_of(digits: Task, small_recipe: Recipe) -> BuildRequest:
    return BuildRequest(SPACE, digits, small_recipe, seeds=2, engine="torch")


@pytest.fixture(scope="module")
def digest_of(
    digits: Task, small_recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[EngineName], str]:
    """The digest of a build without Dask, by engine; each is built once."""

    @cache
    def built(engine: EngineName) -> str:
        out = tmp_path_factory.mktemp("expected") / "table.h5"
        request = BuildRequest(SPACE, digits, small_recipe, seeds=2, engine=engine)
        return build(request, out).digest

    return built


@pytest.fixture
def expected_digest(digest_of: Callable[[EngineName], str]) -> str:
    return digest_of("torch")


@contextmanager
def cluster(**options: object) -> Iterator[distributed.LocalCluster]:
    """A cluster whose scheduler is reached by its address, as one elsewhere is."""
    with distributed.LocalCluster(
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        **{"n_workers": 1, "threads_per_worker": 1, **options},
    ) as running:
        yield running


@contextmanager
def worker_beside(address: str, **environment: str) -> Iterator[None]:
    """A worker process of its own, as on another machine."""
    command = ("-m", "distributed.cli.dask_worker", address, "--nthreads", "1")
    with (
        distributed.Client(address, set_as_default=False) as client,
        subprocess.Popen(
            [sys.executable, *command, "--no-nanny", "--no-dashboard"],
            env={**os.environ, **environment},
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        try:
            client.wait_for_workers(2)
            yield
        finally:
            process.kill()


def test_a_local_cluster_gives_the_same_digest_and_leaves_no_process(
    request_of: BuildRequest, expected_digest: str, tmp_path: Path
) -> None:
    import multiprocessing

    before = set(multiprocessing.active_children())
    table = build(request_of, tmp_path / "t.h5", workers=LocalDaskCluster(1))
    assert table.digest == expected_digest
    assert runs(table.provenance)[-1]["workers"] == "Dask"
    assert set(multiprocessing.active_children()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["t.h5"]


@pytest.mark.parametrize("engine", ["fused", "torch"])
def test_a_killed_worker_and_an_interruption_change_nothing(
    engine: EngineName,
    request_of: BuildRequest,
    digest_of: Callable[[EngineName], str],
    tmp_path: Path,
) -> None:
    request_of = replace(request_of, engine=engine)
    out = tmp_path / "t.h5"
    with cluster(n_workers=2) as running:

        def killed(progress: Progress) -> None:
            if progress.done == 3:
                os.kill(victim, signal.SIGKILL)
            if progress.done == 9:
                raise KeyboardInterrupt

        victim = running.workers[0].pid
        crew = DaskCluster(running.scheduler_address)
        with pytest.raises(BuildInterrupted, match="9 of 18 trainings are kept"):
            build(request_of, out, workers=crew, report=killed)
        assert running.workers[0].pid != victim
        # The same cluster trains the rest: no job is left on it from before.
        seen: list[Progress] = []
        table = build(request_of, out, workers=crew, report=seen.append)
    assert seen[0].done == 9
    assert table.identity.engine.engine == engine
    assert table.digest == digest_of(engine)


def test_workers_with_another_instruction_set_are_refused(
    request_of: BuildRequest, tmp_path: Path
) -> None:
    import torch

    if torch.backends.cpu.get_cpu_capability() == "DEFAULT":
        pytest.skip("torch knows one instruction set on this processor")
    other = {"ATEN_CPU_CAPABILITY": "default"}
    with cluster() as running:
        address = running.scheduler_address
        crew = DaskCluster(address)
        with (
            worker_beside(address, **other),
            pytest.raises(BuildError, match=r"train differently: .*DEFAULT"),
        ):
            build(request_of, tmp_path / "t.h5", workers=crew)
        assert not list(tmp_path.iterdir())
        beside = worker_beside(address, **other)

        def joined(progress: Progress) -> None:
            if progress.done == 0:
                beside.__enter__()

        late = r"tcp://.* trains with torch .*\(DEFAULT\), but this build with torch"
        try:
            with pytest.raises(BuildError, match=late):
                build(request_of, tmp_path / "t.h5", workers=crew, report=joined)
        finally:
            beside.__exit__(None, None, None)


def test_workers_with_several_threads_are_refused(
    request_of: BuildRequest, tmp_path: Path
) -> None:
    with cluster(processes=False, protocol="tcp://", threads_per_worker=2) as running:
        crew = DaskCluster(running.scheduler_address)
        with pytest.raises(BuildError, match=r"has 2 threads; .* --nthreads 1"):
            build(request_of, tmp_path / "t.h5", workers=crew)


def test_what_a_worker_cannot_train_is_said_once(
    request_of: BuildRequest, tmp_path: Path
) -> None:
    recipe = replace(request_of.recipe, batch_size=1000)
    with cluster(processes=False, protocol="tcp://") as running:
        crew = DaskCluster(running.scheduler_address)
        with pytest.raises(NasbenchError, match="fewer than one batch of 1000"):
            build(replace(request_of, recipe=recipe), tmp_path / "t.h5", workers=crew)


def test_a_scheduler_file_leads_to_the_scheduler_and_its_loss_is_said(
    request_of: BuildRequest,
    expected_digest: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # For so long Dask itself hopes that the scheduler comes back.
    monkeypatch.setattr("tabular.executors.dask_cluster.CONNECT_SECONDS", 3)
    file, out = tmp_path / "scheduler.json", tmp_path / "t.h5"
    options = ("--port", "0", "--scheduler-file", str(file), "--no-dashboard")
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler", *options]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as scheduler:
        while not file.exists():
            time.sleep(0.05)
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads=1"]
        with subprocess.Popen(
            [*worker, "--no-nanny", "--no-dashboard", "--scheduler-file", str(file)],
            stderr=subprocess.DEVNULL,
        ) as process:

            def lost(progress: Progress) -> None:
                if progress.done == 4:
                    scheduler.kill()

            try:
                with pytest.raises(BuildError, match="the Dask scheduler was lost"):
                    build(request_of, out, workers=DaskCluster(str(file)), report=lost)
            finally:
                process.kill()
                scheduler.kill()
    seen: list[Progress] = []
    assert build(request_of, out, report=seen.append).digest == expected_digest
    assert seen[0].done >= 4


def test_schedulers_that_are_none_are_refused(
    request_of: BuildRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BuildError, match=r"--scheduler nowhere\.json is neither"):
        crew_called("nowhere.json", 1)
    for port in ("99999", "65536", "0", "00", "9" * 5000):
        with pytest.raises(BuildError, match=rf"has the port {port}; .* 1 to 65535"):
            crew_called(f"tcp://127.0.0.1:{port}", 1)
    for port in ("1", "65535", "08786"):
        crew_called(f"tcp://127.0.0.1:{port}", 1)
    with pytest.raises(BuildError, match="at least 1 worker, not 0"):
        crew_called("local", 0)
    monkeypatch.setattr("tabular.executors.dask_cluster.CONNECT_SECONDS", 0.5)
    crew = crew_called("tcp://127.0.0.1:9", 1)
    with pytest.raises(BuildError, match=r"no Dask scheduler answers at tcp://127"):
        build(request_of, tmp_path / "t.h5", workers=crew)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NasbenchError, match=r"pip install .nasbench-suite\[cluster\]"):
        crew_called("local", 1)
