"""Speed of surrogates, as ratios to XGBoost's own prediction in the same run."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from statistics import median

import numpy as np
import pytest
import xgboost
from pytest_benchmark.fixture import BenchmarkFixture

from nasbench.spaces import make_space
from surrogates.encodings import make_encoding
from surrogates.surrogate import Surrogate
from surrogates.xgboost_model import XGBoost

REPEATS = 5


def seconds(call: Callable[[], object], number: int) -> float:
    """Return the median seconds of one call."""
    return median(timeit.repeat(call, number=number, repeat=REPEATS)) / number


@pytest.fixture(scope="module")
def surrogate() -> Surrogate:
    space = make_space("cell201")
    rng = np.random.default_rng(0)
    cells = space.architectures_at(rng.integers(space.size, size=400).tolist())
    accuracies = 0.5 + 0.4 * np.sin(cells.astype(float).sum(axis=1) / 4)
    model = XGBoost(members=1, folds=0)
    return Surrogate(space, make_encoding("one-hot"), model).fit(cells, accuracies)


@pytest.fixture(scope="module")
def booster(surrogate: Surrogate) -> xgboost.Booster:
    """XGBoost's own model of the same size, one thread."""
    rng = np.random.default_rng(0)
    cells = surrogate.space.architectures_at(rng.integers(15_625, size=400).tolist())
    rows = surrogate.encoding.encode(surrogate.space, cells)
    model = surrogate.model
    assert isinstance(model, XGBoost)
    return model.train(rows, rng.normal(size=400), 0)


def test_a_tabulated_batch(
    benchmark: BenchmarkFixture, surrogate: Surrogate, booster: xgboost.Booster
) -> None:
    """Over 10^6 architectures per second: some hundred times XGBoost's own loop."""
    space = surrogate.space
    rng = np.random.default_rng(1)
    few = space.architectures_at(rng.integers(space.size, size=5_000).tolist())
    many = np.tile(few, (200, 1))
    surrogate.tabulate()
    benchmark(surrogate.predict, many)

    def plain() -> object:
        rows = space.one_hot(few).astype(np.float32)
        return booster.predict(xgboost.DMatrix(rows))

    ours = seconds(lambda: surrogate.predict(many), 1) / len(many)
    theirs = seconds(plain, 1) / len(few)
    benchmark.extra_info["architectures per second"] = 1 / ours
    benchmark.extra_info["ratio to XGBoost's predict"] = theirs / ours
    assert theirs / ours > 20


def test_an_untabulated_batch(
    benchmark: BenchmarkFixture, surrogate: Surrogate, booster: xgboost.Booster
) -> None:
    """Trees in numpy are about as fast as XGBoost's own, on one thread."""
    rows = surrogate.encoding.encode(
        surrogate.space, surrogate.space.architectures_at(range(15_625))
    )
    benchmark.pedantic(surrogate.model.predict, (rows,), rounds=3)
    ours = seconds(lambda: surrogate.model.predict(rows), 1)
    theirs = seconds(lambda: booster.predict(xgboost.DMatrix(rows)), 1)
    benchmark.extra_info["ratio to XGBoost's predict"] = ours / theirs
    assert ours / theirs < 5


def test_a_single_prediction(
    benchmark: BenchmarkFixture, surrogate: Surrogate, booster: xgboost.Booster
) -> None:
    """Under 200 microseconds, tabulated or not; XGBoost's own is the baseline."""
    space = surrogate.space
    cell = np.array([[3, 1, 4, 1, 2, 0]], np.uint8)
    row = surrogate.encoding.encode(space, cell)
    benchmark(surrogate.model.predict, row)

    def plain() -> object:
        return booster.predict(xgboost.DMatrix(row))

    theirs = seconds(plain, 100)
    ours = seconds(lambda: surrogate.model.predict(row), 100)
    surrogate.tabulate()
    looked_up = seconds(lambda: surrogate.predict(cell), 100)
    benchmark.extra_info["microseconds"] = 1e6 * ours
    benchmark.extra_info["microseconds tabulated"] = 1e6 * looked_up
    benchmark.extra_info["ratio to XGBoost's predict"] = ours / theirs
    assert ours / theirs < 10
    assert looked_up < ours
