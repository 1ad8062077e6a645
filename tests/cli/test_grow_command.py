"""``nasbench grow`` as a user types it, and ensembles beside searches and boards."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasbench.cli import main
from strategies.growth.growth_file import read_growths

RECIPE = [
    *("--recipe.epochs=2", "--recipe.batch-size=32", "--recipe.channels=2"),
    *("--recipe.train-images=96", "--recipe.valid-images=80"),
    "--recipe.test-images=70",
]
SPACE = ("--space", "cell201-mini", "--task", "digits")
SHORT = ("--set=rounds=2", "--set=epochs=1", "--set=least_gain=0")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def command(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_growths_are_recorded_once_each_and_repeated_bit_for_bit(run) -> None:
    words = ("grow", *SPACE, *RECIPE, *SHORT)
    code, out, err = run(*words, "--out=a.jsonl")
    assert code == 0, err
    assert "networks     2: as many as the setting rounds allows" in out
    assert "by test, no entry of a table" in out
    code, out, _ = run(*words, "--seeds=2", "--out=a.jsonl")
    assert code == 0
    assert "adanet, seed 0: is in a.jsonl" in out
    assert "a.jsonl: 2 growths" in out
    first = read_growths("a.jsonl")
    assert [growth.identity.seed for growth in first] == [0, 1]
    run(*words, "--seed=1", "--out=b.jsonl.gz")
    assert read_growths("b.jsonl.gz")[0].equals(first[1])


def test_lost_candidates_end_as_a_recorded_failure(run) -> None:
    words = ("grow", *SPACE, *RECIPE, "--recipe.learning-rate=1e30", "--out=a.jsonl")
    code, out, err = run(*words)
    assert code == 0, err
    assert "failed  in round 1: no candidate kept a finite loss" in out
    assert [growth.failed for growth in read_growths("a.jsonl")] == [True]


def test_an_interruption_keeps_what_was_grown(
    run, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("grow", *SPACE, *RECIPE, "--set=rounds=1", "--set=epochs=1")
    run(*words, "--out=a.jsonl")
    monkeypatch.setattr(
        "strategies.growth.adanet.fit",
        lambda *given: (_ for _ in ()).throw(KeyboardInterrupt),
    )
    code, _, err = run(*words, "--seeds=2", "--out=a.jsonl")
    assert code == 130
    assert err.strip().endswith("nasbench: interrupted")
    assert len(read_growths("a.jsonl")) == 1


@pytest.mark.parametrize(
    "words, said",
    [
        (("--set=rounds=0",), "adanet: rounds is 0; expected a whole number from 1"),
        (("--set=price=nan",), "adanet: price is nan"),
        (("--set=rounds=two",), "rounds of adanet is 'two', not a whole number"),
        (("--set=depth=2",), "adanet: unknown setting 'depth'"),
        (("--set=rounds=1", "--set=rounds=2"), "--set rounds is given twice"),
        (("--seed=-1",), "--seed is 0 or more, not -1"),
        (("--space=cell202",), "unknown space 'cell202'"),
    ],
)
def test_wrong_words_end_in_one_line(run, words, said) -> None:
    code, _, err = run("grow", *words, "--out=a.jsonl")
    assert code == 2
    assert said in err
    assert err.strip().count("\n") == 0
    assert not Path("a.jsonl").exists()


def test_ensembles_are_judged_apart_from_searches(run) -> None:
    code, out, err = run("judge", "--table", "cell201-mini-digits-v1")
    assert code == 0, err
    assert out.startswith("ensembles: accuracies of several networks together")
    assert "regret" not in out
    code, _, err = run("judge", "--table", "size-compound-digits-v1")
    assert code == 2
    assert err.count("\n") == 1


def test_a_file_of_growths_is_judged_by_the_table_that_it_fits(
    run, small_table_path: Path
) -> None:
    words = ("--set=rounds=1", "--set=epochs=1", "--out=a.jsonl")
    code, _, err = run("grow", "--table", small_table_path, *words)
    assert code == 0, err
    code, out, _ = run("judge", "a.jsonl", "--table", small_table_path, "--markdown")
    assert code == 0
    assert "| adanet | 1 | 1 |" in out
    code, _, err = run("judge", "a.jsonl", "--table", "cell201-mini-digits-v1")
    assert code == 2
    assert "no growth fits cell201-mini-digits-v1" in err


def test_a_board_shows_ensembles_on_the_axis_of_time(run) -> None:
    words = ("--strategy=random", "--seeds=2", "--evaluations=20", "--jobs=1")
    names = ("cell201-mini-digits-v1", "size-compound-digits-v1")
    code, out, err = run("compare", *names, *words, "--ensembles", "--out=board")
    assert code == 0, err
    assert "no entry of the table, and not ranked" in out
    assert "adanet (ensemble)" in out
    assert "no ensemble is recorded for size-compound-digits-v1" in err
    lines = Path("board/ensembles.csv").read_text().splitlines()
    assert lines[0] == "benchmark,seconds,column,accuracy"
    assert any(",adanet (ensemble),0." in line for line in lines)
    assert any(",random,0." in line for line in lines)
    assert "ensemble" not in Path("board/ranking.csv").read_text()
