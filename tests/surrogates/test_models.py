"""Models keep the contract; their parts agree with other libraries and closed forms."""

from __future__ import annotations

import zipfile
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad

from nasbench.errors import NasbenchError
from nasbench.testing import SurrogateContract, check_surrogate
from nasbench.testing.surrogates import samples
from surrogates.gaussian_process import GaussianProcess, negative_log_posterior
from surrogates.held_out_error import held_out_residuals, missing_variance
from surrogates.kernels import Kernel
from surrogates.mlp_ensemble import MLPEnsemble
from surrogates.models import load_model, make_model, model_names
from surrogates.random_forest import RandomForest
from surrogates.store import SurrogateError
from surrogates.targets import Target
from surrogates.xgboost_model import XGBoost

MODELS = {
    "xgboost": partial(XGBoost, rounds=60, learning_rate=0.2, members=2, folds=2),
    "xgboost, ranks": partial(XGBoost, rounds=60, target="rank", members=2, folds=2),
    "forest": partial(RandomForest, trees=20),
    "process": GaussianProcess,
    "process, relevance": partial(GaussianProcess, relevance=True),
    "process, rbf": partial(GaussianProcess, kernel="rbf", target="plain"),
    "process, histogram": partial(GaussianProcess, kernel="histogram"),
    "networks": partial(MLPEnsemble, epochs=60, members=3, width=16),
}


class TestModels(SurrogateContract):
    @pytest.fixture(params=list(MODELS))
    def factory(self, request):
        return MODELS[request.param]

    @pytest.fixture
    def loader(self):
        return load_model


def test_the_check_says_what_a_careless_model_does_wrong() -> None:
    class Careless:
        def fit(self, X, y):  # noqa: N803 - scikit-learn's name
            y -= np.nanmean(y)
            np.random.random()
            return self

        def predict(self, X, return_std=False):  # noqa: N803 - likewise
            mean = np.random.random(len(X))
            return (mean, np.zeros(len(X))) if return_std else mean

        def save(self, path):
            path.write_bytes(b"")

    said = " ".join(check_surrogate(Careless, lambda path: Careless()))
    for part in ("R2", "differently", "global", "positive", "NaN target", "changed"):
        assert part in said


def test_every_family_is_made_by_its_name_and_says_what_it_does_not_know() -> None:
    assert {make_model(name).family for name in model_names()} == set(model_names())
    with pytest.raises(NasbenchError, match="did you mean 'xgboost'"):
        make_model("xgbost")
    with pytest.raises(NasbenchError, match="did you mean 'rounds'"):
        make_model("xgboost", {"round": 3})


def test_trees_out_of_xgboost_say_what_xgboost_says() -> None:
    import xgboost

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 5)).astype(np.float32)
    scores = rows[:, 0] * rows[:, 1] + rng.normal(0, 0.1, 300)
    model = XGBoost(target="plain", rounds=80, members=1, folds=0)
    model.fit(rows, scores)
    booster = model.train(rows, (scores - scores.mean()) / scores.std(), 0)
    others = rng.normal(size=(500, 5)).astype(np.float32)
    expected = booster.predict(xgboost.DMatrix(others)) * scores.std() + scores.mean()
    np.testing.assert_allclose(model.predict(others), expected, atol=1e-5)


def test_trees_out_of_scikit_learn_say_what_it_says_at_every_threshold() -> None:
    from sklearn.ensemble import RandomForestRegressor

    rng = np.random.default_rng(0)
    rows = rng.integers(0, 4, (200, 5)).astype(np.float32) / 3
    scores = rows @ np.arange(5) + rng.normal(0, 0.1, 200)
    settings_ = {"max_features": 0.4, "min_samples_leaf": 2, "random_state": 7}
    theirs = RandomForestRegressor(30, **settings_).fit(rows, scores)
    ours = RandomForest(seed=7, target="plain", trees=30)
    ours.fit(rows, scores)
    # The thresholds themselves are the hard cases: below or at.
    cuts = np.concatenate([tree.tree_.threshold for tree in theirs.estimators_])
    others = np.repeat(cuts[:400, None], 5, axis=1).astype(np.float32)
    for each in (rows, others):
        np.testing.assert_allclose(ours.predict(each), theirs.predict(each), atol=1e-6)


def test_a_forest_whose_leaves_all_agree_still_states_an_uncertainty() -> None:
    rows = np.repeat(np.eye(4, dtype=np.float32), 10, axis=0)
    values = np.repeat([0.1, 0.5, 0.7, 0.9], 10)
    _, std = RandomForest(bootstrap=False).fit(rows, values).predict(rows, True)
    assert (std > 0).all()
    assert np.isfinite(std).all()


def test_the_process_is_that_of_scikit_learn_with_the_same_kernel() -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel

    rows, values = samples(count=40)
    others, _ = samples(1, 30)
    model = GaussianProcess(kernel="rbf", target="plain").fit(rows, values)
    signal, noise, weight = np.exp(model.learned()["parameters"])
    kernel = ConstantKernel(signal) * RBF(np.sqrt(0.5 / weight))
    theirs = GaussianProcessRegressor(kernel, alpha=noise + 1e-8, optimizer=None)
    scale = values.std()
    theirs.fit(rows, (values - values.mean()) / scale)
    mean, std = theirs.predict(others, return_std=True)
    ours_mean, ours_std = model.predict(others, return_std=True)
    np.testing.assert_allclose(ours_mean, mean * scale + values.mean(), atol=1e-7)
    np.testing.assert_allclose(ours_std, np.sqrt(std**2 + noise) * scale, atol=1e-6)


@pytest.mark.parametrize("kind, relevance", [("hamming", True), ("rbf", False)])
def test_the_gradient_of_the_posterior_is_that_of_finite_differences(
    kind, relevance
) -> None:
    rows, values = samples(count=15)
    inputs = rows.astype(float)
    distances = Kernel(kind, relevance).distances(inputs, inputs)
    start = np.full(2 + len(distances), -1.0)
    off = check_grad(
        lambda p: negative_log_posterior(p, distances, values, start)[0],
        lambda p: negative_log_posterior(p, distances, values, start)[1],
        start + np.linspace(-0.5, 0.5, len(start)),
    )
    assert off < 1e-4


def test_an_updated_process_equals_one_conditioned_on_all_samples() -> None:
    rows, values = samples(count=40)
    others, _ = samples(1, 30)
    grown = GaussianProcess().fit(rows[:30], values[:30])
    parameters = grown.learned()["parameters"]
    mapping = grown._mapping
    grown.update(rows[30:33], values[30:33]).update(rows[33:], values[33:])
    inputs = rows.astype(float)
    distances = Kernel("hamming", False).distances(inputs, inputs)
    whole = GaussianProcess().fit(rows, values)
    whole._mapping = mapping
    whole._learned = whole._conditioned(
        rows, mapping.forward(values), parameters, distances
    )
    for mine, theirs in zip(
        grown.predict(others, return_std=True),
        whole.predict(others, return_std=True),
        strict=True,
    ):
        np.testing.assert_allclose(mine, theirs, rtol=1e-8)
    with pytest.raises(NasbenchError, match="an update takes"):
        grown.update(rows[:, 1:], values)


def test_too_many_samples_for_an_exact_process_are_refused() -> None:
    with pytest.raises(NasbenchError, match="up to 4000 samples, not 4001"):
        GaussianProcess().fit(np.zeros((4001, 2)), np.linspace(0, 0.9, 4001))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0, 0.999), min_size=5, max_size=40, unique=True),
    st.sampled_from(["plain", "log-error", "rank"]),
)
def test_targets_are_increasing_and_their_inverse_undoes_them(values, kind) -> None:
    known = np.array(values)
    if np.diff(np.sort(known)).min() < 1e-6:
        return
    target = Target.fit(kind, known)
    scores = target.forward(known)
    assert (np.argsort(scores) == np.argsort(known)).all()
    np.testing.assert_allclose(target.inverse(scores), known, atol=1e-7)
    beyond = target.inverse(np.array([scores.max() + 0.1, scores.max() + 0.2]))
    assert known.max() < beyond[0] < beyond[1]


def test_targets_outside_their_range_are_refused() -> None:
    with pytest.raises(NasbenchError, match=r"accuracies in \[0, 1\], not 1 to 90"):
        Target.fit("log-error", np.array([1.0, 90.0]))
    with pytest.raises(NasbenchError, match="positive values, not 0"):
        Target.fit("log", np.array([0.0, 1.0]))
    with pytest.raises(NasbenchError, match="did you mean 'rank'"):
        Target.fit("ranks", np.array([0.0, 1.0]))


def test_equal_rows_are_held_out_together() -> None:
    rows = np.repeat(np.arange(10, dtype=np.float32), 3)[:, None]

    def lookup(known, scores):
        answers = dict(zip(known[:, 0].tolist(), scores.tolist(), strict=True))
        return lambda others: np.array([answers.get(x, 0.0) for x in others[:, 0]])

    residuals = held_out_residuals(lookup, rows, rows[:, 0] + 1.0, 5, 0)
    np.testing.assert_array_equal(residuals, rows[:, 0] + 1)


def test_the_missing_variance_makes_intervals_cover_nine_tenths() -> None:
    residuals = np.random.default_rng(0).normal(0, 0.5, 20_000)
    found = missing_variance(residuals, np.full(20_000, 0.3))
    assert found == pytest.approx(0.5**2 - 0.3**2, rel=0.05)
    assert missing_variance(residuals, np.full(20_000, 3.0)) > 0


def test_naslib_settings_from_few_samples_do_not_predict_a_constant() -> None:
    rows, values = samples(count=25)
    assert np.ptp(XGBoost.naslib().fit(rows, values).predict(rows)) > 0.1


def test_a_damaged_or_other_file_is_refused_in_one_line(tmp_path) -> None:
    rows, values = samples()
    path = tmp_path / "model.npz"
    RandomForest(trees=3).fit(rows, values).save(path)
    with pytest.raises(NasbenchError, match="holds a random-forest, no XGBoost"):
        XGBoost.load(path)
    with pytest.raises(SurrogateError, match="no surrogate at"):
        load_model(tmp_path / "other.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SurrogateError, match="damaged"):
        load_model(path)
    np.savez(path, some=np.zeros(3))
    with pytest.raises(SurrogateError, match=r"has no header\.json"):
        load_model(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("header.json", "[]")
    with pytest.raises(SurrogateError, match="but no nasbench-surrogate"):
        load_model(path)


def test_equal_models_are_equal_files(tmp_path) -> None:
    rows, values = samples()
    for name in ("one", "two"):
        RandomForest(trees=3).fit(rows, values).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
