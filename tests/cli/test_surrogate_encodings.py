"""``nasbench surrogate`` with encodings: checked before any fit, and fed by proxies."""

from __future__ import annotations

import os
import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from nasbench.cli import main
from nasbench.networks import Skeleton
from nasbench.spaces import make_space
from surrogates.benchmark import SurrogateBenchmark
from surrogates.encodings import proxy_features
from surrogates.encodings.proxy_features import published_features
from tabular import Table
from tabular.importers import import_csv
from tabular.importers.mapping import parse_mapping
from tabular.proxy_columns import COMPLETE, ProxyColumns
from tabular.schema import TableFile, write_table

CELL = "|nor_conv_3x3~0|+|skip_connect~0|avg_pool_3x3~1|"
QUICK = ("--model", "random-forest")

SCORES = """
name = "published scores"
space = "cell201-mini"
task = "t"
epochs = 1
source = "s"
licence = "l"
protocol = "p"
[architecture]
column = "cell"
[[metric]]
column = "nwot"
quantity = "score"
unit = "1"
name = "nwot"
"""


@pytest.fixture(autouse=True)
def _own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_table_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(small_table_path, tmp_path / "mini.h5")


@pytest.fixture
def scored() -> Path:
    """Write a copy of the table whose proxy `truth` is its accuracy, `none` nothing."""
    path = Path("scored.h5")
    contents, table = TableFile(Path("mini.h5")).contents(), Table.open("mini.h5")
    first = table.read("classes/representative")
    accuracy = table.accuracies(first)[:, None]
    whole = np.ones(accuracy.shape)
    proxies = {
        name: ProxyColumns(
            seeds=(0,),
            score=score,
            status=np.full(score.shape, COMPLETE, np.uint8),
            seconds=whole.astype(np.float32),
            provenance={"summary": name},
        )
        for name, score in (("truth", 1000 * accuracy), ("none", whole))
    }
    write_table(replace(contents, proxies=proxies), path)
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def command(*words: str | Path) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def refused(result: tuple[int, str, str]) -> str:
    code, out, err = result
    assert code == 2, err
    assert out == ""
    assert len(err.strip().splitlines()) == 1, err
    return err


def test_every_encoding_is_checked_before_the_first_fit(run) -> None:
    err = refused(
        run(
            *("surrogate", "evaluate", "mini.h5", *QUICK, "--encoding", "one-hot"),
            *("--encoding", "one-hit", "--encoding", "graph+canonical-proxies"),
            *("--encoding", "pth"),
        )
    )
    assert "'one-hit'; did you mean" in err
    assert "unknown encoding 'pth'" in err
    assert "'graph+canonical-proxies' is not defined on cell201-mini" in err
    assert "cell201-mini has one-hot, options, path" in err
    assert "fits" not in err


def test_every_model_is_checked_before_the_first_fit(run) -> None:
    words = ("surrogate", "evaluate", "mini.h5", *QUICK, "--model", "xgbost")
    assert "did you mean 'xgboost'" in refused(run(*words))


def test_what_is_named_twice_is_fitted_once(run) -> None:
    twice = ("--encoding", "one-hot", "--size", 20) * 2
    code, _, err = run(
        *("surrogate", "evaluate", "mini.h5", *QUICK, *QUICK, *twice),
        *("--splits", 2, "--out", "new/scores.csv"),
    )
    assert code == 0, err
    assert len(Path("new/scores.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    "words, said",
    [
        (("fit", "mini.h5", "--out", "s.h5"), "s.h5 has another ending"),
        (("fit", "mini.h5", "--out", "s.npz", "--seed", "-1"), "0 or more, not -1"),
        (
            (
                "evaluate",
                "mini.h5",
                "--surrogate",
                "x.npz",
                "--size",
                "9",
                "--out",
                "c",
            ),
            "leave out --out, --size",
        ),
        (
            ("evaluate", "mini.h5", "--leave-origin-out", "--leaking"),
            "leave out --leaking",
        ),
        (("evaluate", "mini.h5", "--out", "mini.h5/x.csv"), "mini.h5 is not a folder"),
        (("evaluate", "mini.h5", "--out", "pipe"), "pipe: it is no ordinary file"),
        (("evaluate", "mini.h5", "--encoding", "proxies"), "mini.h5 holds no proxies"),
        (
            ("evaluate", "mini.h5", "--encoding", "graph", "--proxy", "nwot"),
            "--encoding graph+proxies",
        ),
        (
            ("fit", "mini.h5", "--proxies-from", "scored.h5", "--out", "s.npz"),
            "graph+proxies",
        ),
    ],
)
def test_what_does_not_go_together_is_one_line(run, words, said) -> None:
    os.mkfifo("pipe")
    assert said in refused(run("surrogate", *words))
    assert Path("pipe").is_fifo()
    assert not list(Path().glob("s.*"))


def test_a_surrogate_reads_the_proxies_of_its_table(run, scored) -> None:
    code, out, err = run(
        *("surrogate", "evaluate", scored, *QUICK, "--size", 40, "--splits", 3),
        *("--encoding", "one-hot", "--encoding", "proxies", "--out", "scores.csv"),
    )
    assert code == 0, err
    rows = [line.split() for line in out.splitlines() if "random-forest" in line]
    kendall = {row[1]: float(row[3]) for row in rows}
    assert kendall["proxies"] > max(0.8, kendall["one-hot"])


def test_a_fitted_file_holds_the_scores_it_needs(run, scored) -> None:
    code, _, err = run(
        *("surrogate", "fit", scored, *QUICK, "--encoding", "graph+proxies"),
        *("--samples", 20, "--out", "new/p.npz"),
    )
    assert code == 0, err
    scored.unlink()
    held = SurrogateBenchmark.open("new/p.npz")
    assert held.parts.facts["proxies"] == "none, truth of scored.h5"
    known = {tuple(row) for row in held.parts.trained.tolist()}
    table = Table.open("mini.h5")
    fresh = [
        cell
        for cell in map(held.space.architecture_at, range(held.space.size))
        if cell not in known
    ]
    predicted = [held.evaluate(cell).validation_accuracy for cell in fresh]
    truth = [table.mean_accuracy(cell, "validation") for cell in fresh]
    assert np.corrcoef(predicted, truth)[0, 1] > 0.8
    code, out, _ = run("surrogate", "predict", "new/p.npz", CELL)
    assert code == 0
    assert CELL in out


def test_proxies_of_another_table_are_read(run, scored) -> None:
    fit = ("surrogate", "fit", "mini.h5", *QUICK, "--encoding", "proxies")
    code, _, err = run(
        *fit, "--proxies-from", scored, "--proxy", "truth", "--out=p.npz"
    )
    assert code == 0, err
    assert SurrogateBenchmark.open("p.npz").parts.facts["proxies"] == (
        "truth of scored.h5"
    )
    err = refused(run(*fit, "--proxies-from", scored, "--proxy", "trut", "--out=q.npz"))
    assert "unknown proxy 'trut'; did you mean 'truth'?" in err
    err = refused(
        run(*fit, "--proxies-from", scored, *("--proxy", "none") * 2, "--out=q.npz")
    )
    assert "named twice" in err


def test_published_scores_are_means_over_the_members_of_a_class(run) -> None:
    table = Table.open("mini.h5")
    space = table.space
    rows = [
        f"{space.format(space.architecture_at(index))},{index % 7}"
        for index in range(0, space.size, 2)
    ]
    Path("scores.csv").write_text("\n".join(["cell,nwot", *rows]))
    held = import_csv(
        Path("scores.csv"), parse_mapping(SCORES, "scores.toml"), Path("scores.h5")
    )
    features = published_features(held)
    assert features.columns == ("nwot",)
    numbers = space.classes.class_of
    for number in range(len(space.classes)):
        members = [i for i in np.flatnonzero(numbers == number) if i % 2 == 0]
        expected = np.mean([i % 7 for i in members]) if members else np.nan
        np.testing.assert_allclose(features.values[number, 0], expected)
    code, _, err = run(
        *("surrogate", "fit", "mini.h5", *QUICK, "--encoding", "graph+proxies"),
        *("--proxies-from", "scores.h5", "--out", "p.npz"),
    )
    assert code == 0, err
    err = refused(
        run("surrogate", "evaluate", "scores.h5", "--encoding", "proxies", *QUICK)
    )
    assert "holds no complete training" in err or "scores" in err


def test_features_of_another_space_are_refused(run, scored) -> None:
    features = proxy_features(Table.open(scored))
    assert "those of cell201-mini" in str(features.is_defined_on(make_space("cell201")))


def test_info_of_a_surrogate_shows_its_facts(run) -> None:
    fit = ("surrogate", "fit", "mini.h5", *QUICK, "--encoding", "one-hot")
    assert run(*fit, "--out", "s.npz")[0] == 0
    code, out, err = run("info", "s.npz")
    assert code == 0, err
    assert "fitted to" in out
    assert "surrogate card" in refused(run("info", "s.npz", "--card"))


def test_a_part_of_a_published_table_with_a_skeleton_is_enough(run) -> None:
    """Costs of what has no row are counted, and the fit is not lost when saved."""
    space = Table.open("mini.h5").space
    rows = [f"{space.format(cell)},{60 + sum(cell)}" for cell in space]
    head = SCORES.partition("[[metric]]")[0]
    frame = [field.name for field in fields(Skeleton)]
    text = f"{head}\n[skeleton]\n" + "\n".join(f"{name} = 4" for name in frame)
    metric = 'column = "acc"\nquantity = "accuracy"\nsplit = "validation"\n'
    text += f'\n[[metric]]\n{metric}epochs = 1\nunit = "%"\n'
    Path("part.csv").write_text("\n".join(["cell,acc", *rows[::2]]))
    import_csv(Path("part.csv"), parse_mapping(text, "m"), Path("sub/part.h5"))
    fit = ("surrogate", "fit", "sub/part.h5", *QUICK, "--encoding", "one-hot")
    code, _, err = run(*fit, "--out", "p.npz")
    assert code == 0, err
    held = SurrogateBenchmark.open("p.npz")
    assert held.cost_model((4, 4, 3)).parameters > 0
