"""Strategies with settings, as text."""

from __future__ import annotations

import pickle

import pytest

from leaderboards import RunSettings, simulate
from leaderboards.chosen_strategy import ChosenStrategy, settings_of, split_settings
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from nasbench.testing import ToyBenchmark, ToySpace
from strategies import RegularizedEvolution, find_strategy, self_contained_names

MINE = """
from typing import Literal

from strategies import RandomSearch


class Mine(RandomSearch):
    def __init__(
        self, context, *, order: Literal["first", "last"] = "first",
        rate: float = 0.5, ranks: tuple[int, ...] = (1, 2), limit: int | None = None,
        greedy: bool = False,
    ):
        super().__init__(context)
        self.settings = (order, rate, ranks, limit, greedy)
"""


@pytest.fixture
def mine(tmp_path):
    folder = tmp_path / "with (parentheses)"
    folder.mkdir()
    (folder / "mine.py").write_text(MINE)
    return f"{folder}/mine.py:Mine"


@pytest.mark.parametrize(
    "text, name, settings",
    [
        ("random", "random", {}),
        ("evolution()", "evolution", {}),
        ("a(b=1, c = 2.5)", "a", {"b": 1, "c": 2.5}),
        ("a-b(c=word)", "a-b", {"c": "word"}),
        ("a(b='w o', c=\"d\")", "a", {"b": "w o", "c": "d"}),
        ("a(b=(1, 2), c=[None, True])", "a", {"b": (1, 2), "c": [None, True]}),
        ("a(b=-1e-3)", "a", {"b": -1e-3}),
        ("dir (1)/x.py:C(b=2)", "dir (1)/x.py:C", {"b": 2}),
        ("x.py:C", "x.py:C", {}),
    ],
)
def test_a_text_is_split_into_name_and_settings(text, name, settings):
    assert split_settings(text) == (name, settings)


@pytest.mark.parametrize(
    "text",
    [
        "a(1)",
        "a(b=)",
        "a(b=1))",
        "a(**b)",
        "a(*b)",
        "(b=1)",
        "a(b=1",
        "a-b(",
        "x.py:C(b=1",
    ],
)
def test_other_texts_are_refused_with_the_form(text):
    with pytest.raises(NasbenchError, match=r"write name\(setting=value, \.\.\.\)"):
        split_settings(text)


@pytest.mark.parametrize("value", ["print(1)", "[].append", "1 + x", "lambda: 1"])
def test_values_are_never_executed(value):
    with pytest.raises(NasbenchError, match="is no number, word, or list"):
        split_settings(f"a(b={value})")


def test_settings_reach_the_strategy_and_change_the_run():
    benchmark = ToyBenchmark(ToySpace((3, 4, 2, 3)))
    chosen = ChosenStrategy("evolution(population_size=5, tournament_size=2)")

    def by_hand(context):
        return RegularizedEvolution(context, population_size=5, tournament_size=2)

    runs = [
        simulate(factory, benchmark, RunSettings(Budget(40)), 0)
        for factory in (chosen, by_hand, ChosenStrategy("evolution"))
    ]
    assert runs[0].architectures.tolist() == runs[1].architectures.tolist()
    assert runs[0].architectures.tolist() != runs[2].architectures.tolist()


def test_every_kind_of_setting_is_taken(mine):
    words = "order=last, rate=1, ranks=(3,), limit=4, greedy=True"
    chosen = ChosenStrategy(f"{mine}({words})")
    context = None

    def keep(given):
        nonlocal context
        context = given
        return chosen(given)

    simulate(keep, ToyBenchmark(ToySpace((3, 2))), RunSettings(Budget(2)), 0)
    assert chosen(context).settings == ("last", 1, (3,), 4, True)


@pytest.mark.parametrize(
    "wrong, reason",
    [
        ("ordr=last", "has no setting 'ordr'; it has order='first', rate=0.5"),
        ("order=middle", "'middle'; expected one of first, last, as in order='first'"),
        ("rate=high", "'high'; expected a number, as in rate=0.5"),
        ("rate=True", "True; expected a number"),
        ("limit=1.5", "1.5; expected a whole number or None"),
        ("greedy=1", "1; expected True or False"),
    ],
)
def test_wrong_settings_are_refused_with_what_is_allowed(mine, wrong, reason):
    with pytest.raises(NasbenchError) as refused:
        ChosenStrategy(f"{mine}({wrong})")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", self_contained_names())
def test_settings_that_no_strategy_has_are_refused(name):
    strategy = find_strategy(name)
    for setting in settings_of(strategy):
        with pytest.raises(NasbenchError, match=f"has no setting '{setting}_'"):
            ChosenStrategy(f"{name}({setting}_=1)")


def test_it_can_be_sent_to_another_process():
    chosen = pickle.loads(pickle.dumps(ChosenStrategy("evolution(population_size=12)")))
    assert chosen.settings == {"population_size": 12}
    assert not chosen.slow
