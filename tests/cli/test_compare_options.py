"""``nasbench compare``: workers, settings of strategies, slow ones, processes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from leaderboards import ChosenStrategy
from nasbench.cli import main
from nasbench.cli.compare_options import CompareOptions
from strategies import find_strategy, self_contained_names, strategy_names
from tabular.shipped import open_shipped

TABLE = "cell201-mini-digits-v1"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function: words -> (exit code, output, errors), in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> tuple[int, str, str]:
        code = main(["compare", TABLE, *map(str, words)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def refused(outcome: tuple[int, str, str], *named: str) -> None:
    code, out, err = outcome
    assert code == 2
    assert out == ""
    assert len(err.splitlines()) == 1, err
    for word in named:
        assert word in err


def test_any_number_of_jobs_writes_the_same_bytes(run) -> None:
    words = ("--strategy=random", "--strategy=local", "--seeds=6", "--evaluations=9")
    for jobs in (1, 3):
        assert run(*words, "--jobs", jobs, "--out", f"board-{jobs}")[0] == 0
    for path in Path("board-1").iterdir():
        assert path.read_bytes() == (Path("board-3") / path.name).read_bytes()


def test_workers_stand_in_the_board_and_on_the_page(run) -> None:
    words = ("--strategy=random", "--seeds=2", "--evaluations=12", "--out=board")
    speeds = ("--speed=1", "--speed=2", "--speed=0.5")
    code, _, err = run(*words, "--workers=3", *speeds, "--overhead=0.25")
    assert code == 0, err
    board = pd.read_csv("board/board.csv")
    assert (board["seconds"] < board["charged_seconds"]).all()
    page = Path("board/index.html").read_text()
    assert "3 train at the same time, speeds 1, 2, 0.5" in page
    assert "0.25 s per proposal" in page


def test_settings_of_a_strategy_name_it_on_the_board(run) -> None:
    text = "evolution(population_size=5, tournament_size=2)"
    words = ("--strategy", text, "--strategy=evolution", "--seeds=2", "--out=board")
    code, out, err = run(*words, "--evaluations=8")
    assert code == 0, err
    assert text in out
    board = pd.read_csv("board/board.csv")
    assert set(board["strategy"]) == {text, "evolution"}


def test_wrong_settings_of_strategies_are_refused(run) -> None:
    refused(run("--strategy=evolution(size=3)"), "no setting 'size'", "population_size")
    refused(run("--strategy=evolution(population_size=x)"), "a whole number")
    refused(run("--strategy=evolution(population_size=0)"), "0")
    refused(run("--strategy=evolution(3)"), "name(setting=value")


def test_wrong_rules_are_refused(run) -> None:
    refused(run("--workers=0"), "at least 1 worker")
    refused(run("--workers=1.5"), "--workers")
    refused(run("--workers=2", "--speed=1"), "1 speeds")
    refused(run("--speed=-1"), "positive")
    refused(run("--overhead=-2"), "0 or more")
    refused(run("--overhead=some"), "--overhead")
    refused(run("--jobs=0"), "at least 1 job")
    refused(run("--fidelity=both"), "resume")
    refused(run("--objectives=acuracy"), "accuracy")
    refused(run("--constraint=flops"), "flops<2e6")
    refused(run("--strategy=random", "--slow"), "--strategy or --slow")


@pytest.mark.parametrize("fidelity", ["resume", "restart"])
def test_both_fidelities_are_taken(run, fidelity) -> None:
    words = ("--strategy=random", "--seeds=2", "--evaluations=5")
    assert run(*words, "--fidelity", fidelity)[0] == 0


def test_a_strategy_that_refuses_the_rules_is_left_out_unless_it_was_named(run) -> None:
    Path("only.py").write_text(
        "from nasbench.errors import NasbenchError\n"
        "from strategies import RandomSearch\n\n\n"
        "class Refuses(RandomSearch):\n"
        "    def __init__(self, context):\n"
        "        raise NasbenchError('this budget is too small')\n"
    )
    refused(run("--strategy=only.py:Refuses", "--strategy=random"), "too small")


def test_all_leaves_slow_strategies_out(monkeypatch) -> None:
    everywhere = set(self_contained_names())
    recorded = {name for name in strategy_names() if find_strategy(name).recorded}
    slow = {name for name in everywhere if find_strategy(name).slow}
    fast = (everywhere - slow) | recorded
    assert not {"warm-start", "portfolio"} & everywhere
    assert set(CompareOptions().factories()) == fast
    assert set(CompareOptions(all=True).factories()) == fast
    assert set(CompareOptions(all=True, slow=True).factories()) == fast | slow
    monkeypatch.setattr(find_strategy("local"), "slow", True)
    assert set(CompareOptions(all=True).factories()) == fast - {"local"}
    assert set(CompareOptions(strategy=("local",)).factories()) == {"local"}


def test_several_objectives_leave_out_what_optimises_one() -> None:
    chosen = CompareOptions(objectives="accuracy,flops").factories()
    assert "random" in chosen
    assert "local" not in chosen


def test_few_runs_need_no_further_processes() -> None:
    assert CompareOptions().processes(7) == 1
    assert CompareOptions(jobs=3).processes(7) == 3
    assert CompareOptions().processes(10**6) >= 1


def test_several_objectives_are_shown_and_written_as_fronts(run) -> None:
    words = ("--strategy=random", "--objectives=accuracy,flops", "--evaluations=30")
    code, out, err = run(*words, "--seeds=3", "--out=board")
    assert code == 0, err
    assert "hypervolume, share" in out
    fronts = pd.read_csv("board/fronts.csv")
    assert {"validation_accuracy", "flops"} <= set(fronts.columns)
    for _, front in fronts.groupby("seed"):
        by_cost = front.sort_values("flops")
        assert by_cost["validation_accuracy"].is_monotonic_increasing


def test_a_limit_is_kept_by_every_incumbent(run) -> None:
    words = ("--strategy=random", "--constraint=flops<=1e6", "--evaluations=30")
    assert run(*words, "--seeds=3", "--out=board")[0] == 0
    board = pd.read_csv("board/board.csv")
    best = board.dropna(subset="incumbent")
    table = open_shipped(TABLE)
    costs = [table.cost_model(table.space.parse(t)).flops for t in best["incumbent"]]
    assert 0 < max(costs) <= 1e6
    assert (board["violation"] >= 0).all()


def test_what_cannot_be_ranked_is_refused_before_any_run(small_table_path, capsys):
    def said(*words):
        assert main(["compare", str(small_table_path), "--seeds", "2", *words]) == 2
        return capsys.readouterr().err

    assert "ranks by accuracy, not by flops" in said("--objectives", "flops")
    for limit in ("accuracy>0.999", "parameters<1"):
        words = said("--strategy", "random", "--constraint", limit)
        assert "no architecture of small keeps the limits" in words
        assert "runs" not in words


def test_with_several_objectives_the_others_are_named(small_table_path, capsys):
    words = ["compare", str(small_table_path), "--seeds", "1", "--evaluations", "10"]
    assert main([*words, "--objectives", "accuracy,flops"]) == 0
    assert "evolution-strategy" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["rank", "roulette-raw", "uniform"])
def test_selections_and_words_with_hyphens_are_settings(name):
    chosen = ChosenStrategy(f"genetic(selection={name})")
    assert chosen.settings == {"selection": name}
