"""Statistics and page of 25 strategies, 100 seeds and 3 tables take seconds."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd
import pytest

from leaderboards.site import SiteBoard, write_site
from tabular import Table

STRATEGIES, SEEDS, TABLES, EVALUATIONS = 25, 100, 3, 200
SECONDS = 20
SHIPPED = Path(str(files("tabular") / "data" / "cell201-cifar10x8-v1.h5"))


def runs_on(table, name, strategy, rng):
    """Return the rows of runs that draw the better of ever more architectures."""
    space, size = table.space, table.space.size
    drawn = rng.integers(size, size=(SEEDS, EVALUATIONS, 1 + strategy % 5))
    known = {s: table.accuracies(np.arange(size), s) for s in ("validation", "test")}
    best = {split: np.nanmax(values) for split, values in known.items()}
    values = known["validation"]
    chosen = np.take_along_axis(drawn, values[drawn].argmax(axis=2)[..., None], axis=2)[
        ..., 0
    ]
    reached = np.maximum.accumulate(values[chosen], axis=1)
    new = np.diff(reached, axis=1, prepend=-1) > 0
    at = np.maximum.accumulate(np.where(new, np.arange(EVALUATIONS), 0), axis=1)
    new[:, -1] = True
    seed, step = np.nonzero(new)
    incumbent = chosen[seed, at[seed, step]]
    texts = [space.format(space.architecture_at(int(one))) for one in incumbent]
    columns = {
        "benchmark": name,
        "strategy": f"strategy-{strategy}",
        "seed": seed,
        "evaluations": step + 1,
        "epochs": 6 * (step + 1),
        "seconds": 4.6 * (step + 1),
        "incumbent": texts,
    }
    for split, accuracies in known.items():
        columns[f"incumbent_{split}_accuracy"] = accuracies[incumbent]
        columns[f"{split}_regret"] = best[split] - accuracies[incumbent]
    walk = {
        "strategy": f"strategy-{strategy}",
        "benchmark": name,
        "seed": 0,
        "architecture": [
            space.format(space.architecture_at(int(one))) for one in chosen[0]
        ],
        "trained_epochs": 6,
    }
    return pd.DataFrame(columns), pd.DataFrame(walk)


def large_site(folder):
    """Return a board as large as those that are published."""
    benchmarks, boards, walks = {}, [], []
    for number in range(TABLES):
        path = folder / f"table-{number}.h5"
        shutil.copy(SHIPPED, path)
        table = Table.open(path)
        benchmarks[table.name] = table
        for strategy in range(STRATEGIES):
            rng = np.random.default_rng([number, strategy])
            board, walk = runs_on(table, table.name, strategy, rng)
            boards.append(board)
            walks.append(walk)
    assert len(benchmarks) == TABLES
    kept = dict.fromkeys(("benchmark", "strategy", "incumbent"), "category")
    return SiteBoard(
        title="As large as a board gets",
        board=pd.concat(boards, ignore_index=True).astype(kept),
        walks=pd.concat(walks, ignore_index=True),
        unit="evaluations",
        benchmarks=benchmarks,
        baseline="strategy-0",
    )


@pytest.mark.slow
def test_statistics_and_page_of_a_large_board_take_under_twenty_seconds(tmp_path):
    site = large_site(tmp_path)
    began = process_time()
    write_site(site, tmp_path / "site")
    assert process_time() - began < SECONDS
