"""Speed of queries, as ratios to a bare lookup in the same run.

The baseline is the least that any table in memory can do: one access to a dictionary
of tuples, and for batches one numpy `take`.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from timings import ratio_in_turns, wall_seconds

from tabular import Table


def test_one_evaluation(benchmark: BenchmarkFixture, small_table: Table) -> None:
    cell = (3, 1, 4)
    lookup = {cell: small_table.evaluate(cell)}
    benchmark(small_table.evaluate, cell)
    ratio = ratio_in_turns(
        lambda: wall_seconds(lambda: small_table.evaluate(cell), 5000),
        lambda: wall_seconds(lambda: lookup[cell], 5000),
        50,
    )
    benchmark.extra_info["ratio to a dictionary access"] = ratio
    # A dictionary access is 0.05 to 0.1 us, so this is a few microseconds at most.
    assert ratio < 50


def test_a_first_evaluation_of_each_architecture(
    benchmark: BenchmarkFixture, small_table: Table
) -> None:
    cells = list(small_table.space)

    def evaluate_all() -> None:
        small_table._evaluations.clear()
        small_table._class_of_key.clear()
        for cell in cells:
            small_table.evaluate(cell)

    benchmark(evaluate_all)
    lookup = dict.fromkeys(cells)
    ratio = ratio_in_turns(
        lambda: wall_seconds(evaluate_all, 20),
        lambda: wall_seconds(lambda: [lookup[cell] for cell in cells], 200),
        1000,
    )
    benchmark.extra_info["ratio to a dictionary access"] = ratio
    assert ratio < 1000


def test_a_batch(benchmark: BenchmarkFixture, small_table: Table) -> None:
    rng = np.random.default_rng(0)
    indices = rng.integers(small_table.space.size, size=1_000_000)
    batch = small_table.space.architectures_at(indices)
    values = small_table.accuracies(np.arange(small_table.space.size))
    benchmark(small_table.accuracies, batch)
    ratio = ratio_in_turns(
        lambda: wall_seconds(lambda: small_table.accuracies(batch)),
        lambda: wall_seconds(lambda: values.take(indices)),
        50,
    )
    benchmark.extra_info["ratio to numpy's take"] = ratio
    benchmark.extra_info["architectures per second"] = (
        len(batch) / benchmark.stats["median"] if benchmark.stats else None
    )
    assert ratio < 50


OPENING = """
import sys, time
import numpy, h5py
start = time.perf_counter()
from tabular import Table
table = Table.open(sys.argv[1])
table.evaluate((3, 1, 4))
print(time.perf_counter() - start)
"""


def test_opening_a_table_in_a_fresh_process(
    small_table: Table, benchmark: BenchmarkFixture
) -> None:
    """Open and answer once, beyond the import of numpy and h5py: under 50 ms."""

    def fresh(program: str) -> float:
        words = [sys.executable, "-c", program, str(small_table.path)]
        return float(
            subprocess.run(words, capture_output=True, text=True, check=True).stdout
        )

    imports = (
        "import time; start = time.perf_counter(); import numpy, h5py; "
        "print(time.perf_counter() - start)"
    )
    ratio = ratio_in_turns(lambda: fresh(OPENING), lambda: fresh(imports), 1)
    benchmark.extra_info["milliseconds"] = 1000 * fresh(OPENING)
    benchmark.extra_info["ratio to importing numpy and h5py"] = ratio
    benchmark.pedantic(lambda: Table.open(small_table.path), rounds=5)
    assert ratio < 1


@pytest.mark.parametrize("name", ["torch", "pandas"])
def test_opening_does_not_import(name: str, small_table: Table) -> None:
    program = OPENING + f"assert {name!r} not in sys.modules"
    words = [sys.executable, "-c", program, str(small_table.path)]
    subprocess.run(words, capture_output=True, check=True)
