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


def test_more_searches_join_the_file_and_none_is_done_twice(run) -> None:
    words = (*SPACE, *RECIPE, *SHORT, "--out=a.jsonl.gz")
    run("darts", *words)
    run("random-sharing", *words, "--set", "candidates=5")
    code, out, _ = run("darts", *words)
    assert code == 0
    assert "darts, seed 0: is in a.jsonl.gz" in out
    assert "a.jsonl.gz: 2 searches" in out
    methods = [trace.identity.method for trace in read_traces("a.jsonl.gz")]
    assert methods == ["darts", "random-sharing"]
    assert read_traces("a.jsonl.gz")[1].identity.settings["candidates"] == 5


def test_an_interrupted_run_of_many_searches_goes_on(
    run, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("gdas", "random-sharing", *SPACE, *RECIPE, *SHORT, "--set=candidates=3")
    code, _, err = run(*words, "--out=a.jsonl")
    assert code == 2
    assert "unknown setting 'candidates'" in err
    assert "gdas: unknown" in err
    words = ("gdas", "enas", *SPACE, *RECIPE, "--training.epochs=1", "--samples=0")
    code, _, err = run("gdas", *words[2:], "--seeds=1-2", "--out=a.jsonl")
    assert code == 0, err
    whole = read_traces("a.jsonl")
    monkeypatch.setattr(
        "strategies.weight_sharing.enas.ENAS.step",
        lambda *given: (_ for _ in ()).throw(KeyboardInterrupt),
    )
    code, _, _ = run(*words, "--seeds=0-2", "--out=a.jsonl")
    assert code == 130
    found = read_traces("a.jsonl")
    assert [t.identity.seed for t in found] == [1, 2, 0]
    assert all(a.equals(b) for a, b in zip(whole, found, strict=False))


def test_a_search_that_failed_is_recorded_and_not_repeated(
    run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "strategies.weight_sharing.gdas.GDAS.step", lambda *given: float("nan")
    )
    words = ("gdas", *SPACE, *RECIPE, *SHORT, "--out=a.jsonl")
    code, out, err = run(*words)
    assert code == 0, err
    assert "failed" in out
    assert "in epoch 1" in out
    assert [trace.failed for trace in read_traces("a.jsonl")] == [True]
    assert "gdas, seed 0: is in a.jsonl" in run(*words)[1]


def test_a_table_gives_space_and_recipe_and_judges(run, small_table_path: Path) -> None:
    code, out, err = run("gdas", "--table", small_table_path, *SHORT, "--out=a.jsonl")
    assert code == 0, err
    assert "test regret" in out
    assert "of 125" in out
    assert "Kendall's tau" in out


def test_weights_that_fit_no_other_networks_estimate_none(
    run, small_table_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = ("--table", small_table_path, "--training.epochs=1")
    words = ("morphisms", *table, "--set=neighbours=2")
    code, out, err = run(*words, "--out=a.jsonl")  # 200 samples by default
    assert code == 0, err
    assert "test regret" in out
    assert "Kendall's tau" not in out
    (trace,) = read_traces("a.jsonl")
    assert len(trace.sampled) == len(trace.sampled_estimates) == 0
    assert "morphisms, seed 0: is in a.jsonl" in run(*words, "--out=a.jsonl")[1]
    run(*words, "--samples=0", "--out=b.jsonl")
    assert read_traces("b.jsonl")[0].equals(trace)
    assert main(["judge", "a.jsonl", "--table", str(small_table_path)]) == 0
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row[0] == "morphisms"
    assert row[-4:-1] == ["-", "-", "-"]
    # Others in the same command have their samples.
    run("gdas", *table, "--samples=12", "--out=a.jsonl")
    assert [len(trace.sampled) for trace in read_traces("a.jsonl")] == [0, 12]


@pytest.mark.parametrize(
    "words, said",
    [
        (("dart",), "unknown weight-sharing method 'dart'; did you mean 'darts'"),
        (("darts", "--set=x=1"), "unknown setting 'x'"),
        (("darts", "--set=x"), "not of the form NAME=VALUE"),
        (("darts", "--seeds=0"), "--seeds is 1 or more"),
        (("darts", "--seeds=5-2"), "not '5-2'"),
        (
            ("darts", "--seeds=0-99999999999"),
            "--seeds is at most 1,000,000 seeds, not the 100,000,000,000 of",
        ),
        (("darts", "--seeds=1000001"), "not the 1,000,001 of '1000001'"),
        (("darts", "--seeds=0-999999999999999999"), "at most 1,000,000 seeds"),
        (("darts", "--seeds=2-5", "--seed=1"), "a range as 0-9 without --seed"),
        ((), "name a method: darts, "),
        (("darts", "--space=cell202"), "unknown space 'cell202'"),
        (
            ("darts", "--training.epochs=0"),
            "epochs is 0; expected a whole number from 1 to 10,000",
        ),
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


def test_a_space_that_is_not_the_tables_is_refused(run, small_table_path: Path) -> None:
    table = ("--table", str(small_table_path), "--training.epochs", "1", "--samples=0")
    code, _, err = run("gdas", *table, "--space=chain", "--out", "a.jsonl")
    assert code == 2
    assert "is of cell201-mini, not of --space chain" in err
    assert not Path("a.jsonl").exists()
    code, _, err = run("gdas", *table, "--space=cell201-mini", "--out=a.jsonl")
    assert code == 0, err
