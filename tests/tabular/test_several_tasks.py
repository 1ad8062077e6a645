"""Several tasks as one benchmark."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from nasbench.benchmark import Referee, Status
from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Objective
from nasbench.testing import ToyBenchmark, ToySpace, context_of, play
from strategies.objectives.nsga2 import NSGA2
from tabular.several_tasks import SeveralTasks


def toy(name, seed, failures=0.0, space=None, epochs=4):
    benchmark = ToyBenchmark(
        space or ToySpace((3, 4, 2)),
        seeds=(seed, seed + 1),
        noise=0.1,
        failures=failures,
        epochs=epochs,
    )
    benchmark.name = name
    return benchmark


@pytest.fixture
def two():
    return toy("digits", 0), toy("fashion", 1)


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("epochs", [None, 2])
def test_the_accuracy_is_the_weighted_mean_and_the_seconds_are_the_sum(
    two, epochs, seed
):
    both = SeveralTasks(two, (3, 1))
    for architecture in both.space:
        told = both.evaluate(architecture, epochs=epochs, seed=seed)
        one, other = (t.evaluate(architecture, epochs=epochs, seed=seed) for t in two)
        assert told.validation_accuracy == pytest.approx(
            0.75 * one.validation_accuracy + 0.25 * other.validation_accuracy
        )
        assert told.curve[-1] == pytest.approx(told.validation_accuracy)
        assert len(told.curve) == told.epochs == one.epochs
        assert told.cost_seconds == one.cost_seconds + other.cost_seconds
        assert told.measured == {
            "accuracy:digits": one.validation_accuracy,
            "accuracy:fashion": other.validation_accuracy,
        }
    assert both.seeds == (1,)
    assert both.name == "0.75*digits+0.25*fashion"


def test_the_referee_weighs_too_and_knows_the_best(two):
    both = SeveralTasks(two)
    assert isinstance(both, Referee)
    for split in ("validation", "test"):
        means = [
            np.mean([one.mean_accuracy(architecture, split) for one in two])
            for architecture in both.space
        ]
        found = [both.mean_accuracy(architecture, split) for architecture in both.space]
        assert np.allclose(found, means)
        assert both.best_accuracy(split) == max(found)


def test_what_fails_on_one_task_fails():
    both = SeveralTasks([toy("good", 0), toy("bad", 1, failures=0.5)])
    statuses = {both.evaluate(one).status for one in both.space}
    assert statuses == {Status.COMPLETE, Status.FAILED}
    for architecture in both.space:
        told = both.evaluate(architecture)
        if told.status is Status.FAILED:
            assert told.validation_accuracy is None
            assert told.curve == ()
            assert list(told.measured) == ["accuracy:good"]
            assert np.isnan(both.mean_accuracy(architecture, "test"))


def test_the_tasks_can_be_objectives_of_their_own(two):
    both = SeveralTasks(two)
    objectives = tuple(Objective(f"accuracy:{one.name}", maximise=True) for one in two)
    told = play(NSGA2(context_of(both, objectives=objectives)), both)
    for proposal, evaluation in told:
        for objective, one in zip(objectives, two, strict=True):
            own = one.evaluate(proposal.architecture).validation_accuracy
            assert objective.score(evaluation) == own


def test_a_strategy_cannot_reach_the_tasks_through_the_costs(two):
    from nasbench.testing.reachability import reachable

    found = list(reachable(context_of(SeveralTasks(two))))
    assert not [one for one in found if one in two]


def test_it_can_be_sent_to_another_process(two):
    both = SeveralTasks(two)
    again = pickle.loads(pickle.dumps(both))
    for architecture in both.space:
        assert again.evaluate(architecture) == both.evaluate(architecture)


def test_names_and_weights_are_read(two):
    by_name = {one.name: one for one in two}
    both = SeveralTasks.of_text("digits + fashion", by_name.__getitem__)
    assert both.weights == (0.5, 0.5)
    weighted = SeveralTasks.of_text("3*digits+1*fashion", by_name.__getitem__)
    assert weighted.weights == (0.75, 0.25)
    assert weighted.benchmarks == two


@pytest.mark.parametrize(
    "text, message",
    [
        ("digits+", "a name is missing"),
        ("0.5*digits+fashion", "every task a weight, or none"),
        ("1.2.3*digits+1*fashion", "a weight is no number"),
        ("digits", "two different ones or more, not digits"),
        ("digits+digits", "not digits, digits"),
        ("0*digits+1*fashion", "positive and finite"),
    ],
)
def test_wrong_texts_are_named(two, text, message):
    by_name = {one.name: one for one in two}
    with pytest.raises(NasbenchError, match=message):
        SeveralTasks.of_text(text, by_name.__getitem__)


def test_tasks_that_do_not_go_together_are_named(two):
    elsewhere = toy("other", 0, space=ToySpace((2, 2)))
    with pytest.raises(NasbenchError, match="several tasks need one space"):
        SeveralTasks([two[0], elsewhere])
    with pytest.raises(NasbenchError, match="need equal budgets"):
        SeveralTasks([two[0], toy("short", 0, epochs=2)])
    with pytest.raises(NasbenchError, match="1 weights are given for 2 tasks"):
        SeveralTasks(two, [1])


def test_it_is_searched_by_its_weighted_accuracy_by_default(two):
    both = SeveralTasks(two)
    assert context_of(both).objectives == (VALIDATION_ACCURACY,)
    told = play(NSGA2(context_of(both), population_size=4), both, 24)
    best = max(evaluation.validation_accuracy for _, evaluation in told)
    assert best == pytest.approx(both.best_accuracy("validation"))
