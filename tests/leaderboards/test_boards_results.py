"""Results of boards are exact, can be made again, and are read without a benchmark."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nasbench
from leaderboards import ChosenStrategy, rank_board, run_all, tabulate
from leaderboards.boards import make_board as making_module
from leaderboards.boards.judged_runs import Arena
from leaderboards.boards.make_board import Made, Making, make_board
from leaderboards.boards.manifest import Manifest, read_manifest
from leaderboards.boards.pins import write_pins
from leaderboards.boards.results import Results, read_results
from leaderboards.curves import anytime_curves
from leaderboards.fronts.front_table import front_table
from leaderboards.fronts.pareto import ExactFront, hypervolume_curve
from nasbench.errors import NasbenchError

TABLE = "cell201-mini-digits-v1"
TEXT = f"""\
format = 1
title = "A board"
seeds = 3
strategies = ["random", "evolution(population_size=10)", "hyperband"]

[benchmarks]
{TABLE} = ""

[budget]
evaluations = 20
"""
NOT_COMPARED = {"provenance.json"}

Build = Callable[..., Manifest]


@pytest.fixture
def manifest(tmp_path: Path) -> Build:
    def build(text: str = TEXT) -> Manifest:
        path = tmp_path / "board.toml"
        path.write_text(text)
        write_pins(read_manifest(path))
        return read_manifest(path)

    return build


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in NOT_COMPARED
    }


def tabulated(manifest: Manifest, results: Results) -> pd.DataFrame:
    """Return what `compare` makes of the same runs, reduced to the same rows."""
    table = nasbench.make(TABLE)
    strategies = {text: ChosenStrategy(text) for text in manifest.strategies}
    runs = run_all(strategies, [table], manifest.settings, manifest.seeds)
    board = tabulate(runs, [table], manifest.settings.constraints)
    keys = ["benchmark", "strategy", "seed"]
    groups = board.groupby(keys, sort=False, observed=True)
    before = groups["incumbent"].shift()
    codes = board["incumbent"]
    changed = codes.notna() & ((codes != before) | before.isna())
    last = ~board.duplicated(keys, keep="last")
    own = [name for name in results.board.columns if name in board.columns]
    return board[changed | last][own].reset_index(drop=True)


@pytest.mark.parametrize(
    "rules",
    [
        "",
        "[rules]\nworkers = 4\nnoise = 'trial'\nrepeats = 'free'\n",
        "[rules]\nconstraints = ['flops<=1.2M']\n",
    ],
)
def test_the_frame_is_what_compare_returns_at_every_step(
    manifest: Build, tmp_path: Path, rules: str
) -> None:
    made = manifest(TEXT + rules)
    make_board(made, tmp_path / "out")
    results = read_results(tmp_path / "out")
    expected = tabulated(made, results)
    found = results.board
    assert list(found.columns) == list(expected.columns)
    for column in found:
        pd.testing.assert_series_equal(
            found[column],
            expected[column],
            check_categorical=False,
            check_exact=True,
            check_dtype=column not in ("benchmark", "strategy", "incumbent"),
        )
    rng = np.random.default_rng
    ranking = rank_board(found, rng(0))
    pd.testing.assert_frame_equal(ranking, rank_board(expected, rng(0)))
    curves = anytime_curves(found, TABLE, rng(0))
    assert set(curves.points) == set(made.strategies)


def test_the_board_of_several_objectives_has_the_shares_of_the_front(
    manifest: Build, tmp_path: Path
) -> None:
    made = manifest(
        TEXT.replace('"evolution(population_size=10)", "hyperband"', '"nsga2"')
        + "[rules]\nobjectives = ['accuracy', 'flops']\n"
    )
    make_board(made, tmp_path / "out")
    results = read_results(tmp_path / "out")
    table = nasbench.make(TABLE)
    strategies = {text: ChosenStrategy(text) for text in made.strategies}
    runs = run_all(strategies, [table], made.settings, made.seeds)
    exact = ExactFront.of(table, made.settings.objectives)
    for run in runs:
        curve = hypervolume_curve(run, table, exact)
        own = results.board.query(
            f"strategy == '{run.strategy}' and seed == {run.seed}"
        )
        assert own["hypervolume"].tolist() == curve[own["evaluations"] - 1].tolist()
        assert set(np.flatnonzero(np.diff(curve)) + 2) <= set(own["evaluations"])
        assert own["evaluations"].iloc[-1] == len(run)
    expected = front_table(runs, table, made.settings)
    assert results.fronts["flops"].tolist() == expected["flops"].tolist()
    accuracies = results.fronts["validation_accuracy"].tolist()
    assert accuracies == expected["validation_accuracy"].tolist()


def test_the_walks_are_all_evaluations_of_the_first_seed(
    manifest: Build, tmp_path: Path
) -> None:
    made = manifest()
    make_board(made, tmp_path / "out")
    results = read_results(tmp_path / "out")
    table = nasbench.make(TABLE)
    for text in made.strategies:
        (run,) = run_all({text: ChosenStrategy(text)}, [table], made.settings, 1)
        own = results.walks[results.walks["strategy"] == text]
        space = table.space
        walked = [space.architecture_at(i) for i in own["architecture"]]
        assert walked == [tuple(row) for row in run.architectures.tolist()]
        assert own["trained_epochs"].tolist() == run.epochs.tolist()
        assert own["evaluation"].tolist() == list(range(1, 21))


def test_two_runs_write_the_same_bytes_whatever_the_jobs(
    manifest: Build, tmp_path: Path
) -> None:
    made = manifest()
    for name, jobs in (("a", 1), ("b", 2)):
        make_board(made, tmp_path / name, Making(jobs))
    first, second = bytes_of(tmp_path / "a"), bytes_of(tmp_path / "b")
    assert first == second
    assert set(first) == {
        "manifest.toml",
        "benchmarks.csv",
        "architectures.csv",
        "environment.json",
        *(
            f"{kind}/{name}.csv"
            for kind in ("runs", "walks")
            for name in ("random", "evolution-population_size-10", "hyperband")
        ),
    }
    assert {path.name for path in tmp_path.iterdir()} == {"board.toml", "a", "b"}


def test_equal_inputs_are_kept_and_others_are_run_again(
    manifest: Build, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    made = manifest()
    assert make_board(made, out).kept == ()
    assert make_board(made, out) == Made(out, (), made.strategies)
    more = manifest(TEXT.replace('"random", ', '"random", "local", '))
    again = make_board(more, out)
    assert again.run == ("local",)
    damaged = out / "runs" / "random.csv"
    damaged.write_text(damaged.read_text().replace("random", "rondom", 1))
    assert make_board(more, out).run == ("random",)
    longer = manifest(TEXT.replace("= 20", "= 21"))
    assert make_board(longer, out).run == made.strategies
    assert not (out / "runs" / "local.csv").exists()
    assert read_results(out).board["evaluations"].max() == 21


def test_other_code_runs_everything_again(
    manifest: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = manifest()
    make_board(made, tmp_path / "out")
    monkeypatch.setattr(making_module, "sources_sha256", lambda: "other code")
    assert make_board(made, tmp_path / "out").kept == ()


def test_an_interrupted_board_leaves_the_old_one_and_goes_on(
    manifest: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    make_board(manifest(TEXT.replace("= 20", "= 10")), out)
    before = bytes_of(out)
    made = manifest()
    whole = Arena.run

    def interrupted(self, entrant, *rest):
        if entrant.name == "hyperband":
            raise KeyboardInterrupt
        return whole(self, entrant, *rest)

    monkeypatch.setattr(Arena, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_board(made, out)
    assert bytes_of(out) == before
    monkeypatch.undo()
    again = make_board(made, out)
    assert again.run == ("hyperband",)
    make_board(made, tmp_path / "fresh")
    assert bytes_of(out) == bytes_of(tmp_path / "fresh")


def test_a_board_that_vanished_between_two_renames_is_found_again(
    manifest: Build, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    made = manifest()
    make_board(made, out)
    out.rename(tmp_path / ".out.replaced")
    assert make_board(made, out).run == ()


def test_results_are_read_where_no_benchmark_is(
    manifest: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = manifest()
    make_board(made, tmp_path / "out")
    moved = tmp_path / "moved"
    shutil.move(tmp_path / "out", moved)
    monkeypatch.setattr("nasbench.benchmark.make", None)
    results = read_results(moved)
    assert results.name == "moved"
    assert [one.name for one in results.entrants] == list(made.strategies)
    assert results.environment["numpy"] == np.__version__


def test_a_folder_of_something_else_is_left_alone(
    manifest: Build, tmp_path: Path
) -> None:
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter-1.txt").write_text("much work")
    with pytest.raises(NasbenchError, match="holds no board; choose another"):
        make_board(manifest(), out)
    assert (out / "chapter-1.txt").exists()


@pytest.mark.parametrize(
    "name, change, part",
    [
        ("manifest.toml", None, "holds no board"),
        ("runs/random.csv", None, "runs/random.csv"),
        ("runs/random.csv", lambda text: text[: len(text) // 2], "damaged"),
        ("runs/random.csv", lambda text: text.rpartition("random")[0], "8 runs"),
        ("architectures.csv", lambda text: text.partition("\n")[0] + "\n", "damaged"),
        ("benchmarks.csv", lambda text: text.replace(",125,", ",many,"), "damaged"),
    ],
)
def test_damaged_results_are_one_line(
    manifest: Build, tmp_path: Path, name: str, change, part: str
) -> None:
    out = tmp_path / "out"
    make_board(manifest(), out)
    path = out / name
    text = path.read_text()
    path.unlink() if change is None else path.write_text(change(text))
    with pytest.raises(NasbenchError) as caught:
        read_results(out)
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_strategies_that_refuse_the_rules_are_named_before_any_run(
    manifest: Build, tmp_path: Path
) -> None:
    made = manifest(TEXT + "[rules]\nobjectives = ['accuracy', 'flops']\n")
    with pytest.raises(NasbenchError, match=r"strategy evolution.* one objective"):
        make_board(made, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_strategies_of_one_file_name_are_refused(
    manifest: Build, tmp_path: Path
) -> None:
    made = manifest(TEXT.replace('"hyperband"', '"evolution(population_size = 10)"'))
    with pytest.raises(NasbenchError, match="would both be written"):
        make_board(made, tmp_path / "out")


def test_a_trajectory_digest_covers_every_number(
    manifest: Build, tmp_path: Path
) -> None:
    made = manifest()
    make_board(made, tmp_path / "out")
    runs = read_results(tmp_path / "out").runs
    assert runs["trajectory"].is_unique
    assert runs["trajectory"].str.fullmatch("[0-9a-f]{16}").all()
    content = (tmp_path / "out" / "manifest.toml").read_bytes()
    assert hashlib.sha256(content).digest() == (
        hashlib.sha256(made.path.read_bytes()).digest()
    )
