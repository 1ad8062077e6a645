"""Objectives and limits as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboards.fronts.objective_text import (
    constraint_text,
    objectives_text,
    parse_constraint,
    parse_objectives,
)
from nasbench.errors import NasbenchError
from nasbench.search import COLUMNS, VALIDATION_ACCURACY, Constraint, Objective


def test_a_list_of_names_is_a_tuple_of_objectives():
    assert parse_objectives("accuracy, flops") == (
        VALIDATION_ACCURACY,
        Objective("flops", maximise=False),
    )
    assert parse_objectives("latency:laptop,accuracy:digits") == (
        Objective("latency:laptop", maximise=False),
        Objective("accuracy:digits", maximise=True),
    )


@pytest.mark.parametrize(
    "text, column, value, at_least",
    [
        ("parameters<=30000", "parameters", 30000, False),
        ("parameters <= 30k", "parameters", 30000, False),
        ("flops<=2e6", "flops", 2e6, False),
        ("flops<=2M", "flops", 2e6, False),
        ("accuracy>=.6", "validation_accuracy", 0.6, True),
        ("seconds<=1.5", "cost_seconds", 1.5, False),
        ("latency:laptop<=2", "latency:laptop", 2, False),
    ],
)
def test_limits_are_read(text, column, value, at_least):
    assert parse_constraint(text) == Constraint(column, value, at_least=at_least)


@pytest.mark.parametrize("text, own", [("flops<2e6", 2e6), ("accuracy>0.6", 0.6)])
def test_a_strict_limit_is_broken_by_the_number_itself(text, own):
    strict = parse_constraint(text)
    loose = parse_constraint(text.replace("<", "<=").replace(">", ">="))
    assert strict.excess(own) > 0
    assert loose.excess(own) == 0
    assert not strict.excess(own * (0.99 if "<" in text else 1.01))


@pytest.mark.parametrize(
    "text, message",
    [
        ("acuracy,flops", "unknown column 'acuracy'; did you mean 'accuracy'"),
        ("flops,flops", "an objective is given twice: flops"),
        ("accuracy,validation_accuracy", "given twice: validation_accuracy"),
        ("", "unknown column ''"),
        ("latency:", "unknown column 'latency:'; did you mean 'latency:NAME'"),
        ("latncy:laptop", "unknown column 'latncy:laptop'"),
    ],
)
def test_wrong_objectives_are_named_in_one_line(text, message):
    with pytest.raises(NasbenchError, match=message) as caught:
        parse_objectives(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text, message",
    [
        ("flops", "'flops' is no limit; write a column"),
        ("flops=3", "is no limit"),
        ("flops<", "is no limit"),
        ("flops<many", "is no limit"),
        ("1000<flops<2000", "is no limit"),
        ("flop<2e6", "unknown column 'flop'; did you mean 'flops'"),
        ("accuracy>60", "an accuracy is a fraction"),
        ("flops<-3", "no flops is below 0"),
        ("flops<0", "no flops is below 0"),
    ],
)
def test_wrong_limits_are_named_in_one_line(text, message):
    with pytest.raises(NasbenchError, match=message) as caught:
        parse_constraint(text)
    assert "\n" not in str(caught.value)


@given(
    st.sampled_from(["parameters", "flops", "seconds"]),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.floats(0.001, 1e12),
)
def test_a_limit_written_down_is_read_back(column, sign, number):
    limit = parse_constraint(f"{column}{sign}{number!r}")
    assert parse_constraint(constraint_text(limit)) == limit


def test_objectives_written_down_are_read_back():
    everything = parse_objectives(",".join(COLUMNS))
    assert parse_objectives(objectives_text(everything)) == everything


def test_a_limit_reads_as_it_was_written():
    assert constraint_text(parse_constraint("flops<2e6")) == "flops<2000000.0"
    assert constraint_text(parse_constraint("accuracy>=0.6")) == "accuracy>=0.6"
