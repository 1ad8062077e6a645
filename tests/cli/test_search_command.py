"""``nasbench search`` as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasbench.cli import main
from strategies.weight_sharing import read_traces

RECIPE = [
    *("--recipe.epochs=2", "--recipe.batch-size=32", "--recipe.channels=2"),
    *("--recipe.train-images=96", "--recipe.valid-images=80"),
    "--recipe.test-images=70",
]
SPACE = ("--space", "cell201-mini", "--task", "digits")
SHORT = ("--training.epochs=2", "--samples=12")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def command(*words: object) -> tuple[int, str, str]:
        code = main(["search", *(str(word) for word in words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_a_search_is_recorded_and_repeated_bit_for_bit(run) -> None:
    code, out, err = run("darts", *SPACE, *RECIPE, *SHORT, "--seeds=2", "--out=a.jsonl")
    assert code == 0, err
    assert "darts, seed 1" in out
    assert "a.jsonl: 2 searches" in out
    first = read_traces("a.jsonl")
    assert [trace.identity.seed for trace in first] == [0, 1]
    assert first[0].epochs == 2
    assert len(first[0].sampled) == 12
    assert first[0].identity.settings["epochs"] == 2
    code, _, _ = run("darts", *SPACE, *RECIPE, *SHORT, "--seed=1", "--out=b.jsonl")
    assert read_traces("b.jsonl")[0].equals(first[1])


def test_more_searches_join_the_file_and_the_same_one_replaces_itself(run) -> None:
    words = (*SPACE, *RECIPE, *SHORT, "--out=a.jsonl.gz")
    run("darts", *words)
    run("random-sharing", *words, "--set", "candidates=5")
    code, out, _ = run("darts", *words)
    assert code == 0
    assert "a.jsonl.gz: 2 searches" in out
    methods = [trace.identity.method for trace in read_traces("a.jsonl.gz")]
    assert methods == ["random-sharing", "darts"]
    assert read_traces("a.jsonl.gz")[0].identity.settings["candidates"] == 5


def test_a_table_gives_space_and_recipe_and_judges(run, small_table_path: Path) -> None:
    code, out, err = run("gdas", "--table", small_table_path, *SHORT, "--out=a.jsonl")
    assert code == 0, err
    assert "test regret" in out
    assert "of 125" in out
    assert "Kendall's tau" in out


@pytest.mark.parametrize(
    "words, said",
    [
        (("dart",), "unknown weight-sharing method 'dart'; did you mean 'darts'"),
        (("darts", "--set=x=1"), "unknown setting 'x'"),
        (("darts", "--set=x"), "not of the form NAME=VALUE"),
        (("darts", "--seeds=0"), "--seeds is 1 or more"),
        (("darts", "--space=cell202"), "unknown space 'cell202'"),
        (("darts", "--training.epochs=0"), "epochs is 0, not 1 to 10000"),
        (
            ("darts", "--space=cell101", *RECIPE),
            "no supernet is registered for Cell101",
        ),
    ],
)
def test_wrong_words_end_in_one_line(run, words, said) -> None:
    code, _, err = run(*words, "--out=a.jsonl")
    assert code == 2
    assert said in err
    assert err.strip().count("\n") == 0
    assert not Path("a.jsonl").exists()


def test_a_table_of_another_task_is_refused(run, small_table_path: Path) -> None:
    code, _, err = run(
        "darts", "--table", small_table_path, "--image-size=6", "--out=a.jsonl"
    )
    assert code == 2
    assert "was trained on digits with fingerprint" in err
    code, _, err = run("darts", "--table", small_table_path, *RECIPE, "--out=a.jsonl")
    assert code == 2
    assert "give --table or --recipe, not both" in err
