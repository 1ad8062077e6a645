"""Verification finds every changed number; submissions are checked and verified."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from leaderboards.boards.make_board import Making, make_board
from leaderboards.boards.manifest import Manifest, read_manifest
from leaderboards.boards.pins import write_pins
from leaderboards.boards.published import manifest_of, results_of
from leaderboards.boards.results import read_results
from leaderboards.boards.show import SORTS, lines_of, sparkline
from leaderboards.boards.submit import checked_submission, submit
from leaderboards.boards.verify import Sample, Verdict, verify_board
from nasbench.benchmark import make
from nasbench.errors import NasbenchError

TABLE = "cell201-mini-digits-v1"
TEXT = f"""\
format = 1
title = "A board"
seeds = 3
strategies = ["random", "local"]

[benchmarks]
{TABLE} = ""

[budget]
evaluations = 20
"""
MINE = """\
from strategies import RandomSearch


class Mine(RandomSearch):
    pass
"""
BROKEN = """\
import random

from strategies import RandomSearch


class Mine(RandomSearch):
    def ask(self):
        random.random()
        return super().ask()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``board.toml`` and its results in ``results/board``."""
    root = tmp_path_factory.mktemp("boards")
    (root / "board.toml").write_text(TEXT)
    write_pins(read_manifest(root / "board.toml"))
    make_board(read_manifest(root / "board.toml"), root / "results" / "board")
    return root


@pytest.fixture
def board(made: Path, tmp_path: Path) -> tuple[Manifest, Path]:
    """A copy of the board, to be damaged."""
    shutil.copytree(made, tmp_path / "copy")
    manifest = tmp_path / "copy" / "board.toml"
    return read_manifest(manifest), results_of(str(manifest))


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "my_strategy.py"
    path.write_text(MINE)
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def verified(board: tuple[Manifest, Path], **sample: object) -> Verdict:
    return verify_board(*board, Sample(**sample))  # type: ignore[arg-type]


def test_what_was_made_here_is_verified(board: tuple[Manifest, Path]) -> None:
    assert verified(board) == Verdict(6, 6, (), ())


def test_a_sample_says_that_it_is_one(board: tuple[Manifest, Path]) -> None:
    assert verified(board, seeds=2) == Verdict(4, 6, (), ())
    assert verified(board, strategies=("local",)) == Verdict(3, 6, (), ())
    with pytest.raises(NasbenchError, match="did you mean 'local'"):
        verified(board, strategies=("locl",))
    with pytest.raises(NasbenchError, match="1 to 3, not 4"):
        verified(board, seeds=4)


@pytest.mark.parametrize(
    "name, seen", [("runs/local.csv", True), ("runs/random.csv", False)]
)
def test_every_changed_digit_is_found_if_its_run_is_in_the_sample(
    board: tuple[Manifest, Path], name: str, seen: bool
) -> None:
    path = board[1] / name
    lines = path.read_text().splitlines()
    cells = lines[2].split(",")
    number = cells[13].split()[1]
    cells[13] = cells[13].replace(number, number[:-1] + str((int(number[-1]) + 1) % 10))
    lines[2] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n")
    for sample in ({}, {"strategies": ("local",)}):
        verdict = verified(board, **sample)
        assert bool(verdict.differences) == (seen or not sample)
        if verdict.differences:
            (difference,) = verdict.differences
            assert difference.file == name
            assert difference.place.endswith(
                f"benchmark {TABLE}, seed 1, column at_seconds"
            )
            assert number in difference.here
            assert number not in difference.stored
    assert not verified(board, seeds=1).differences


@pytest.mark.parametrize(
    "name, old, new, place",
    [
        ("manifest.toml", "seeds = 3", "seeds = 3 ", "line 3"),
        ("benchmarks.csv", ",125,", ",126,", f"benchmark {TABLE}, column size"),
        ("architectures.csv", ",0.", ",1.", "column validation_accuracy"),
        ("walks/random.csv", ",5 5", ",5 4", "column trained_epochs"),
        ("runs/random.csv", ",budget,", ",idle,", "column ended"),
        ("runs/random.csv", "\n", "\r\n", "line ends"),
    ],
)
def test_every_file_is_compared(
    board: tuple[Manifest, Path], name: str, old: str, new: str, place: str
) -> None:
    path = board[1] / name
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())
    (difference,) = verified(board).differences
    assert difference.file == name
    assert place in difference.place
    assert difference.stored != difference.here
    assert "\n" not in str(difference)


def test_rows_and_files_that_are_missing_or_too_many_are_found(
    board: tuple[Manifest, Path],
) -> None:
    path = board[1] / "runs" / "local.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    (difference,) = (
        one for one in verified(board).differences if one.file == "runs/local.csv"
    )
    assert (difference.stored, difference.here) == ("2 rows", "3 rows")
    path.write_text("".join(lines))
    (board[1] / "runs" / "extra.csv").write_text("")
    (difference,) = verified(board).differences
    assert difference.file == "runs/extra.csv"


def test_another_environment_is_said_and_is_no_difference(
    board: tuple[Manifest, Path],
) -> None:
    path = board[1] / "environment.json"
    change(path, '"scipy": "', '"scipy": "0.')
    verdict = verified(board)
    assert not verdict.differences
    (sentence,) = verdict.environment
    assert sentence.startswith("scipy 0.")


def test_a_submission_is_added_and_verified_from_its_copy(
    board: tuple[Manifest, Path], mine: Path
) -> None:
    manifest, folder = board
    submission = checked_submission(f"{mine}:Mine", "mine")
    assert not submission.violations
    before = (folder / "runs" / "random.csv").read_bytes()
    assert submit(manifest, folder, submission, Making()).run == ("mine",)
    assert (folder / "runs" / "random.csv").read_bytes() == before
    sha256 = hashlib.sha256(mine.read_bytes()).hexdigest()
    assert sha256 in (folder / "submitted.csv").read_text()
    mine.unlink()
    results = read_results(folder)
    assert [one.name for one in results.entrants] == ["random", "local", "mine"]
    own = results.board[results.board["strategy"] == "mine"]
    random = results.board[results.board["strategy"] == "random"]
    assert own["test_regret"].tolist() == random["test_regret"].tolist()
    assert verified(board) == Verdict(9, 9, (), ())
    assert make_board(manifest, folder).kept == ("random", "local", "mine")
    change(folder / "submitted" / "my_strategy.py", "pass", "pass  # changed")
    with pytest.raises(NasbenchError, match=f"and {sha256} was submitted"):
        verified(board)


def test_a_submission_is_replaced_by_its_next_version(
    board: tuple[Manifest, Path], mine: Path
) -> None:
    manifest, folder = board
    submit(manifest, folder, checked_submission(f"{mine}:Mine"), Making())
    mine.write_text(MINE.replace("RandomSearch", "LocalSearch"))
    submit(manifest, folder, checked_submission(f"{mine}:Mine"), Making())
    runs = read_results(folder).runs.set_index(["strategy", "seed"])["trajectory"]
    assert runs["Mine"].tolist() == runs["local"].tolist()
    assert verified(board) == Verdict(9, 9, (), ())


def test_a_dry_run_writes_nothing(board: tuple[Manifest, Path], mine: Path) -> None:
    before = {path: path.read_bytes() for path in board[1].rglob("*.*")}
    submission = checked_submission(f"{mine}:Mine")
    made = submit(*board, submission, Making(), dry_run=True)
    assert made.run == ("Mine",)
    assert {path: path.read_bytes() for path in board[1].rglob("*.*")} == before


def test_submissions_that_cannot_be_are_refused_in_one_line(
    board: tuple[Manifest, Path], mine: Path
) -> None:
    for text in (f"{mine}", f"{mine}:"):
        with pytest.raises(NasbenchError, match=r"my_strategy\.py:MyStrategy"):
            checked_submission(text)
    with pytest.raises(NasbenchError, match=r"the name '\.\./up' is none"):
        checked_submission(f"{mine}:Mine", "../up")
    with pytest.raises(NasbenchError, match="random is a strategy of board itself"):
        submit(*board, checked_submission(f"{mine}:Mine", "random"), Making())
    with pytest.raises(NasbenchError, match="would both be written"):
        submit(*board, checked_submission(f"{mine}:Mine", "Random"), Making())
    mine.write_text(BROKEN)
    submission = checked_submission(f"{mine}:Mine")
    assert any("random" in sentence for sentence in submission.violations)
    with pytest.raises(NasbenchError, match="breaks the contract"):
        submit(*board, submission, Making())


def test_two_submissions_of_one_file_name_are_told_apart(
    board: tuple[Manifest, Path], mine: Path, tmp_path: Path
) -> None:
    submit(*board, checked_submission(f"{mine}:Mine", "first"), Making())
    other = tmp_path / "elsewhere" / mine.name
    other.parent.mkdir()
    other.write_text(MINE + "\n")
    with pytest.raises(NasbenchError, match=r"another file called my_strategy\.py"):
        submit(*board, checked_submission(f"{other}:Mine", "second"), Making())


def test_lines_are_ordered_as_asked(board: tuple[Manifest, Path]) -> None:
    results = read_results(board[1])
    by_rank = lines_of(results, TABLE, "test_regret")
    assert [line.rank[0] for line in by_rank] == [1, 2]
    final = results.board.groupby(["strategy", "seed"], observed=True).tail(1)
    means = 100 * final.groupby("strategy", observed=True)["test_regret"].mean()
    for line in by_rank:
        assert line.mean[0] == pytest.approx(means[line.strategy])
        assert line.mean[1] <= line.mean[0] <= line.mean[2]
        assert len(line.curve) == 24
    for sort in SORTS:
        assert {line.strategy for line in lines_of(results, TABLE, "test_regret", sort)}
    names = lines_of(results, TABLE, "test_error", "strategy")
    assert [line.strategy for line in names] == ["local", "random"]
    with pytest.raises(NasbenchError, match="did you mean 'rank'"):
        lines_of(results, TABLE, "test_regret", "rnk")


def test_a_sparkline_has_its_ends_at_its_bounds() -> None:
    assert sparkline(np.linspace(0, 1, 8), 0, 1) == "▁▂▃▄▅▆▇█"
    assert sparkline(np.array([2.0, 2.0]), 2, 2) == "▁▁"


def test_the_small_board_that_is_published_is_verified() -> None:
    manifest = read_manifest(manifest_of("ci-small"))
    verdict = verify_board(manifest, results_of("ci-small"))
    assert verdict.runs == verdict.of == 100
    assert not verdict.differences


def test_a_name_that_was_submitted_stays_with_its_class(
    board: tuple[Manifest, Path], mine: Path
) -> None:
    manifest, folder = board
    submit(manifest, folder, checked_submission(f"{mine}:Mine", "mine"), Making())
    other = mine.with_name("other.py")
    other.write_text(MINE.replace("Mine", "Other"))
    before = (folder / "runs" / "mine.csv").read_bytes()
    with pytest.raises(NasbenchError, match=r"mine is the name of Mine.* give --name"):
        submit(manifest, folder, checked_submission(f"{other}:Other", "mine"), Making())
    assert (folder / "runs" / "mine.csv").read_bytes() == before


PEEKS = """
from nasbench.benchmark import make
from strategies import RandomSearch


class Peeks(RandomSearch):
    def __init__(self, context):
        super().__init__(context)
        if self.space.size == {size}:
            make({name!r})
"""


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_submission_that_opens_a_benchmark_of_the_board_is_refused(
    board, tmp_path, dry_run
):
    manifest, folder = board
    (pin, *_) = manifest.benchmarks
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    size = make(pin.id).space.size
    for name, said in (
        (pin.id, "by which it is judged"),
        ("chain-digits-v1", "a benchmark that its inputs() does not declare"),
    ):
        file = tmp_path / "peeks.py"
        file.write_text(PEEKS.format(size=size, name=name))
        submission = checked_submission(f"{file}:Peeks")
        assert not submission.violations
        with pytest.raises(NasbenchError, match=f"{name}.h5, {re.escape(said)}"):
            submit(manifest, folder, submission, Making(), dry_run)
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert after == before
