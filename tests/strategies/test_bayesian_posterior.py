"""The Gaussian process of the search against closed forms and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, rankdata

from leaderboards.runner.one_thread import one_thread
from nasbench.spaces import make_space
from nasbench.testing import ConstrainedToySpace, ToySpace
from strategies.bayesian.acquisition import (
    argmax_at_random,
    expected_improvement,
    independent_draws,
    upper_confidence_bound,
)
from strategies.bayesian.enumeration import enumeration_of
from strategies.bayesian.features import Features, dense, features_of_all
from strategies.bayesian.hyperparameters import most_probable
from strategies.bayesian.normal_scores import normal_scores
from strategies.bayesian.posterior import JITTER, Posterior
from surrogates.gaussian_process import negative_log_posterior

MINI = make_space("cell201-mini")
KERNELS = ["hamming", "path", "wl"]


@pytest.fixture(autouse=True, scope="module")
def _small_matrices_on_one_thread():
    with one_thread():
        yield


def parameters_of(features, seed=0):
    groups = int(features.group[-1]) + 1
    weights = np.random.default_rng(seed).uniform(-1.5, 0.5, groups)
    return np.concatenate(([0.3, np.log(0.02)], weights))


def kernel_matrix(features, parameters):
    """Return the kernel of all candidates, written down without a trick."""
    rows = dense(features.rows)
    total = np.zeros((len(rows), len(rows)))
    for group, weight in enumerate(np.exp(parameters[2:])):
        columns = rows[:, features.group == group]
        difference = columns[:, None] - columns[None]
        total += weight * (difference**2).sum(axis=2)
    return np.exp(parameters[0]) * np.exp(-total)


@pytest.mark.parametrize("kernel", KERNELS)
def test_one_observation_at_a_time_is_the_closed_form(kernel):
    features = features_of_all(MINI, kernel)
    parameters = parameters_of(features)
    rng = np.random.default_rng(1)
    observed = rng.permutation(len(MINI.classes))[:40]
    observed[20] = observed[3]  # one of them twice
    posterior = Posterior(features, parameters, observed[:5])
    for candidate in observed[5:]:
        posterior.observe(int(candidate))
    values = rng.normal(size=40)
    covariance = kernel_matrix(features, parameters)
    noise = np.exp(parameters[1]) + JITTER
    inner = covariance[np.ix_(observed, observed)] + noise * np.eye(40)
    across = covariance[:, observed]
    mean = across @ np.linalg.solve(inner, values)
    explained = np.einsum("ij,ji->i", across, np.linalg.solve(inner, across.T))
    np.testing.assert_allclose(posterior.mean(values), mean, atol=1e-8)
    variance = covariance.diagonal() - explained
    np.testing.assert_allclose(posterior.variance, variance, atol=1e-8)
    batch = Posterior(features, parameters, observed)
    np.testing.assert_allclose(posterior.variance, batch.variance, atol=1e-8)
    np.testing.assert_allclose(posterior.mean(values), batch.mean(values), atol=1e-8)


def test_it_is_scikit_learns_gaussian_process():
    gaussian_process = pytest.importorskip("sklearn.gaussian_process")
    kernels = pytest.importorskip("sklearn.gaussian_process.kernels")
    features = features_of_all(MINI, "hamming")
    parameters = parameters_of(features)
    scaled = features.scaled(np.exp(parameters[2:]))
    rng = np.random.default_rng(2)
    observed, values = rng.permutation(60)[:25], rng.normal(size=25)
    signal = kernels.ConstantKernel(np.exp(parameters[0]))
    model = gaussian_process.GaussianProcessRegressor(
        signal * kernels.RBF(np.sqrt(0.5)),
        alpha=np.exp(parameters[1]) + JITTER,
        optimizer=None,
    ).fit(scaled[observed], values)
    mean, deviation = model.predict(scaled, return_std=True)
    ours = Posterior(features, parameters, observed)
    np.testing.assert_allclose(ours.mean(values), mean, atol=1e-8)
    np.testing.assert_allclose(np.sqrt(ours.variance), deviation, atol=1e-8)


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_are_positive_definite(kernel):
    features = features_of_all(MINI, kernel)
    for seed in range(5):
        matrix = kernel_matrix(features, parameters_of(features, seed))
        assert np.linalg.eigvalsh(matrix).min() >= -1e-8


def test_the_hamming_kernel_counts_the_decisions_that_differ():
    space = ToySpace((3, 4, 2))
    features = features_of_all(space, "hamming")
    distances = features.distances(np.arange(space.size))
    options = space.architectures_at(range(space.size))
    for decision, distance in enumerate(distances):
        column = options[:, decision]
        np.testing.assert_allclose(distance, column[:, None] != column, atol=1e-12)


def test_without_noise_the_mean_goes_through_the_observations():
    features = features_of_all(MINI, "hamming")
    parameters = parameters_of(features)
    parameters[1] = -40.0
    observed = np.arange(0, 60, 3)
    values = np.sin(observed)
    posterior = Posterior(features, parameters, observed)
    np.testing.assert_allclose(posterior.mean(values)[observed], values, atol=1e-5)
    assert posterior.variance[observed].max() < 1e-6


def test_pending_observations_lower_the_variance_and_leave_no_trace():
    features = features_of_all(MINI, "hamming")
    parameters = parameters_of(features)
    posterior = Posterior(features, parameters, np.arange(10))
    before, values = posterior.variance.copy(), np.arange(10.0)
    mean = posterior.mean(values)
    with_pending = posterior.variance_with([30, 40])
    expected = Posterior(features, parameters, np.array([*range(10), 30, 40]))
    np.testing.assert_allclose(with_pending, expected.variance, atol=1e-10)
    assert (posterior.variance == before).all()
    assert (posterior.mean(values) == mean).all()
    posterior.observe(50)
    again = Posterior(features, parameters, np.array([*range(10), 50]))
    np.testing.assert_allclose(posterior.variance, again.variance, atol=1e-10)


def test_more_columns_are_one_group_more():
    features = features_of_all(MINI, "path")
    for base in (features, Features(dense(features.rows), features.group)):
        wider = base.beside(np.arange(120.0).reshape(60, 2))
        assert wider.group.tolist() == [*features.group.tolist(), 1, 1]
        _, added = wider.distances(np.array([0, 1, 5]))
        np.testing.assert_allclose(added[0], [0, 8, 200], atol=1e-9)


def test_fitted_hyperparameters_are_more_probable_than_others():
    features = features_of_all(MINI, "hamming")
    rng = np.random.default_rng(3)
    observed = rng.permutation(60)[:40]
    truth = np.concatenate(([0.0, np.log(1e-3)], [1.0, -3.0, -3.0]))
    covariance = kernel_matrix(features, truth)[np.ix_(observed, observed)]
    values = np.linalg.cholesky(covariance + 1e-3 * np.eye(40)) @ rng.normal(size=40)
    distances = features.distances(observed)
    weight = -np.log(sum(each.mean() for each in distances))
    prior = np.array([0.0, np.log(0.05), *[weight] * 3])
    found = most_probable(features, observed, values, None)

    def cost(parameters):
        return negative_log_posterior(parameters, distances, values, prior)[0]

    assert cost(found) < min(cost(prior), cost(truth)) + 0.05
    for _ in range(20):
        assert cost(found) < cost(found + rng.normal(0, 0.5, 5))


def test_the_gradient_of_the_fit_is_that_of_differences():
    features = features_of_all(MINI, "hamming")
    rng = np.random.default_rng(4)
    distances = features.distances(rng.permutation(60)[:30])
    values, at = rng.normal(size=30), rng.normal(size=5)
    start = np.zeros(5)
    _, gradient = negative_log_posterior(at, distances, values, start)
    for position in range(5):
        step = np.zeros(5)
        step[position] = 1e-5
        up, _ = negative_log_posterior(at + step, distances, values, start)
        down, _ = negative_log_posterior(at - step, distances, values, start)
        assert gradient[position] == pytest.approx((up - down) / 2e-5, rel=1e-4)


def test_expected_improvement_is_what_draws_average_to():
    rng = np.random.default_rng(5)
    mean, deviation = np.array([-1.0, 0.0, 0.7, 2.0]), np.array([1.0, 0.5, 0.1, 0.0])
    draws = mean + deviation * rng.standard_normal((400_000, 4))
    average = np.maximum(draws - 0.5, 0).mean(axis=0)
    exact = expected_improvement(mean, deviation, 0.5)
    np.testing.assert_allclose(exact, average, atol=3e-3)
    assert exact[3] == 1.5


def test_the_other_acquisitions_are_what_they_say():
    mean, deviation = np.array([0.0, 1.0]), np.array([2.0, 0.0])
    assert upper_confidence_bound(mean, deviation, 1.5).tolist() == [3.0, 1.0]
    rng = np.random.default_rng(6)
    draws = np.array([independent_draws(mean, deviation, rng) for _ in range(4000)])
    assert draws.std(axis=0) == pytest.approx([2.0, 0.0], abs=0.1)
    picked = [argmax_at_random(np.array([1.0, 3.0, 3.0]), rng) for _ in range(200)]
    assert set(picked) == {1, 2}
    assert 60 < picked.count(1) < 140


def test_normal_scores_are_blom_s_and_see_ranks_only():
    values = np.random.default_rng(7).integers(0, 9, 40).astype(float)
    expected = norm.ppf((rankdata(values) - 0.375) / 40.25)
    np.testing.assert_allclose(normal_scores(values.tolist()), expected)
    assert (normal_scores(values.tolist()) == normal_scores(np.exp(values))).all()
    failed = normal_scores([0.5, float("-inf"), 0.2, float("-inf")])
    assert failed[1] == failed[3] < failed[2] < failed[0]


def test_the_classes_of_a_space_are_listed_once():
    cell = enumeration_of(MINI)
    assert len(cell) == 60
    for architecture in MINI:
        member = cell.architecture(cell.position(architecture))
        assert MINI.canonical(member) == MINI.canonical(architecture)
    constrained = enumeration_of(ConstrainedToySpace((3, 2, 4)))
    assert all(sum(row) % 3 for row in constrained.architectures.tolist())
    assert enumeration_of(ToySpace((9,) * 6)) is None
