"""Dataclasses of settings refuse what their annotations do not allow, in one line."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Annotated, get_args, get_type_hints

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from strategies.checked_fields import check_fields
from strategies.federated.fednas import FedNASSettings
from strategies.growth.adanet import AdaNetSettings
from strategies.hypernetworks.searches import (
    GraphHypernetworkSettings,
    HypernetworkSettings,
)
from strategies.inheritance.morphism_search import MorphismSettings
from strategies.meta_learning.meta_training import MetaTrainingSettings
from strategies.meta_learning.reptile import ReptileSettings
from strategies.settings import Count, NotNegative, Positive, Within
from strategies.weight_sharing.training_settings import TrainingSettings

CHECKED = (
    AdaNetSettings,
    FedNASSettings,
    GraphHypernetworkSettings,
    HypernetworkSettings,
    MetaTrainingSettings,
    MorphismSettings,
    ReptileSettings,
    TrainingSettings,
)


@dataclass(frozen=True)
class Made:
    rounds: Count = 5
    price: NotNegative = 0.1
    scale: Positive = 1.0
    rate: Annotated[float, Within(0, 1, above=True)] = 0.5
    plain: float = -3.0

    def __post_init__(self):
        check_fields(self)


@dataclass(frozen=True)
class Inherited(Made):
    rounds: Count = 7
    more: Annotated[int, Within(2)] = 2


@pytest.mark.parametrize(
    "given, said",
    [
        ({"rounds": 0}, "rounds is 0; expected a whole number from 1 to 100,000"),
        ({"rounds": 1.5}, "rounds is 1.5; expected a whole number from 1 to 100,000"),
        ({"rounds": True}, "rounds is True; expected a whole number from 1 to 100,000"),
        ({"rounds": "9"}, "rounds is '9'; expected a whole number from 1 to 100,000"),
        ({"price": -0.1}, "price is -0.1; expected a number 0 or more"),
        ({"price": math.nan}, "price is nan; expected a number 0 or more, and finite"),
        ({"scale": 0.0}, "scale is 0.0; expected a number above 0"),
        ({"scale": math.inf}, "scale is inf; expected a number above 0, and finite"),
        ({"rate": 1.5}, "rate is 1.5; expected a number above 0 and at most 1"),
        ({"plain": None}, "plain is None; expected a number"),
        ({"more": 1}, "more is 1; expected a whole number 2 or more"),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_its_value_and_what_is_allowed(
    given, said
):
    with pytest.raises(NasbenchError) as refused:
        Inherited(**given)
    assert str(refused.value) == said


def test_what_fits_is_taken_at_the_edges_too():
    Made(rounds=1, price=0, scale=5e-324, rate=1, plain=1e300)
    Made(rounds=np.int64(100_000), price=np.float64(2.0))
    assert Inherited() == Inherited(rounds=7, more=2)


@pytest.mark.parametrize("kind", CHECKED)
def test_every_field_of_every_settings_class_is_checked(kind):
    for field in fields(kind):
        with pytest.raises(NasbenchError, match=f"^{field.name} is nan; expected"):
            kind(**{field.name: math.nan})


@pytest.mark.parametrize("kind", CHECKED)
def test_every_range_refuses_what_lies_just_outside(kind):
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        for one in get_args(hints[field.name])[1:]:
            low = one.least if one.above else one.least - 1
            high = one.most if one.below else one.most + 1
            for value in (low, high):
                whole = type(field.default)
                given = whole(value) if math.isfinite(value) else value
                with pytest.raises(NasbenchError, match=f"^{field.name} is "):
                    kind(**{field.name: given})
