"""Measures against other libraries, closed forms and brute force; splits by laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sklearn_metrics

from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.testing import ToyBenchmark, ToySpace
from surrogates.observations import Observations, class_numbers
from surrogates.scoring import (
    Protocol,
    calibration,
    clustered_split,
    evaluate_surrogate,
    leave_one_origin_out,
    score,
    summary,
)
from surrogates.scoring.calibration import coverage_at
from surrogates.scoring.metrics import (
    best_rank_at,
    precision_at,
    regret_at,
    sparse_kendall,
)
from surrogates.scoring.protocol import r2_ceiling

pairs = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=30
)


@settings(max_examples=100, deadline=None)
@given(pairs)
def test_scores_are_those_of_scipy_and_scikit_learn(values) -> None:
    truth, predicted = np.array(values, float).T / 20
    if np.ptp(truth) == 0 or np.ptp(predicted) == 0:
        return
    found = score(truth, predicted)
    assert found.r2 == pytest.approx(sklearn_metrics.r2_score(truth, predicted))
    assert found.mae == pytest.approx(np.abs(truth - predicted).mean())
    assert found.pearson == pytest.approx(stats.pearsonr(truth, predicted).statistic)
    assert found.spearman == pytest.approx(stats.spearmanr(truth, predicted).statistic)
    assert found.kendall == pytest.approx(stats.kendalltau(truth, predicted).statistic)


@settings(max_examples=100, deadline=None)
@given(pairs, st.integers(1, 10))
def test_top_measures_are_those_of_brute_force(values, top) -> None:
    truth, predicted = np.array(values, float).T / 20
    count = min(top, len(truth))
    good = truth >= sorted(truth)[-count]
    # The mean over all orders of equal predictions, by drawing many of them.
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(400):
        order = np.lexsort((rng.random(len(truth)), predicted))[::-1]
        shares.append(good[order[:count]].mean())
    error = 4 * np.std(shares) / 20 + 1e-9
    assert precision_at(truth, predicted, top) == pytest.approx(
        np.mean(shares), abs=error
    )
    reached = truth[predicted >= sorted(predicted)[-count]].max()
    assert regret_at(truth, predicted, top) == truth.max() - reached
    assert best_rank_at(truth, predicted, top) == 1 + sum(truth > reached)


def test_a_perfect_prediction_has_the_best_scores() -> None:
    truth = np.linspace(0.1, 0.9, 50)
    found = score(truth, truth)
    best = (found.r2, found.kendall, found.sparse_kendall, found.precision)
    assert best == pytest.approx((1, 1, 1, 1))
    assert (found.mae, found.best_rank, found.regret) == (0, 1, 0)


def test_a_constant_prediction_has_no_rank_correlation_and_no_free_precision() -> None:
    truth = np.linspace(0.1, 0.9, 50)
    found = score(truth, np.full(50, 0.5))
    assert np.isnan([found.pearson, found.spearman, found.kendall]).all()
    assert found.precision == pytest.approx(20 / 50)


def test_pearson_is_signed() -> None:
    truth = np.linspace(0.1, 0.9, 50)
    assert score(truth, -truth).pearson == pytest.approx(-1)


def test_sparse_kendall_does_not_see_what_is_below_a_tenth_of_a_percent() -> None:
    truth = np.array([0.9001, 0.9002, 0.9003, 0.95, 0.7])
    swapped = np.array([0.9003, 0.9002, 0.9001, 0.95, 0.7])
    assert score(truth, swapped).kendall < 1
    assert sparse_kendall(truth, swapped) == pytest.approx(1)


def test_calibration_is_that_of_the_closed_forms() -> None:
    rng = np.random.default_rng(0)
    mean, std = rng.normal(size=400), rng.uniform(0.5, 2, 400)
    truth = mean + std * rng.normal(size=400)
    found = calibration(truth, mean, std)
    assert found.nll == pytest.approx(-stats.norm.logpdf(truth, mean, std).mean())
    low, high = stats.norm.interval(0.9, mean, std)
    assert found.coverage[3] == ((truth >= low) & (truth <= high)).mean()
    # CRPS is the mean over draws of |X - y| - |X - X'| / 2 (Gneiting & Raftery).
    draws = mean + std * rng.normal(size=(4000, 400))
    others = mean + std * rng.normal(size=(4000, 400))
    crps = np.abs(draws - truth).mean() - np.abs(draws - others).mean() / 2
    assert found.crps == pytest.approx(crps, rel=0.01)
    assert found.error < 0.05
    assert calibration(truth, mean, std / 10).error > 0.3


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(NasbenchError, match="two samples"):
        score(np.zeros(3), np.zeros(2))
    with pytest.raises(NasbenchError, match="finite"):
        score(np.zeros(3), np.array([0.0, np.nan, 1]))
    with pytest.raises(NasbenchError, match="the smallest is 0"):
        calibration(np.zeros(3), np.zeros(3), np.array([1.0, 0, 1]))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 15), min_size=40, max_size=80), st.integers(0, 100))
def test_no_class_is_on_both_sides_of_a_split(classes, seed) -> None:
    numbers = np.array([*classes, 16, 17, 18, 19, 20, 21])  # so that some are left
    learn, tested = clustered_split(numbers, 5, None, np.random.default_rng(seed))
    assert not set(numbers[learn]) & set(numbers[tested])
    assert len(tested) == 5
    again = clustered_split(numbers, 5, None, np.random.default_rng(seed))
    assert (again[0] == learn).all()


def test_a_split_that_cannot_be_made_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(NasbenchError, match="20 samples give no split of 15"):
        clustered_split(np.arange(20), 10, 15, rng)
    with pytest.raises(NasbenchError, match="no split"):
        clustered_split(np.zeros(20, int), 5, None, rng)


def test_leaving_one_strategy_out_tests_on_what_only_it_gathered() -> None:
    classes = np.array([0, 1, 2, 3, 0, 4, 5, 6, 2])
    origins = np.array(["a"] * 4 + ["b"] * 5)
    found = {
        name: (learn, own)
        for name, learn, own in leave_one_origin_out(classes, origins)
    }
    assert found["a"][1].tolist() == [1, 3]
    assert found["b"][1].tolist() == [5, 6, 7]
    assert found["b"][0].tolist() == [0, 1, 2, 3]
    with pytest.raises(NasbenchError, match="two origins"):
        list(leave_one_origin_out(classes, np.array(["a"] * 9)))


@pytest.fixture(scope="module")
def toy() -> Observations:
    return Observations.of(ToyBenchmark(ToySpace((3, 4, 4, 3)), noise=0.02))


def test_more_samples_predict_better(toy) -> None:
    rules = Protocol(sizes=(10, None), splits=3, test=40)
    scores = evaluate_surrogate(toy, "one-hot", ("random-forest", {"trees": 20}), rules)
    few, most = summary(scores).to_dict("records")
    assert (few["size"], most["size"]) == (10, 144 - 28)
    assert most["kendall"] > few["kendall"]
    assert most["splits"] == 3
    assert 0 <= most["coverage_90"] <= 1


def test_the_ceiling_is_that_of_the_seeds(toy) -> None:
    truth = ToyBenchmark(toy.space, noise=0.0)
    exact = np.array(
        [
            truth.mean_accuracy(tuple(a), "validation")
            for a in toy.architectures.tolist()
        ]
    )
    reached = score(toy.validation, exact).r2
    ceiling = r2_ceiling(toy)
    assert ceiling is not None
    assert ceiling == pytest.approx(reached, abs=0.03)


def test_members_of_a_class_have_one_number() -> None:
    space = make_space("cell201-mini")
    everything = space.architectures_at(range(space.size))
    numbers = class_numbers(space, everything)
    assert len(set(numbers.tolist())) == len(space.classes)
    expected = [space.canonical(tuple(row)) for row in everything.tolist()]
    first = dict(zip(numbers, expected, strict=True))
    assert [first[number] for number in numbers] == expected


REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"


def nb201(column: str) -> Observations:
    import pandas

    path = REFERENCE / "nb201.csv.gz"
    if not path.exists():
        pytest.skip(f"needs the published table shared/reference/{path.name}")
    frame = pandas.read_csv(path)
    space = make_space("cell201")
    cells = np.array([space.parse(text) for text in frame["arch"]], np.uint8)
    nothing = np.full(len(cells), np.nan)
    return Observations(
        space,
        cells,
        np.empty((len(cells), 0, 1)),
        frame[[column]].to_numpy() / 100,
        nothing,
        nothing,
        np.full(len(cells), "all"),
    )


NASLIB = {
    "target": "plain",
    "depth": 6,
    "learning_rate": 0.3,
    "row_share": 1.0,
    "column_share": 1.0,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "column, published",
    [
        ("c10_val200_1seed", (0.458, 0.634, 0.716)),
        ("c100_val200_1seed", (0.472, 0.652, 0.742)),
    ],
)
def test_on_nb201_ours_are_above_the_published_and_theirs_are_reproduced(
    column, published
) -> None:
    known = nb201(column)
    one = {"members": 1, "folds": 0}
    rules = Protocol(sizes=(100, 400, 1000), splits=12, clustered=False)

    def taus(encoding, changed):
        found = evaluate_surrogate(known, encoding, ("xgboost", one | changed), rules)
        return summary(found)["kendall"].to_numpy()

    np.testing.assert_allclose(taus("one-hot", NASLIB), published, atol=0.03)
    assert (taus("one-hot", {}) > np.array(published) + 0.02).all()
    assert (taus("canonical-one-hot+graph", {}) > np.array([0.8, 0.86, 0.88])).all()


def test_coverage_of_true_uncertainties_is_the_level():
    rng = np.random.default_rng(0)
    std = rng.uniform(0.5, 2.0, 200_000)
    mean = rng.normal(size=len(std))
    levels = np.array([0.1, 0.5, 0.9])
    found = coverage_at(mean + std * rng.normal(size=len(std)), mean, std, levels)
    np.testing.assert_allclose(found, levels, atol=0.005)
    halved = coverage_at(mean + std * rng.normal(size=len(std)), mean, std / 2, levels)
    assert (halved < levels).all()
