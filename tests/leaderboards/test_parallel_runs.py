"""Runs in several processes are the runs of one."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leaderboards import RunSettings, compare
from leaderboards.runner.all_runs import run_all
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from nasbench.testing import ToyBenchmark, ToySpace
from strategies import GeneticAlgorithm, LocalSearch, RandomSearch
from tabular.shipped import open_shipped

FORKED = pytest.mark.skipif(sys.platform != "linux", reason="processes are not forked")
STRATEGIES = {"random": RandomSearch, "local": LocalSearch, "genetic": GeneticAlgorithm}
RULES = RunSettings(Budget(25), noise="trial", workers=2)


@pytest.fixture
def benchmarks():
    return [open_shipped("cell201-mini-digits-v1"), ToyBenchmark(ToySpace((3, 4, 2)))]


@pytest.mark.parametrize("jobs", [2, 3, 7])
def test_any_number_of_jobs_gives_the_same_runs(benchmarks, jobs):
    alone = run_all(STRATEGIES, benchmarks, RULES, 7)
    shared = run_all(STRATEGIES, benchmarks, RULES, 7, jobs=jobs)
    order = [(run.benchmark, run.strategy, run.seed) for run in alone]
    assert order == [
        (benchmark.name, name, seed)
        for benchmark in benchmarks
        for name in STRATEGIES
        for seed in range(7)
    ]
    for first, second in zip(alone, shared, strict=True):
        for field in fields(first):
            np.testing.assert_array_equal(
                getattr(first, field.name), getattr(second, field.name), field.name
            )


def test_the_board_is_the_same_too(benchmarks):
    boards = [compare(STRATEGIES, benchmarks, RULES, 5, jobs=jobs) for jobs in (1, 2)]
    pd.testing.assert_frame_equal(*boards)


def test_progress_goes_up_to_all_runs(benchmarks):
    seen = []
    compare(STRATEGIES, benchmarks, RULES, 5, lambda *done: seen.append(done), jobs=2)
    assert {total for _, total in seen} == {30}
    done = [one for one, _ in seen]
    assert done == sorted(done)
    assert done[-1] == 30


@FORKED
def test_strategies_and_benchmarks_need_not_be_picklable(benchmarks):
    class Local(RandomSearch):
        pass

    benchmark = benchmarks[1]
    benchmark.secret = lambda: None
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(benchmark)
    runs = run_all({"mine": Local}, [benchmark], RULES, 6, jobs=2)
    assert [run.seed for run in runs] == list(range(6))


def fails_from(seed, error):
    """Return a factory whose strategies fail in the runs from `seed` on."""
    made = []

    class Fails(RandomSearch):
        def ask(self):
            if len(made) > seed:
                error()
            return super().ask()

    def factory(context):
        made.append(context)
        return Fails(context)

    return factory


def divide_by_zero():
    return 1 / 0


@FORKED
def test_a_failing_run_ends_all_with_its_one_line(benchmarks):
    strategies = {"good": RandomSearch, "bad": fails_from(3, divide_by_zero)}
    with pytest.raises(NasbenchError, match=r"'bad' on .* ZeroDivisionError") as failed:
        run_all(strategies, benchmarks[1:], RULES, 60, jobs=2)
    assert "\n" not in str(failed.value)
    assert not multiprocessing.active_children()


@FORKED
def test_a_process_that_dies_is_told_in_one_line(benchmarks):
    dies = fails_from(3, lambda: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(NasbenchError, match=r"process of the runs died.*fewer jobs"):
        run_all({"dies": dies}, benchmarks[1:], RULES, 60, jobs=2)
    assert not multiprocessing.active_children()


def test_no_jobs_and_no_seeds_are_refused(benchmarks):
    with pytest.raises(NasbenchError, match="at least 1 job, not 0"):
        run_all(STRATEGIES, benchmarks, RULES, 2, jobs=0)
    with pytest.raises(NasbenchError, match="at least 1 seed, not 0"):
        run_all(STRATEGIES, benchmarks, RULES, 0, jobs=2)


@FORKED
def test_processes_share_the_pages_of_an_opened_table(tmp_path):
    """What a table has read is not read again: only the parent opens its file."""
    benchmark = open_shipped("cell201-mini-digits-v1")
    seen = tmp_path / "seen"
    seen.mkdir()

    def factory(context):
        read = "validation" in vars(benchmark._trials)
        (seen / f"{os.getpid()}-{read}").touch()
        return RandomSearch(context)

    run_all({"random": factory}, [benchmark], RULES, 40, jobs=2)
    names = [path.name for path in seen.iterdir()]
    assert names
    assert all(name.endswith("True") for name in names)


ENDLESS = """
import sys
from leaderboards import RunSettings, compare
from nasbench.search import Budget
from nasbench.testing import ToyBenchmark, ToySpace
from strategies import RandomSearchWithReplacement

compare(
    {"random": RandomSearchWithReplacement},
    [ToyBenchmark(ToySpace((3, 4, 2)))],
    RunSettings(Budget(2000)),
    1_000_000,
    lambda done, total: print(done, flush=True),
    jobs=2,
)
"""


def children_of(pid):
    words = ["ps", "-o", "pid=", "--ppid", str(pid)]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def is_running(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@FORKED
@pytest.mark.parametrize("number", [signal.SIGINT] * 3 + [signal.SIGKILL])
def test_no_process_outlives_an_interrupted_board(number):
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline().strip().isdigit()
        children = children_of(process.pid)
        assert len(children) >= 2
        if number == signal.SIGINT:  # as Ctrl-C in a terminal: to the whole group
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    limit = time.monotonic() + 20
    while any(map(is_running, children)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not any(map(is_running, children))
    if number == signal.SIGINT:
        assert errors.count("KeyboardInterrupt") == 1  # the parent's, no child's
