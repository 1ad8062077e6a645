"""``nasbench check``: sentences and an exit status for things of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasbench.cli.check import check_command
from nasbench.errors import NasbenchError

FILE = '''
import random
from nasbench.hardware.target import ModelledCost
from nasbench.testing import ToySpace
from strategies import Strategy


class Mine(Strategy):
    """Uniform, with replacement."""

    def __init__(self, context, *, unused: int = 3):
        super().__init__(context)

    def ask(self):
        return self.propose(self.space.sample(self.rng))


class Draws(Mine):
    def tell(self, proposal, evaluation):
        random.random()


class MySpace(ToySpace):
    def __init__(self):
        super().__init__((2, 3))


class BrokenSpace(MySpace):
    def format(self, architecture):
        return "always the same"


class MyTarget:
    kind = "simulated"

    def __init__(self, name):
        self.name = name

    def cost(self, space, architecture, skeleton):
        return ModelledCost(-1.0, 0.0)


class Unfinished(Strategy):
    pass


number = 3
'''


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(FILE)

    def command(*strategy, **others):
        code = 0
        try:
            check_command(*strategy, **others)
        except SystemExit as ended:
            code = ended.code
        return code, capsys.readouterr().out

    return command


def test_a_sound_strategy_is_called_sound(run):
    assert run("mine.py:Mine") == (0, "strategy mine.py:Mine keeps its contract\n")
    code, out = run("mine.py:Mine(unused=4)")
    assert (code, "keeps its contract" in out) == (0, True)


def test_a_broken_one_is_told_why_and_the_status_is_one(run):
    code, out = run("mine.py:Mine", "mine.py:Draws")
    assert code == 1
    lines = out.splitlines()
    assert lines[:2] == [
        "strategy mine.py:Mine keeps its contract",
        "strategy mine.py:Draws breaks its contract:",
    ]
    assert all(line.startswith("- ") for line in lines[2:])
    assert "The global random state of random changed" in out
    assert "strategy 'mine.py:Draws' on cell201-mini-digits-v1 drew from" in out


@pytest.mark.parametrize(
    "others, code, said",
    [
        ({"space": ["mine.py:MySpace"]}, 0, "space mine.py:MySpace keeps its contract"),
        ({"space": ["mine.py:BrokenSpace"]}, 1, "- "),
        ({"space": ["cell201-mini"]}, 0, "keeps its contract"),
        ({"target": ["mine.py:MyTarget"]}, 1, "is -1.0 ms."),
        ({"target": ["sim-systolic-os32"]}, 0, "keeps its contract"),
        ({"surrogate": ["gaussian-process"]}, 0, "keeps its contract"),
    ],
)
def test_other_things_are_checked_by_their_own_contracts(run, others, code, said):
    found, out = run(**others)
    assert found == code, out
    assert said in out


@pytest.mark.slow
def test_a_proxy_is_checked_on_small_networks(run):
    code, out = run(proxy=["synflow"])
    assert (code, out) == (0, "proxy synflow keeps its contract\n")


@pytest.mark.parametrize(
    "strategy, others, reason",
    [
        ((), {}, "nothing to check; give a strategy as FILE"),
        (("nope",), {}, "unknown strategy 'nope'"),
        (("mine.py:Nope",), {}, "Nope"),
        (("mine.py:Unfinished",), {}, "has to define ask"),
        (("mine.py:Mine",), {"benchmark": ("nope",)}, "unknown benchmark 'nope'"),
        ((), {"space": ["nope"]}, "unknown space 'nope'"),
        ((), {"space": ["nope.py:A"]}, r"no file 'nope\.py'; write FILE\.py:NAME"),
        ((), {"space": ["mine.py:A"]}, r"mine\.py defines no 'A'"),
        ((), {"space": ["mine.py:number"]}, "is no SearchSpace: 3"),
        ((), {"surrogate": ["nope"]}, "unknown model 'nope'"),
        ((), {"surrogate": ["mine.py:MySpace"]}, "is no surrogate: a class with fit"),
        ((), {"target": ["nope"]}, "unknown target 'nope'"),
        ((), {"proxy": ["nope"]}, "unknown proxy 'nope'"),
    ],
)
def test_wrong_words_are_refused_in_one_line(run, strategy, others, reason):
    with pytest.raises(NasbenchError, match=reason) as refused:
        run(*strategy, **others)
    assert "\n" not in str(refused.value)
