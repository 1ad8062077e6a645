"""A surrogate is a benchmark: searched, judged, saved and refused like a table."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from altered_tables import altered, without_trials

from leaderboards import RunSettings, compare, rank_board
from nasbench.benchmark import Benchmark, Referee, Specified
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from nasbench.spaces import make_space
from nasbench.testing import ToyBenchmark, ToySpace
from strategies import LocalSearch, RandomSearch
from surrogates.benchmark import SurrogateBenchmark
from surrogates.encodings import make_encoding
from surrogates.fit_benchmark import FitSettings, facts_of, fit_benchmark
from surrogates.models import make_model
from surrogates.observations import Observations
from surrogates.store import SurrogateError
from surrogates.stored_costs import costs_of
from surrogates.surrogate import Surrogate
from tabular import Table

SMALL = {"rounds": 60, "learning_rate": 0.2, "members": 2, "folds": 2}
SETTINGS = FitSettings(settings=SMALL)


@pytest.fixture(scope="module")
def source() -> ToyBenchmark:
    return ToyBenchmark(ToySpace((3, 4, 4, 3)), noise=0.02)


@pytest.fixture(scope="module")
def fitted(source: ToyBenchmark) -> SurrogateBenchmark:
    known = Observations.of(source).take(np.arange(0, 144, 2))
    facts = facts_of(source, "every second one")
    return fit_benchmark("toy", known, costs_of(source), SETTINGS, facts)


def test_it_speaks_the_protocols_of_a_benchmark(fitted) -> None:
    benchmark: Benchmark = fitted
    assert isinstance(fitted, Referee)
    assert isinstance(fitted, Specified)
    found = benchmark.evaluate((1, 2, 3, 0))
    assert found.epochs == benchmark.epochs == 4
    assert found.curve[-1] == found.validation_accuracy
    assert found.parameters == benchmark.cost_model((1, 2, 3, 0)).parameters
    assert found.seed is None


def test_fewer_epochs_are_the_beginning_of_the_curve_at_their_share_of_the_cost(
    fitted,
) -> None:
    whole = fitted.evaluate((1, 2, 3, 0), seed=2)
    part = fitted.evaluate((1, 2, 3, 0), epochs=3, seed=2)
    assert part.curve == whole.curve[:3]
    assert part.cost_seconds == pytest.approx(0.75 * whole.cost_seconds)


def test_unseen_architectures_are_predicted_better_than_by_the_mean(
    source, fitted
) -> None:
    cells = list(source.space)[1::2]
    for split in ("validation", "test"):
        truth = np.array([source.mean_accuracy(cell, split) for cell in cells])
        said = np.array([fitted.mean_accuracy(cell, split) for cell in cells])
        assert np.mean((said - truth) ** 2) < 0.7 * np.var(truth)
    seconds = [source.evaluate(cell).cost_seconds for cell in cells]
    guessed = [fitted.evaluate(cell).cost_seconds for cell in cells]
    assert np.median(np.abs(np.divide(guessed, seconds) - 1)) < 0.1


def test_trials_scatter_around_the_mean_as_those_of_the_source(source, fitted) -> None:
    cells = list(source.space)
    drawn = np.array(
        [
            [fitted.evaluate(cell, seed=s).validation_accuracy for s in fitted.seeds]
            for cell in cells
        ]
    )
    mean = np.array([fitted.evaluate(cell).validation_accuracy for cell in cells])
    assert np.std(drawn - mean[:, None]) == pytest.approx(0.02, rel=0.25)
    assert abs(np.mean(drawn - mean[:, None])) < 0.004
    assert fitted.evaluate(cells[5], seed=1) == fitted.evaluate(cells[5], seed=1)


PROGRAM = """
import sys
from surrogates.benchmark import SurrogateBenchmark
held = SurrogateBenchmark.open(sys.argv[1])
print(repr(held.evaluate((1, 2, 0), seed=3)))
assert not {"xgboost", "sklearn", "torch", "pandas"} & set(sys.modules)
"""


def test_another_process_reads_the_same_numbers_without_heavy_libraries(
    tmp_path, small_table
) -> None:
    known = Observations.of(small_table)
    made = fit_benchmark("mini", known, costs_of(small_table), SETTINGS)
    path = tmp_path / "mini.npz"
    assert made.save(path) == made.digest
    held = SurrogateBenchmark.open(path)
    for cell in ((1, 2, 0), (0, 0, 0), (4, 3, 3)):
        for seed in (None, 0, 4):
            assert held.evaluate(cell, seed=seed) == made.evaluate(cell, seed=seed)
        assert held.mean_accuracy(cell, "test") == made.mean_accuracy(cell, "test")
    assert held.spec == made.spec
    words = [sys.executable, "-c", PROGRAM, str(path)]
    said = subprocess.run(
        words,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        check=False,
    )
    assert said.returncode == 0, said.stderr
    # Expressions of the standard library's enum do not evaluate; compare texts.
    assert said.stdout.strip() == repr(made.evaluate((1, 2, 0), seed=3))


def test_members_of_a_class_get_one_answer_and_the_costs_of_the_table(
    small_table,
) -> None:
    made = fit_benchmark(
        "mini",
        Observations.of(small_table),
        costs_of(small_table),
        FitSettings(encoding="one-hot", settings=SMALL),
    )
    space, seen = small_table.space, {}
    for cell in space:
        found = made.evaluate(cell, seed=1)
        assert seen.setdefault(space.canonical(cell), found) == found
        assert found.flops == small_table.evaluate(cell).flops
    best = max(made.mean_accuracy(cell, "test") for cell in space)
    assert made.best_accuracy("test") == pytest.approx(best)


def test_strategies_are_compared_on_it_as_on_a_table(fitted) -> None:
    board = compare(
        {"random": RandomSearch, "local": LocalSearch},
        [fitted],
        RunSettings(Budget(30), noise="trial"),
        seeds=5,
    )
    ranking = rank_board(board, np.random.default_rng(0))
    assert set(ranking["strategy"]) == {"random", "local"}
    assert (board["test_regret"].dropna() >= 0).all()


def test_a_space_beyond_enumeration_has_no_best_and_still_answers() -> None:
    space = ToySpace((7,) * 9)
    rng = np.random.default_rng(0)
    cells = np.array([space.sample(rng) for _ in range(80)], np.uint8)
    curves = np.clip(cells.mean(axis=1, keepdims=True) / 7 + [[np.nan, 0.0]], 0, 1)
    nothing = np.full(80, np.nan)
    known = Observations(
        space, cells, curves[:, None], curves, nothing, nothing, np.full(80, "all")
    )
    made = fit_benchmark(
        "large", known, ToyBenchmark(ToySpace((2,))).cost_model, SETTINGS
    )
    assert made.best_accuracy("validation") is None
    found = made.evaluate((3,) * 9)
    assert math.isnan(found.cost_seconds)
    assert math.isnan(made.mean_accuracy((3,) * 9, "test"))
    assert made.evaluate((3,) * 9, seed=0) != made.evaluate((3,) * 9, seed=1)
    with pytest.raises(NasbenchError, match="after 2 epochs only, not after 1"):
        made.evaluate((3,) * 9, epochs=1)
    with pytest.raises(NasbenchError, match="count in a skeleton only"):
        made.save("nowhere.npz")


def test_wrong_questions_are_refused(fitted) -> None:
    for arguments, said in (
        ({"epochs": 5}, "epochs 1 to 4, not 5"),
        ({"seed": 9}, r"seeds \[0, 1, 2, 3, 4\], not 9"),
    ):
        with pytest.raises(NasbenchError, match=said):
            fitted.evaluate((1, 2, 3, 0), **arguments)
    with pytest.raises(NasbenchError, match="no architecture of"):
        fitted.evaluate((9, 9, 9, 9))
    with pytest.raises(NasbenchError, match="unknown split"):
        fitted.mean_accuracy((1, 2, 3, 0), "train")


def test_wrong_fits_are_refused(source) -> None:
    known = Observations.of(source)
    with pytest.raises(NasbenchError, match="5 samples or more to fit, not 4"):
        fit_benchmark("few", known.take(np.arange(4)), costs_of(source))
    with pytest.raises(NasbenchError, match=r"'path' is not defined on toy"):
        fit_benchmark("x", known, costs_of(source), FitSettings(encoding="path"))
    broken = known.take(np.arange(20))
    broken.curves[3, -1] = np.nan
    with pytest.raises(NasbenchError, match="1 of 20 targets are not finite"):
        fit_benchmark("nan", broken, costs_of(source))
    with pytest.raises(NasbenchError, match="sampling is empty"):
        facts_of(source, "")


def test_a_surrogate_of_another_space_is_refused(tmp_path) -> None:
    space = make_space("cell201-mini")
    cells = space.architectures_at(range(0, 120, 3))
    made = Surrogate(
        space, make_encoding("wl-2"), make_model("random-forest", {"trees": 5})
    )
    made.fit(cells, np.linspace(0.1, 0.9, 40))
    path = tmp_path / "s.npz"
    made.save(path)
    again = Surrogate.load(path, space)
    everything = space.architectures_at(range(space.size))
    assert (again.predict(everything) == made.predict(everything)).all()
    assert (again.tabulate().predict(everything) == made.predict(everything)).all()
    with pytest.raises(SurrogateError, match="of cell201-mini, not of cell201"):
        Surrogate.load(path, make_space("cell201"))
    with pytest.raises(SurrogateError, match="holds a surrogate, not a benchmark"):
        SurrogateBenchmark.open(path)


def test_what_failed_is_left_out_of_the_observations() -> None:
    source = ToyBenchmark(ToySpace((3, 4, 2)), failures=0.5)
    known = Observations.of(source)
    assert 0 < len(known) < 24
    assert np.isfinite(known.curves).all()
    with pytest.raises(NasbenchError, match="no complete training"):
        Observations.of(ToyBenchmark(ToySpace((3, 2)), failures=1.0))


def test_a_partial_table_teaches_what_it_holds(small_table_path, tmp_path) -> None:
    def take_away(arrays):
        missing = np.zeros(arrays["trials/status"].shape, bool)
        missing[:20] = True
        missing[30, 1] = True
        without_trials(arrays, missing)

    partial = altered(small_table_path, tmp_path / "partial.h5", take_away)
    known = Observations.of(partial)
    assert len(known) == 40
    assert np.isnan(known.trials).any(axis=(1, 2)).sum() == 1
    whole = Observations.of(Table.open(small_table_path))
    assert (known.trials[-1] == whole.trials[-1]).all()
    assert (known.architectures == whole.architectures[20:]).all()
