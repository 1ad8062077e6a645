"""The densities of TPE against the sums that define them, and against Optuna."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nasbench.testing import ToyBenchmark, ToySpace, context_of
from nasbench.testing.play import play
from strategies.bayesian.parzen import CategoricalParzen, age_weights
from strategies.bayesian.tpe import TPE

RADICES = (3, 5, 1, 2)
ALL = np.array(list(itertools.product(*map(range, RADICES))))


def observations(count, seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.integers(radix, size=count) for radix in RADICES])


def by_the_sum(observed, row):
    """The density of one architecture, kernel by kernel."""
    kernels = len(observed) + 1
    weights = np.append(age_weights(len(observed)), 1.0)
    total = weights[-1] / np.prod(RADICES)
    for weight, centre in zip(weights[:-1], observed, strict=True):
        factors = [
            (kernels * (option == taken) + 1) / (kernels + radix)
            for option, taken, radix in zip(row, centre, RADICES, strict=True)
        ]
        total += weight * np.prod(factors)
    return total / weights.sum()


@pytest.mark.parametrize("count", [0, 1, 7, 60])
def test_the_joint_density_is_the_sum_over_kernels_and_sums_to_one(count):
    observed = observations(count)
    density = np.exp(CategoricalParzen(observed, RADICES).log_density(ALL))
    assert density.sum() == pytest.approx(1)
    expected = [by_the_sum(observed, row) for row in ALL]
    np.testing.assert_allclose(density, expected, rtol=1e-10)


@pytest.mark.parametrize("count", [0, 7, 60])
def test_marginals_are_those_of_the_joint_density(count):
    parzen = CategoricalParzen(observations(count), RADICES)
    density = np.exp(parzen.log_density(ALL))
    for decision, radix in enumerate(RADICES):
        sums = [density[ALL[:, decision] == option].sum() for option in range(radix)]
        np.testing.assert_allclose(parzen.marginal(decision), sums, rtol=1e-9)


def test_draws_follow_the_joint_density():
    parzen = CategoricalParzen(observations(6), RADICES)
    draws = parzen.draw(60_000, np.random.default_rng(1))
    place = np.ravel_multi_index(tuple(draws.T), RADICES)
    counts = np.bincount(place, minlength=len(ALL))
    expected = 60_000 * np.exp(parzen.log_density(ALL))
    # Pearson's sum has the mean k - 1 and the variance 2 (k - 1).
    freedom = len(ALL) - 1
    excess = ((counts - expected) ** 2 / expected).sum() - freedom
    assert abs(excess) < 4 * np.sqrt(2 * freedom)


@pytest.mark.parametrize("count", [1, 9, 40])
def test_densities_are_optunas(count):
    optuna = pytest.importorskip("optuna")
    from optuna.samplers._tpe import parzen_estimator as theirs
    from optuna.samplers._tpe.sampler import default_weights

    space = {
        str(decision): optuna.distributions.CategoricalDistribution(range(radix))
        for decision, radix in enumerate(RADICES)
    }
    observed = observations(count)
    columns = {str(i): column for i, column in enumerate(observed.T)}
    settings = theirs._ParzenEstimatorParameters(
        1.0, True, False, default_weights, True
    )
    estimator = theirs._ParzenEstimator(columns, space, settings)
    expected = estimator.log_pdf({str(i): column for i, column in enumerate(ALL.T)})
    ours = CategoricalParzen(observed, RADICES).log_density(ALL)
    np.testing.assert_allclose(ours, expected, rtol=1e-9)


def test_architectures_like_the_good_ones_are_proposed():
    """In a plain sum of decisions, proposals after the first are far above the mean."""
    space = ToySpace((4,) * 5)
    benchmark = ToyBenchmark(space, noise=0.0)
    means = []
    for seed in range(10):
        told = play(TPE(context_of(benchmark, seed)), benchmark, 60)
        scores = [evaluation.validation_accuracy for _, evaluation in told]
        means.append(np.mean(scores[30:]) - np.mean(scores[:10]))
    assert np.mean(means) > 3 * np.std(means) / np.sqrt(10)
