"""The first board, 25 strategies on three tables, takes minutes and not hours."""

from __future__ import annotations

from time import process_time

import pytest

from leaderboards.boards.entrants import Entrant
from leaderboards.boards.judged_runs import Arena
from leaderboards.boards.manifest import read_manifest
from leaderboards.boards.pins import open_benchmarks
from leaderboards.boards.published import manifest_of

SEEDS, TABLES, CORES = 100, 3, 4
SECONDS = 180


@pytest.mark.slow
def test_the_board_by_evaluations_takes_under_three_minutes_on_four_cores() -> None:
    manifest = read_manifest(manifest_of("evaluations"))
    assert len(manifest.strategies) >= 25
    (first, *_) = open_benchmarks(manifest)
    arena = Arena(manifest, [first])
    seconds = 0.0
    for text in manifest.strategies:
        entrant = Entrant(text, text)
        arena.run(entrant, 1, 1)  # what is remembered from run to run
        began = process_time()
        arena.run(entrant, 4, 1)
        seconds += (process_time() - began) / 4
    assert seconds * SEEDS * TABLES / CORES < SECONDS
