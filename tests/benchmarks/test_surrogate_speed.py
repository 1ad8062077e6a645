"""Speed of surrogates, as ratios to XGBoost's own prediction in the same run.

Both sides start from architectures: encoding is part of a prediction. What is measured
is the default model, of three members, and the benchmark that ships.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xgboost
from pytest_benchmark.fixture import BenchmarkFixture
from timings import cpu_seconds, ratio_in_turns, wall_seconds

from nasbench.spaces import Architectures, make_space
from surrogates.benchmark import SurrogateBenchmark
from surrogates.encodings import make_encoding
from surrogates.sample import Sample
from surrogates.surrogate import Surrogate
from surrogates.xgboost_model import XGBoost

DATA = Path(__file__).parents[2] / "surrogates" / "data"
NAMES = ("cell201", "conv5")
SINGLE = 1 / 5
"""Of the time that XGBoost takes for one architecture, by its three members."""

Loop = Callable[[Architectures], object]


@pytest.fixture(scope="module")
def surrogates() -> dict[str, Surrogate]:
    """The default model on ``cell201``, and what ships of ``conv5``."""
    space = make_space("cell201")
    rng = np.random.default_rng(0)
    cells = space.architectures_at(rng.integers(space.size, size=400).tolist())
    accuracies = 0.5 + 0.4 * np.sin(cells.astype(float).sum(axis=1) / 4)
    made = Surrogate(space, make_encoding("one-hot"), XGBoost(folds=0))
    shipped = SurrogateBenchmark.open(DATA / "conv5-mnist-clutter-v1.npz")
    return {
        "cell201": made.fit(cells, accuracies),
        "conv5": shipped.parts.validation,
    }


@pytest.fixture(scope="module")
def loops(surrogates: dict[str, Surrogate]) -> dict[str, Loop]:
    """XGBoost's own members, as many and as large, one thread, asked one by one."""
    shipped = Sample.open(DATA / "conv5-mnist-clutter-v1-sample.npz").observations()
    rng = np.random.default_rng(0)
    cells = make_space("cell201").architectures_at(
        rng.integers(15_625, size=400).tolist()
    )
    known = {
        "cell201": (cells, rng.normal(size=400)),
        "conv5": (shipped.architectures, shipped.validation),
    }
    return {name: _loop(surrogates[name], *known[name]) for name in NAMES}


def _loop(surrogate: Surrogate, known: Architectures, values: object) -> Loop:
    model, space = surrogate.model, surrogate.space
    assert isinstance(model, XGBoost)
    rows = surrogate.encoding.encode(space, known)
    scores = np.asarray(values)
    scores = (scores - scores.mean()) / scores.std()
    boosters = [model.train(rows, scores, i) for i in range(model.members)]

    def predict(cells: Architectures) -> object:
        # One thread also here: others only wait for a busy machine.
        matrix = xgboost.DMatrix(surrogate.encoding.encode(space, cells), nthread=1)
        return np.mean([booster.predict(matrix) for booster in boosters], axis=0)

    return predict


def _drawn(surrogate: Surrogate, count: int) -> Architectures:
    rng = np.random.default_rng(1)
    indices = rng.integers(surrogate.space.size, size=count)
    return surrogate.space.architectures_at(indices.tolist())


def _copy(surrogate: Surrogate) -> Surrogate:
    """Return one that has tabulated nothing."""
    return Surrogate.rebuild(surrogate.describe(), surrogate.arrays())


@pytest.mark.parametrize("name", NAMES)
def test_a_tabulated_batch(
    benchmark: BenchmarkFixture,
    surrogates: dict[str, Surrogate],
    loops: dict[str, Loop],
    name: str,
) -> None:
    """Over 10^6 architectures per second: some hundred times XGBoost's own loop."""
    made = _copy(surrogates[name]).tabulate()
    many = _drawn(made, 1_000_000)
    few = many[:2_000]
    benchmark.pedantic(made.predict, (many,), rounds=3)
    ratio = ratio_in_turns(
        lambda: wall_seconds(lambda: made.predict(many)) / len(many),
        lambda: wall_seconds(lambda: loops[name](few)) / len(few),
        1 / 50,
    )
    benchmark.extra_info["ratio to XGBoost's predict"] = ratio
    assert ratio < 1 / 50


def test_a_whole_space(
    benchmark: BenchmarkFixture,
    surrogates: dict[str, Surrogate],
    loops: dict[str, Loop],
) -> None:
    """All 8 million, nothing tabulated before: 10^6 per second, tables included."""
    made = surrogates["conv5"]
    few = _drawn(made, 2_000)

    def whole() -> object:
        return _copy(made).tabulate()

    benchmark.pedantic(whole, rounds=1)
    # CPU seconds: both sides take one thread, and one call lasts seconds.
    ratio = ratio_in_turns(
        lambda: cpu_seconds(whole) / made.space.size,
        lambda: cpu_seconds(lambda: loops["conv5"](few)) / len(few),
        1 / 20,
    )
    benchmark.extra_info["ratio to XGBoost's predict"] = ratio
    assert ratio < 1 / 20


@pytest.mark.parametrize("name", NAMES)
def test_an_untabulated_batch(
    benchmark: BenchmarkFixture,
    surrogates: dict[str, Surrogate],
    loops: dict[str, Loop],
    name: str,
) -> None:
    """Sets of leaves are read faster than XGBoost walks its trees, on one thread."""
    made = _copy(surrogates[name])
    batch = _drawn(made, 450)
    benchmark.pedantic(made.predict, (batch,), rounds=5)
    ratio = ratio_in_turns(
        lambda: wall_seconds(lambda: made.predict(batch)),
        lambda: wall_seconds(lambda: loops[name](batch)),
        1,
    )
    benchmark.extra_info["ratio to XGBoost's predict"] = ratio
    assert ratio < 1


@pytest.mark.parametrize("name", NAMES)
def test_a_single_prediction(
    benchmark: BenchmarkFixture,
    surrogates: dict[str, Surrogate],
    loops: dict[str, Loop],
    name: str,
) -> None:
    """Under 200 microseconds, tabulated or not; XGBoost's own is the baseline."""
    made, tabulated = _copy(surrogates[name]), _copy(surrogates[name]).tabulate()
    one = _drawn(made, 1)
    benchmark(made.predict, one)

    def ours() -> float:
        return wall_seconds(lambda: made.predict(one), 20)

    ratio = ratio_in_turns(
        ours, lambda: wall_seconds(lambda: loops[name](one), 20), SINGLE
    )
    looked_up = ratio_in_turns(
        lambda: wall_seconds(lambda: tabulated.predict(one), 20), ours, 1
    )
    benchmark.extra_info["ratio to XGBoost's predict"] = ratio
    benchmark.extra_info["ratio of a lookup to a prediction"] = looked_up
    assert ratio < SINGLE
    assert looked_up < 1


def test_an_evaluation(benchmark: BenchmarkFixture, loops: dict[str, Loop]) -> None:
    """One fresh architecture of the file that ships, less what its costs take."""
    shipped = SurrogateBenchmark.open(DATA / "conv5-mnist-clutter-v1.npz")
    free = SurrogateBenchmark(
        shipped.name,
        shipped.epochs,
        replace(shipped.parts, costs=lambda _: shipped_costs),
    )
    cells = [tuple(c) for c in _drawn(shipped.parts.validation, 20_000).tolist()]
    shipped_costs = shipped.cost_model(cells[0])
    fresh = iter(cells)
    benchmark.pedantic(lambda: shipped.evaluate(next(fresh)), rounds=200)
    one = _drawn(shipped.parts.validation, 1)
    ratio = ratio_in_turns(
        lambda: wall_seconds(lambda: free.evaluate(next(fresh)), 20),
        lambda: wall_seconds(lambda: loops["conv5"](one), 20),
        1 / 2,
    )
    benchmark.extra_info["ratio to XGBoost's predict"] = ratio
    assert ratio < 1 / 2
