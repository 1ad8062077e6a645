"""Speed of surrogates, as ratios to XGBoost's own prediction in the same run."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost
from pytest_benchmark.fixture import BenchmarkFixture
from timings import ratio_in_turns, wall_seconds

from nasbench.spaces import make_space
from surrogates.encodings import make_encoding
from surrogates.surrogate import Surrogate
from surrogates.xgboost_model import XGBoost


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

    ratio = ratio_in_turns(
        lambda: wall_seconds(lambda: surrogate.predict(many)) / len(many),
        lambda: wall_seconds(plain) / len(few),
        1 / 20,
    )
    benchmark.extra_info["ratio to XGBoost's predict"] = ratio
    assert ratio < 1 / 20


def test_an_untabulated_batch(
    benchmark: BenchmarkFixture, surrogate: Surrogate, booster: xgboost.Booster
) -> None:
    """Trees in numpy are about as fast as XGBoost's own, on one thread."""
    rows = surrogate.encoding.encode(
        surrogate.space, surrogate.space.architectures_at(range(15_625))
    )
    benchmark.pedantic(surrogate.model.predict, (rows,), rounds=3)
    ratio = ratio_in_turns(
        lambda: wall_seconds(lambda: surrogate.model.predict(rows)),
        lambda: wall_seconds(lambda: booster.predict(xgboost.DMatrix(rows))),
        5,
    )
    benchmark.extra_info["ratio to XGBoost's predict"] = ratio
    assert ratio < 5


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

    def ours() -> float:
        return wall_seconds(lambda: surrogate.model.predict(row), 100)

    ratio = ratio_in_turns(ours, lambda: wall_seconds(plain, 100), 10)
    surrogate.tabulate()
    looked_up = ratio_in_turns(
        lambda: wall_seconds(lambda: surrogate.predict(cell), 100), ours, 1
    )
    benchmark.extra_info["ratio to XGBoost's predict"] = ratio
    benchmark.extra_info["ratio of a lookup to a prediction"] = looked_up
    assert ratio < 10
    assert looked_up < 1
