"""What ``nasbench compare`` says of a missing rank, of unfair budgets, of errors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nasbench.cli import main
from tabular.shipped import open_shipped

TABLE = "cell201-mini-digits-v1"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function: words -> (exit code, output, errors), in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> tuple[int, str, str]:
        code = main(["compare", TABLE, "--seeds=2", *map(str, words)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


BRIEF = """
from nasbench.search import Proposal
from strategies import RandomSearch, Strategy


class Brief(Strategy):
    "Trains everything for one epoch."

    def ask(self):
        return Proposal(self.space.sample(self.rng), 1)
"""


def line_of(out: str, name: str) -> str:
    return next(line for line in out.splitlines() if line.startswith(name))


def test_a_strategy_without_a_whole_training_has_no_rank_and_it_is_said_why(run):
    Path("brief.py").write_text(BRIEF)
    words = ("--strategy=brief.py:Brief", "--strategy=random", "--evaluations=4")
    code, out, err = run(*words)
    assert code == 0, err
    assert line_of(out, "Brief").split() == ["Brief", "-", "-", "-"]
    assert "nan" not in out
    assert "2 of its 2 runs never finished a training of all" in out
    assert "give a larger budget" in out
    assert line_of(out, "random").split()[1] == "1"


@pytest.mark.parametrize(
    "budget, warned", [("--evaluations=40", 1), ("--epochs=200", 0)]
)
def test_partial_trainings_are_unfair_in_a_budget_of_evaluations(run, budget, warned):
    code, _, err = run("--strategy=asha", "--strategy=random", budget)
    assert code == 0, err
    told = [line for line in err.splitlines() if "asha: trainings of fewer" in line]
    assert len(told) == warned
    assert all("--epochs or --seconds" in line for line in told)


def test_whole_trainings_are_no_reason_to_warn(run):
    assert "fewer" not in run("--strategy=random", "--evaluations=4")[2]


def test_nothing_is_better_than_a_random_search_that_did_not_run(run):
    words = ("--evaluations=6", "--out=board")
    assert "better than" not in run("--strategy=local", *words)[1]
    assert "Better than" not in Path("board/index.html").read_text()
    out = run("--strategy=local", "--strategy=random", *words)[1]
    assert "better than random" in out
    assert "Better than" in Path("board/index.html").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("--objectives=accuracy,latency:nope",),
        ("--constraint=latency:nope<3ms",),
    ],
)
def test_a_target_that_the_table_lacks_is_refused_with_those_it_has(
    run, words, table_with_targets, capsys
):
    code, out, err = run("--strategy=nsga2", "--evaluations=5", *words)
    assert code == 2
    assert out == ""
    assert f"{TABLE} does not have latency:nope; it has no latency at all" in err
    command = ["compare", str(table_with_targets), "--strategy=nsga2", *words]
    assert main(command) == 2
    told = capsys.readouterr().err
    assert "it has latency:sim-roofline" in told
    assert "latency:sim-systolic-os32" in told
    assert len(told.splitlines()) == 1


@pytest.fixture
def table_with_targets(tmp_path, capsys):
    """A copy of the small table with the simulated targets."""
    path = tmp_path / "modelled.h5"
    shutil.copy(open_shipped(TABLE).path, path)
    assert main(["latency", "model", str(path)]) == 0
    capsys.readouterr()
    return path


@pytest.mark.parametrize(
    "text, told",
    [
        ("evolution(population_size=5, population_size=6)", "is given twice"),
        ("evolution(population_size=5", "lacks the closing parenthesis"),
        ("evolution(5)", "without the name of its setting"),
        ("bad.py:", "bad.py is a file without a class"),
        ("bad.py:NoAsk", "NoAsk is no strategy yet: it has to define ask"),
        ("bad.py:Needs", "needs settings that are not given: size: a whole number"),
        ("bad.py:Forgets", "does not call super().__init__(context)"),
        ("broken.py:Any", "broken.py cannot be run (line 3): SyntaxError"),
    ],
)
def test_the_cause_is_named_in_one_line(run, text, told):
    Path("bad.py").write_text(
        "from strategies import RandomSearch, Strategy\n\n\n"
        "class NoAsk(Strategy):\n    pass\n\n\n"
        "class Needs(RandomSearch):\n"
        "    def __init__(self, context, size: int):\n"
        "        super().__init__(context)\n\n\n"
        "class Forgets(RandomSearch):\n"
        "    def __init__(self, context):\n"
        "        self.mine = 1\n"
    )
    Path("broken.py").write_text(
        "from strategies import Strategy\n\nclass Any(Strategy\n"
    )
    code, out, err = run("--strategy", text)
    assert code == 2
    assert out == ""
    assert told in err
    assert len(err.splitlines()) == 1
