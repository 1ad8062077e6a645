"""The results of a board, read from its folder alone: no benchmark is opened."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from leaderboards.boards.entrants import Entrant, entrants
from leaderboards.boards.frames import (
    architectures_frame,
    benchmarks_frame,
    board_frame,
    fronts_frame,
    runs_frame,
    walks_frame,
)
from leaderboards.boards.judged import ARCHITECTURE_COLUMNS, BENCHMARK_COLUMNS, rows_of
from leaderboards.boards.manifest import Manifest, parse_manifest
from leaderboards.boards.replays import replayed_searches
from leaderboards.boards.rows import RUN_COLUMNS, WALK_COLUMNS, Row
from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Results:
    """What was found on a board.

    Attributes:
        folder: Where it was read.
        manifest: What fixed it; its path is that of the copy in the folder.
        name: Name of the board.
        entrants: The strategies in their order, with what was submitted.
        environment: Versions and instruction set.
        board: One row per step of an incumbent (of a front too, where there are
            several objectives), and one for the end of every run. The columns are
            benchmark, strategy, seed, evaluations, epochs, seconds, incumbent,
            incumbent_validation_accuracy, incumbent_test_accuracy, validation_regret
            and test_regret of `leaderboards.columns.BOARD`, and with several
            objectives hypervolume, the share of the exact front's in [0, 1]. Where
            runs replay one recorded search also search, the seed of the first run
            that replays the same.
        runs: One row per run: strategy, benchmark, seed, ended, evaluations, epochs,
            seconds, charged_seconds, thinking_seconds, free_repeats, trajectory.
        benchmarks: One row per benchmark, as ``benchmarks.csv``.
        architectures: One row per architecture that was an incumbent or on a front:
            benchmark, architecture (index), text, and its numbers, means over seeds.
        walks: All evaluations of the runs that are kept whole: strategy, benchmark,
            seed, evaluation (from 1), architecture (index), trained_epochs.
        fronts: The front of every run: strategy, benchmark, seed, architecture
            (index), and one column per objective; no rows with one objective.
    """

    folder: Path
    manifest: Manifest
    name: str
    entrants: tuple[Entrant, ...]
    environment: Mapping[str, str]
    board: pd.DataFrame
    runs: pd.DataFrame
    benchmarks: pd.DataFrame
    architectures: pd.DataFrame
    walks: pd.DataFrame
    fronts: pd.DataFrame


def read_results(folder: Path) -> Results:
    """Return the results of a folder that `nasbench board run` wrote.

    Raises:
        NasbenchError: A file is missing or damaged; the files are named.
    """
    manifest = parse_manifest(
        read_part(folder, "manifest.toml").decode(), folder / "manifest.toml"
    )
    found = entrants(manifest, folder)
    rows = [row for one in found for row in strategy_rows(folder, one)]
    _check_complete(folder, manifest, found, rows)
    walks = [
        row
        for one in found
        for row in _table(folder, f"walks/{one.file_name}.csv", WALK_COLUMNS)
    ]
    judged = _table(folder, "benchmarks.csv", BENCHMARK_COLUMNS)
    seen = _table(folder, "architectures.csv", ARCHITECTURE_COLUMNS)
    objectives = [one.column for one in manifest.settings.objectives]
    try:
        searches = replayed_searches(rows, found, manifest)
        benchmarks, architectures = benchmarks_frame(judged), architectures_frame(seen)
        return Results(
            folder=folder,
            manifest=manifest,
            name=folder.resolve().name,
            entrants=tuple(found),
            environment=json.loads(read_part(folder, "environment.json")),
            board=board_frame(rows, benchmarks, architectures, searches),
            runs=runs_frame(rows),
            benchmarks=benchmarks,
            architectures=architectures,
            walks=walks_frame(walks),
            fronts=fronts_frame(rows, architectures, objectives),
        )
    except (ValueError, KeyError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise NasbenchError(
            f"the results in {folder} are damaged: {reason}; make them again by "
            "`nasbench board run`"
        ) from error


def read_part(folder: Path, name: str) -> bytes:
    """Return a file of a results folder.

    Raises:
        NasbenchError: It is not there.
    """
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise NasbenchError(
            f"{folder} holds no board: {name}: {error.strerror or error}; `nasbench "
            "board run MANIFEST` makes one"
        ) from error


def strategy_rows(folder: Path, entrant: Entrant) -> list[Row]:
    """Return the rows of a strategy's runs.

    Raises:
        NasbenchError: The file is missing, or lacks a column.
    """
    return _table(folder, f"runs/{entrant.file_name}.csv", RUN_COLUMNS)


def _table(folder: Path, name: str, columns: Sequence[str]) -> list[Row]:
    try:
        rows = rows_of(read_part(folder, name))
    except UnicodeDecodeError as error:
        raise NasbenchError(f"{folder / name} is damaged: {error}") from error
    for row in rows:
        cells = (row.get(column) for column in columns)
        if None in row or any(cell is None for cell in cells):
            raise NasbenchError(
                f"{folder / name} is damaged: it needs the columns {','.join(columns)}"
            )
    return rows


def _check_complete(
    folder: Path, manifest: Manifest, found: Sequence[Entrant], rows: Sequence[Row]
) -> None:
    """Refuse a board whose runs are not those of its manifest."""
    expected = len(found) * len(manifest.benchmarks) * manifest.seeds
    keys = {(row["strategy"], row["benchmark"], row["seed"]) for row in rows}
    if len(rows) != expected or len(keys) != expected:
        raise NasbenchError(
            f"{folder} holds {len(rows)} runs, and its manifest asks for {expected}; "
            "make them again by `nasbench board run`"
        )
