"""The toy benchmark speaks the protocol, and only its referee knows the test."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest

from nasbench.benchmark import Benchmark, Evaluation, Referee, Status
from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY
from nasbench.spaces import make_space
from nasbench.testing import ConstrainedToySpace, ToyBenchmark, ToySpace, context_of
from nasbench.testing.toy_benchmark import closed_form, toy_costs

SPACE = ToySpace((3, 4, 2, 3))


@pytest.fixture
def toy():
    return ToyBenchmark(SPACE)


def test_it_is_a_referee_with_everything_a_benchmark_has(toy):
    assert isinstance(toy, Referee)
    protocol = {name for name in vars(Benchmark) if not name.startswith("_")}
    assert protocol <= set(dir(toy))
    assert "toy:3,4,2,3" in toy.name


def test_accuracies_are_the_closed_form_without_noise():
    toy = ToyBenchmark(SPACE, noise=0)
    expected = closed_form(np.array(list(SPACE)))
    found = [toy.evaluate(one).validation_accuracy for one in SPACE]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert 0.1 <= min(expected) < max(expected) <= 0.9
    assert len(set(found)) == SPACE.size


def test_cell201_mini_has_several_local_optima():
    mini = make_space("cell201-mini")
    value = {one: closed_form(np.array([one]))[0] for one in mini}
    optima = [
        one for one in mini if value[one] > max(value[n] for n in mini.neighbours(one))
    ]
    assert 3 <= len(optima) <= 8


def test_the_mean_over_seeds_is_the_answer_without_a_seed(toy):
    one = (2, 1, 0, 2)
    trials = [toy.evaluate(one, seed=seed) for seed in toy.seeds]
    mean = toy.evaluate(one)
    assert len({trial.validation_accuracy for trial in trials}) == 3
    assert mean.validation_accuracy == pytest.approx(
        np.mean([trial.validation_accuracy for trial in trials])
    )
    assert [trial.seed for trial in trials] == [0, 1, 2]
    assert mean.seed is None


def test_the_noise_has_its_deviation():
    toy = ToyBenchmark(make_space("cell201"), noise=0.01, seeds=(0, 1))
    apart = (toy._validation[:, 0] - toy._validation[:, 1]) / np.sqrt(2)
    assert apart.std() == pytest.approx(0.01, rel=0.03)


def test_two_of_the_same_are_the_same(toy):
    again = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    assert [toy.evaluate(one) for one in SPACE] == [
        again.evaluate(one) for one in SPACE
    ]


def test_fewer_epochs_are_the_beginning_of_the_curve(toy):
    one = (1, 3, 1, 0)
    full = toy.evaluate(one)
    assert len(full.curve) == toy.epochs == 4
    assert list(full.curve) == sorted(full.curve)
    for epochs in range(1, 5):
        short = toy.evaluate(one, epochs=epochs)
        assert short.curve == full.curve[:epochs]
        assert short.validation_accuracy == full.curve[epochs - 1]
        assert short.cost_seconds == pytest.approx(full.cost_seconds * epochs / 4)
        assert short.epochs == epochs


def test_the_share_of_failures_is_the_one_asked_for():
    for failures in (0.0, 0.25, 0.5, 1.0):
        toy = ToyBenchmark(SPACE, failures=failures)
        outcomes = [toy.evaluate(one) for one in SPACE]
        failed = [o for o in outcomes if o.status is Status.FAILED]
        assert abs(len(failed) - failures * SPACE.size) <= 2
        assert all(o.validation_accuracy is None and o.curve == () for o in failed)
        assert all(o.cost_seconds > 0 for o in failed)
        assert all(VALIDATION_ACCURACY.score(o) == -math.inf for o in failed)


def test_the_referee_sees_a_test_accuracy_that_no_evaluation_shows(toy):
    assert "test" not in " ".join(field.name for field in fields(Evaluation))
    tested = {one: toy.mean_accuracy(one, "test") for one in SPACE}
    validated = {one: toy.mean_accuracy(one, "validation") for one in SPACE}
    assert not set(tested.values()) & set(validated.values())
    assert toy.best_accuracy("test") == max(tested.values())
    assert toy.best_accuracy("validation") == max(validated.values())
    shown = {toy.evaluate(one).validation_accuracy for one in SPACE}
    assert shown == set(validated.values())


def test_the_referee_of_failures_knows_no_accuracy():
    toy = ToyBenchmark(SPACE, failures=1.0)
    assert math.isnan(toy.mean_accuracy((0, 0, 0, 0), "test"))
    assert toy.best_accuracy("test") is None


def test_the_best_of_a_constrained_space_is_valid():
    space = ConstrainedToySpace((3, 2, 4, 3))
    toy = ToyBenchmark(space)
    best = max(space, key=lambda one: toy.mean_accuracy(one, "validation"))
    assert toy.best_accuracy("validation") == toy.mean_accuracy(best, "validation")
    with pytest.raises(NasbenchError, match="in a valid combination"):
        toy.evaluate((0, 0, 0, 0))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"epochs": 0}, "has 1 to 4 epochs, not 0"),
        ({"epochs": 5}, "has 1 to 4 epochs, not 5"),
        ({"seed": 3}, r"has the seeds \(0, 1, 2\), not 3"),
    ],
)
def test_what_is_not_there_is_refused(toy, arguments, message):
    with pytest.raises(NasbenchError, match=message):
        toy.evaluate((0, 0, 0, 0), **arguments)


def test_costs_are_free_to_know_and_those_of_the_evaluation(toy):
    context = context_of(toy)
    for one in SPACE:
        outcome = toy.evaluate(one)
        assert context.costs(one) == toy_costs(one)
        assert context.costs(one).parameters == outcome.parameters
        assert context.costs(one).flops == outcome.flops
