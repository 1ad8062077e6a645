"""Columns, objectives and limits: what a search is about."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench.benchmark import Evaluation, Measurements, Status
from nasbench.errors import NasbenchError
from nasbench.search import (
    COLUMNS,
    FREE_COLUMNS,
    Constraint,
    Objective,
    column_kind,
    read_column,
)
from nasbench.testing import ToyBenchmark, ToySpace, context_of

DONE = Evaluation(
    0.75, (0.5, 0.75), 3.0, 2, 0, Status.COMPLETE, 100, 200,
    Measurements({"latency:laptop": 1.5, "energy:laptop": 8.0}),
)  # fmt: skip
FAILED = replace(
    DONE, validation_accuracy=None, status=Status.FAILED, measured=Measurements()
)


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_is_read_from_its_attribute(column):
    assert read_column(column, DONE) == getattr(DONE, column)


def test_measured_columns_are_read_by_their_whole_names():
    assert Objective("latency:laptop", maximise=False).score(DONE) == -1.5
    assert Constraint("energy:laptop", 4.0).violation(DONE) == 1.0


def test_a_failed_training_has_no_value_and_breaks_limits_on_what_it_lacks():
    latency = Objective("latency:laptop", maximise=False)
    assert latency.score(FAILED) == -float("inf")
    assert Objective("flops", maximise=False).score(FAILED) == -float("inf")
    assert latency.value(FAILED) != latency.value(FAILED)
    assert Constraint("latency:laptop", 9).violation(FAILED) == float("inf")
    assert Constraint("flops", 200).violation(FAILED) == 0


def test_a_missing_measurement_is_named_with_what_there_is():
    with pytest.raises(NasbenchError, match="did you mean 'latency:laptop'") as caught:
        Objective("latency:laptpo", maximise=False).score(DONE)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("column", ["flop", "latency", "latency:", ":laptop", "x:y"])
def test_unknown_columns_are_refused(column):
    for make in (
        lambda: Objective(column, maximise=True),
        lambda: Constraint(column, 1),
    ):
        with pytest.raises(NasbenchError, match="unknown column"):
            make()


def test_what_is_free_is_what_the_cost_model_knows():
    costs = ToyBenchmark(ToySpace((2, 3))).cost_model((1, 2))
    assert set(FREE_COLUMNS) == {c for c in COLUMNS if hasattr(costs, c)}
    assert column_kind("accuracy:digits").maximise
    assert not column_kind("latency:laptop").maximise


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.booleans())
def test_an_excess_is_zero_exactly_where_the_limit_is_kept(limit, value, at_least):
    kept = value >= limit if at_least else value <= limit
    assert (Constraint("flops", limit, at_least).excess(value) == 0) == kept


def test_limits_are_added_up_and_only_free_ones_are_known_beforehand():
    toy = ToyBenchmark(ToySpace((3, 3)))
    limits = (Constraint("flops", 200), Constraint("validation_accuracy", 0.99, True))
    context = context_of(toy, constraints=limits)
    for one in toy.space:
        told = toy.evaluate(one)
        assert context.permits(one) == (told.flops <= 200)
        assert context.violation(told) == sum(limit.violation(told) for limit in limits)
        assert context.violation(told) > 0


def test_measurements_are_values():
    one = Measurements({"b": 2.0, "a": 1.0})
    again = Measurements({"a": 1.0, "b": 2.0})
    assert one == again == {"a": 1.0, "b": 2.0}
    assert hash(one) == hash(again)
    assert one != Measurements({"a": 1.0})
    for copied in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert copied == one
        assert isinstance(copied, Measurements)
    with pytest.raises(TypeError):
        one["a"] = 3.0
    assert eval(repr(one)) == one
    assert hash(DONE) == hash(copy.deepcopy(DONE))
