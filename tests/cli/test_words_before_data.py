"""What is wrong in the words of a long command is said before any image is read."""

from __future__ import annotations

from pathlib import Path

import pytest

import nasbench.tasks
from nasbench.cli import main
from nasbench.errors import NasbenchError
from surrogates.proxies.score_settings import ScoreRequest
from surrogates.scoring.protocol import share_to_test


@pytest.fixture(autouse=True)
def _no_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load_task(*words: object) -> None:
        raise AssertionError(f"images are read: {words}")

    monkeypatch.setattr(nasbench.tasks, "load_task", load_task)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "words, said",
    [
        ("--seeds 0", "at least 1 seed, not 0"),
        ("--seeds 99999999999", "at most 1,000 seeds, not 99,999,999,999"),
        ("--limit 61", "1 to 60 classes, not 61"),
        ("--shard 3/2", "part 3/2"),
        ("--shard a/b", "3/10, not 'a/b'"),
        ("--shard 61/100", "part 61/100 is empty"),
        ("--recipe.epochs 0", "epochs is 0"),
        ("--recipe.learning-rate nan", "learning_rate is nan"),
        ("--out .", "is a folder"),
        ("--out file/t.h5", "file is not a folder"),
        ("--space conv5", "nasbench collect"),
    ],
)
def test_a_build_refuses_its_words_first(words, said, capsys) -> None:
    Path("file").write_text("")
    out = [] if "--out" in words else ["--out", "t.h5"]
    assert main(["build", *words.split(), *out]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert [path.name for path in Path().iterdir()] == ["file"]


@pytest.mark.parametrize(
    "words, said",
    [
        ("--workers 0", "--workers is 1 or more, not 0"),
        ("--recipe.epochs 0", "epochs is 0"),
        ("--out there.npz", "there.npz: it is there already"),
        ("--out s.h5", "has to end in .npz"),
        ("--out there.npz/s.npz", "there.npz is not a folder"),
    ],
)
def test_a_collection_refuses_its_words_first(words, said, capsys) -> None:
    Path("there.npz").write_text("kept")
    out = [] if "--out" in words else ["--out", "s.npz"]
    assert main(["collect", "--space", "conv5", *words.split(), *out]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert Path("there.npz").read_text() == "kept"


@pytest.mark.parametrize("seeds", [0, -1, 1001, 10**12])
def test_proxies_have_a_number_of_seeds_that_fits_the_memory(seeds) -> None:
    with pytest.raises(NasbenchError, match=f"seed.*not {seeds:,}"):
        ScoreRequest(seeds=seeds)


def test_scores_need_two_samples_to_test_on() -> None:
    assert [share_to_test(count, 1000) for count in (10, 14, 4999, 9999)] == [
        2,
        2,
        999,
        1000,
    ]
    with pytest.raises(NasbenchError, match=r"10 samples or more.*not 9"):
        share_to_test(9, 1000)
