"""``nasbench surrogate`` as a user types it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nasbench.cli import main

CELL = "|nor_conv_3x3~0|+|skip_connect~0|avg_pool_3x3~1|"


@pytest.fixture(autouse=True)
def _own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_table_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(small_table_path, tmp_path / "mini.h5")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def command(*words: str | Path) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


FIT = ("surrogate", "fit", "mini.h5", "--model", "random-forest", "--out", "s.npz")


def test_fit_predict_evaluate_and_compare(run) -> None:
    code, out, err = run(*FIT, "--samples", 30)
    assert code == 0, err
    assert "30 architectures" in out
    digest = out.split("digest ")[1].strip()
    code, out, _ = run("surrogate", "predict", "s.npz", CELL)
    assert code == 0
    assert CELL in out
    code, out, _ = run("surrogate", "predict", "s.npz")
    assert code == 0
    assert digest in out
    assert "source_digest" in out
    code, out, err = run("surrogate", "evaluate", "mini.h5", "--surrogate", "s.npz")
    assert code == 0, err
    assert "30, fitted to 30 others" in out
    code, out, err = run(
        *("compare", "s.npz", "mini.h5", "--strategy", "random", "--strategy", "local"),
        *("--seeds", 2, "--evaluations", 10, "--noise", "trial"),
    )
    assert code == 0, err
    assert "s: 2 seeds" in out


def test_the_same_fit_has_the_same_digest(run) -> None:
    assert run(*FIT)[1] == run(*FIT)[1]


def test_scores_are_shown_and_written(run) -> None:
    code, out, err = run(
        *("surrogate", "evaluate", "mini.h5", "--model", "random-forest"),
        *("--encoding", "one-hot", "--encoding", "graph", "--size", 20, "--size", 40),
        *("--splits", 2, "--out", "scores.csv"),
    )
    assert code == 0, err
    assert out.count("random-forest") == 4
    assert "no predictor exceeds an R2 of" in out
    assert len(Path("scores.csv").read_text().splitlines()) == 9


@pytest.mark.parametrize(
    "words, said",
    [
        (("fit", "mini.h5", "--out", "s.npz", "--samples", "999"), "5 to 60"),
        (
            ("fit", "mini.h5", "--out", "s.npz", "--samples", "3"),
            "--samples is 5 to 60 for mini.h5, not 3",
        ),
        (
            ("fit", "mini.h5", "--out", "no/such/../s.npz", "--model", "xgbost"),
            "xgboost",
        ),
        (("fit", "mini.h5", "--out", "s.npz", "--encoding", "one-hit"), "one-hot"),
        (("fit", "none.h5", "--out", "s.npz"), "none.h5"),
        (("evaluate", "mini.h5", "--splits", "0"), "1 or more"),
        (("evaluate", "mini.h5", "--size", "1.5"), "whole number"),
        (("predict", "mini.h5"), "no surrogate"),
        (("predict", "none.npz"), "no surrogate at none.npz"),
    ],
)
def test_wrong_input_is_one_line(run, words, said) -> None:
    code, _, err = run("surrogate", *words)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert said in err
    assert not Path("s.npz").exists()


def test_a_file_of_another_space_is_refused(run) -> None:
    words = ("build", "--space", "topology:2:skip_connect,nor_conv_1x1,none")
    recipe = ("--recipe.epochs=1", "--recipe.batch-size=32", "--recipe.channels=2")
    sizes = (f"--recipe.{s}-images=70" for s in ("train", "valid", "test"))
    code, _, err = run(
        *words, "--task", "digits", "--workers", 1, *recipe, *sizes, "--out", "t.h5"
    )
    assert code == 0, err
    assert run(*FIT)[0] == 0
    code, _, err = run("surrogate", "evaluate", "t.h5", "--surrogate", "s.npz")
    assert code == 2
    assert "a surrogate of cell201-mini" in err
