"""``--data``: prepared tasks on the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from image_files import pair

from nasbench.cli import main
from nasbench.tasks import loading
from nasbench.tasks.cifar10_averaged import CIFAR10, averaged
from tabular import Table

BUILD = [
    *("build", "--space", "topology:2:skip_connect,nor_conv_1x1", "--workers", "1"),
    *("--recipe.epochs=1", "--recipe.batch-size=32", "--recipe.channels=2"),
    *("--engine=torch", "--out", "table.h5"),
]


def write_originals(folder: str, seed: int) -> None:
    Path(folder).mkdir()
    train, test = (pair(n, (16, 16, 3), 10, seed + n) for n in (200, 60))
    np.savez(
        Path(folder) / "set.npz",
        x_train=train[0],
        y_train=train[1],
        x_test=test[0],
        y_test=test[1],
    )


@pytest.fixture(autouse=True)
def _two_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let cifar10x8 be made of small files, and go where two such folders are."""
    few = replace(CIFAR10, train=(20,) * 10, test=(6,) * 10)
    small = replace(averaged(8), originals=few, train=160, valid=40)
    monkeypatch.setitem(loading.PREPARED, "cifar10x8", small)
    monkeypatch.chdir(tmp_path)
    write_originals("mine", seed=0)
    write_originals("theirs", seed=9)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]):
    def run(*words: str) -> tuple[int, str]:
        code = main(list(words))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def test_a_table_of_a_prepared_task_is_built_and_verified_with_its_files(said) -> None:
    code, text = said(*BUILD, "--task", "cifar10x8", "--data", "mine")
    assert code == 0, text
    table = Table.open(Path("table.h5"))
    assert table.identity.task == "cifar10x8"
    assert "as given, 16x16, averaged to 8x8" in table.identity.task_source
    # The name of the task stands in the table.
    code, text = said("verify", "table.h5", "--retrain", "1", "--data", "mine")
    assert code == 0, text
    assert "1 of 1 equal bit for bit" in text
    code, text = said("verify", "table.h5", "--retrain", "1")
    assert code == 2
    assert "--data FOLDER" in text
    code, text = said("verify", "table.h5", "--retrain", "1", "--data", "theirs")
    assert code == 2
    assert table.identity.task_fingerprint[:12] in text
    code, text = said("verify", "table.h5", "--data", "mine")
    assert code == 2
    assert "--retrain" in text


def test_a_build_without_the_files_says_what_to_give(said) -> None:
    code, text = said(*BUILD, "--task", "cifar10x8")
    assert code == 2
    assert "CIFAR-10 (Krizhevsky, 2009)" in text
    assert "--data FOLDER" in text


def test_a_build_of_another_task_takes_no_data(said) -> None:
    code, text = said(*BUILD, "--task", "digits", "--data", "mine")
    assert code == 2
    assert "digits takes no data folder (mine)" in text
    assert not Path("table.h5").exists()
