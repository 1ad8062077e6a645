"""Builds on many machines, as a user types them: engines, shards, merging, Dask."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from nasbench.cli import main
from tabular import Table
from tabular.provenance import runs

SPACE = ("--space", "topology:3:none,skip_connect,nor_conv_1x1", "--task", "digits")
RECIPE = [
    *("--recipe.epochs=2", "--recipe.batch-size=32", "--recipe.channels=2"),
    *("--recipe.train-images=96", "--recipe.valid-images=80"),
    "--recipe.test-images=70",
]
BUILD = ("build", *SPACE, *RECIPE)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


Said = tuple[int, str, str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def command(*words: object) -> Said:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def done(run):
    def command(*words: object) -> str:
        code, out, err = run(*words)
        assert code == 0, err
        return out

    return command


def refused(said: Said, *parts: str) -> None:
    code, out, err = said
    assert code == 2, (out, err)
    last = err.strip().splitlines()[-1]
    assert last.startswith("nasbench: ")
    for part in parts:
        assert part in last


def test_shards_are_merged_to_the_table_of_one_machine(run, done) -> None:
    done(*BUILD, "--seeds=2", "--workers=1", "--out=whole.h5")
    for part in (1, 2, 3):
        words = (*BUILD, "--seeds=2", "--workers=1", f"--shard={part}/3")
        done(*words, f"--out={part}.h5")
    out = done("merge", "1.h5", "3.h5", "--out", "merged.h5")
    assert "partial: 6 of 18 trials are missing (seed 0: 3, seed 1: 3)" in out
    out = done("merge", "merged.h5", "2.h5", "--out", "merged.h5")
    assert "partial" not in out
    assert f"digest {Table.open('whole.h5').digest}" in out
    # Three builds and two merges.
    assert len(runs(Table.open("merged.h5").provenance)) == 5


def test_the_engine_is_chosen_and_a_fallback_is_said(
    run, done, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (*BUILD, "--workers=1")
    for engine in ("fused", "torch"):
        code, _, err = run(*words, "--engine", engine, "--out", f"{engine}.h5")
        assert code == 0
        assert "engine" not in err
        assert Table.open(f"{engine}.h5").identity.engine.engine == engine
    refused(
        run(*words, "--engine=fused", "--out=torch.h5", "--seeds=2"),
        "engine.engine fused, not torch",
    )
    code, _, err = run(*words, "--out=torch.h5", "--seeds=2")
    assert "engine: torch, because torch.h5 was begun with it" in err
    monkeypatch.setattr(
        "nasbench.training.fused.engine.why_not",
        lambda space, task, recipe: "it is Tuesday",
    )
    code, _, err = run(*words, "--out", "t.h5")
    assert code == 0
    assert err.splitlines()[0] == "engine: torch, because it is Tuesday"
    refused(run(*words, "--engine=fused", "--out=f.h5"), "Tuesday")
    code, out, _ = run("verify", "fused.h5", "--retrain=1")
    assert code == 0
    assert "another engine" in out


@pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="Dask comes with the extra `cluster`",
)
def test_a_build_on_dask_has_the_same_digest(run, done) -> None:
    whole = done(*BUILD, "--workers=1", "--out=whole.h5")
    code, out, err = run(*BUILD, "--scheduler=local", "--workers=1", "--out=dask.h5")
    assert code == 0, err
    assert out.splitlines()[-1] == whole.splitlines()[-1]
    assert "waiting for a worker of Dask scheduler local" in err
    assert len(err.splitlines()) <= 2 + 9


def test_words_that_do_not_fit_are_refused(run) -> None:
    refused(run(*BUILD, "--out=t.h5", "--engine=fusd"), "--engine", "fused")
    for part in ("0/2", "3/2", "x"):
        refused(run(*BUILD, "--out=t.h5", "--shard", part), part)
    refused(run(*BUILD, "--out=t.h5", "--scheduler=nowhere.json"), "nowhere.json")
    address = "--scheduler=tcp://127.0.0.1:9"
    refused(run(*BUILD, "--out=t.h5", address, "--workers=2"), "--workers")
    refused(run("merge", "nowhere.h5", "--out=t.h5"), "nowhere.h5")
    refused(run("merge", "--out=t.h5"), "no trial to merge")
    refused(run("merge", "nowhere.h5"), "--out")
    assert not list(Path.cwd().iterdir())
