"""Installed strategies are submitted by their entry points; runs are kept as asked."""

from __future__ import annotations

import importlib
import sys

import pytest

from leaderboards.boards.make_board import Making, make_board
from leaderboards.boards.manifest import read_manifest
from leaderboards.boards.pins import write_pins
from leaderboards.boards.results import read_results
from leaderboards.boards.submit import checked_submission, submit
from leaderboards.boards.verify import Verdict, verify_board
from leaderboards.site.from_results import site_of_results
from leaderboards.site.walk_data import walks_data, with_accuracies
from nasbench.errors import NasbenchError

TEXT = """\
format = 1
title = "A board"
seeds = 3
walks = 2
strategies = ["random", "local"]

[benchmarks]
cell201-mini-digits-v1 = ""

[budget]
evaluations = 15
"""
MODULE = """\
from strategies import RegularizedEvolution


class Own(RegularizedEvolution):
    def __init__(self, context, population_size=4):
        sizes = {"population_size": population_size, "tournament_size": 2}
        super().__init__(context, **sizes)
"""
NAME = "own-strategy-of-a-test"


def install(root, version, module=MODULE):
    """Put a distribution with an entry point where Python finds it."""
    for old in root.glob("*.dist-info"):
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    info = root / f"own_strategies-{version}.dist-info"
    info.mkdir(parents=True)
    (root / "own_strategies_of_a_test.py").write_text(module)
    told = f"Metadata-Version: 2.1\nName: own-strategies\nVersion: {version}\n"
    (info / "METADATA").write_text(told)
    points = f"[nasbench.strategies]\n{NAME} = own_strategies_of_a_test:Own\n"
    (info / "entry_points.txt").write_text(points)
    sys.modules.pop("own_strategies_of_a_test", None)
    importlib.invalidate_caches()


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A manifest and its results, with an installed strategy beside."""
    install(tmp_path / "site", "1.0")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    path = tmp_path / "board.toml"
    path.write_text(TEXT)
    write_pins(read_manifest(path))
    manifest, folder = read_manifest(path), tmp_path / "results" / "board"
    make_board(manifest, folder)
    yield manifest, folder
    sys.modules.pop("own_strategies_of_a_test", None)


def test_an_installed_strategy_is_submitted_shown_and_verified(board, tmp_path):
    manifest, folder = board
    submission = checked_submission(f"{NAME}(population_size=5)", "own")
    assert not submission.violations
    assert submission.entrant.distribution == "own-strategies==1.0"
    made = submit(manifest, folder, submission, Making())
    assert (made.run, made.kept) == (("own",), ("random", "local"))
    listed = (folder / "submitted.csv").read_text().splitlines()[1]
    assert listed.startswith(f"own,{NAME}(population_size=5),own-strategies==1.0,")
    assert not (folder / "submitted").exists()
    assert verify_board(manifest, folder) == Verdict(9, 9, (), ())
    assert make_board(manifest, folder).run == ()
    # A newer version is run again; results are read even where none is installed.
    newer = MODULE.replace('size": 2', 'size": 3')
    install(tmp_path / "site", "1.1", newer)
    verdict = verify_board(manifest, folder)
    assert {one.file for one in verdict.differences} == {"runs/own.csv"} | {
        one.file for one in verdict.differences if one.file.startswith("walks/")
    }
    assert verdict.environment == (
        "own: own-strategies==1.0 then, own-strategies==1.1 now",
    )
    assert make_board(manifest, folder).run == ("own",)
    assert "own-strategies==1.1" in (folder / "submitted.csv").read_text()
    (tmp_path / "site" / "own_strategies-1.1.dist-info" / "entry_points.txt").unlink()
    importlib.invalidate_caches()
    results = read_results(folder)
    assert [one.name for one in results.entrants] == ["random", "local", "own"]
    sources = dict(site_of_results(results).sources)
    assert (
        f"{NAME}(population_size=5) of own-strategies==1.1" in sources["Strategy own"]
    )
    with pytest.raises(NasbenchError, match=r"own-strategies==1\.1, which has to be"):
        verify_board(manifest, folder)


def test_what_cannot_be_submitted_is_refused_in_one_line(board):
    with pytest.raises(NasbenchError, match="own-strategy-of-a-tst"):
        checked_submission("own-strategy-of-a-tst")
    with pytest.raises(NasbenchError, match="populationsize"):
        checked_submission(f"{NAME}(populationsize=5)")
    with pytest.raises(NasbenchError, match="random is a strategy of board itself"):
        submit(*board, checked_submission("random"), Making())


def test_as_many_runs_are_kept_whole_as_the_manifest_says(board):
    manifest, folder = board
    results = read_results(folder)
    assert sorted(results.walks["seed"].unique()) == [0, 1]
    site = site_of_results(results)
    own = site.walks[site.walks["strategy"] == "local"]
    rows = site.board[site.board["strategy"] == "local"]
    own = with_accuracies(own, site.benchmarks)
    (walk,) = walks_data(own, rows, site.benchmarks)
    assert [run["whole"] for run in walk["runs"]] == [True, True, False]
    assert [len(run["steps"]) for run in walk["runs"]][:2] == [15, 15]
    text = manifest.path.read_text()
    manifest.path.write_text(text.replace("walks = 2", "walks = 4"))
    with pytest.raises(NasbenchError, match="walks is 4; expected 3 at most"):
        read_manifest(manifest.path)
