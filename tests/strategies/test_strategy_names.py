"""Strategies are found by name and in files."""

from __future__ import annotations

import re
import sys

import pytest

from nasbench.errors import NasbenchError
from nasbench.testing import check_strategy
from strategies import LocalSearch, Strategy, find_strategy, strategy_names

SOURCE = """
from __future__ import annotations

from dataclasses import dataclass

from strategies import Strategy


@dataclass
class Memory:
    best: float = 0.0


class Mine(Strategy):
    def ask(self):
        return self.propose(self.space.sample(self.rng))


NOT_A_CLASS = 3
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    yield path
    sys.modules.pop(str(path.resolve()), None)


def test_the_six_strategies_are_installed():
    names = [
        "evolution",
        "genetic",
        "local",
        "random",
        "random-replacement",
        "reinforce",
    ]
    assert set(names) <= set(strategy_names())
    assert find_strategy("local") is LocalSearch
    assert all(issubclass(find_strategy(name), Strategy) for name in names)


def test_an_unknown_name_is_answered_with_near_ones():
    with pytest.raises(NasbenchError, match=r"did you mean 'evolution'.*file.py:Class"):
        find_strategy("evolutoin")


def test_a_class_in_a_file_is_a_strategy_like_any_other(file):
    found = find_strategy(f"{file}:Mine")
    assert issubclass(found, Strategy)
    assert check_strategy(found) == []


def test_a_file_is_read_anew_at_every_call(file):
    first = find_strategy(f"{file}:Mine")
    file.write_text(SOURCE.replace("class Mine", "class Yours"))
    assert find_strategy(f"{file}:Yours") is not first
    with pytest.raises(NasbenchError, match="has no class 'Mine'"):
        find_strategy(f"{file}:Mine")


@pytest.mark.parametrize(
    "name, message",
    [
        ("missing.py:Mine", "no file 'missing.py'"),
        (
            "{file}",
            "a file without a class; write path/to/file.py:ClassName; it has Mine",
        ),
        ("{file}:Missing", "mine.py has no class 'Missing'; it has Mine$"),
        ("{file}:Memory", "no subclass of strategies.Strategy: .*Memory"),
        ("{file}:NOT_A_CLASS", "no subclass of strategies.Strategy: 3"),
        ("{file}:", "mine.py is a file without a class; write .*; it has Mine$"),
        ("{folder}:Mine", "no file"),
    ],
)
def test_a_wrong_file_or_class_is_named(file, name, message):
    given = name.format(file=file, folder=file.parent)
    with pytest.raises(NasbenchError, match=message) as caught:
        find_strategy(given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "source", ["1 +", "import nowhere_to_be_found", "1 / 0", "from textwrap import no"]
)
def test_a_file_that_fails_says_how_and_where_and_leaves_no_module(file, source):
    file.write_text(f"seen = 1\n{source}\n")
    with pytest.raises(NasbenchError) as caught:
        find_strategy(f"{file}:Mine")
    told = str(caught.value)
    assert re.search(r"mine.py cannot be run \(line 2\): [A-Z][A-Za-z]+Error: ", told)
    assert "\n" not in told
    assert str(file.resolve()) not in sys.modules


def test_a_class_without_ask_is_told_what_it_lacks(file):
    file.write_text("from strategies import Strategy\nclass NoAsk(Strategy): pass\n")
    with pytest.raises(NasbenchError, match=r"NoAsk is no strategy yet.* define ask"):
        find_strategy(f"{file}:NoAsk")


def test_a_file_without_strategies_says_so(file):
    file.write_text("from strategies import RandomSearch\n")
    with pytest.raises(NasbenchError, match="it has no subclass of Strategy"):
        find_strategy(f"{file}:")
