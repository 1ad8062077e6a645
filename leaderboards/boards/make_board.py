"""Make the results of a board: all at once, or what an interruption left over."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from leaderboards.boards.entrants import (
    SUBMITTED,
    Entrant,
    check_names,
    entrants,
    submitted_csv,
)
from leaderboards.boards.environment import (
    environment,
    environment_json,
    sources_sha256,
)
from leaderboards.boards.installed import as_installed
from leaderboards.boards.judged import architectures_csv, benchmarks_csv, rows_of
from leaderboards.boards.judged_runs import Arena
from leaderboards.boards.manifest import FORMAT, Manifest
from leaderboards.boards.pins import open_benchmarks
from leaderboards.boards.staging import Staging
from nasbench.errors import NasbenchError
from tabular.provenance import this_run

Report = Callable[[int, int, str], None]
"""Is called with the runs that are done, the runs in all, and the strategy."""


@dataclass(frozen=True)
class Making:
    """How a board is made; none of it moves a number.

    Attributes:
        jobs: Processes that share the runs.
        report: Is told as runs end.
        command: What to write down as the way the results were made.
        submissions: Strategies of the user's to add.
    """

    jobs: int = 1
    report: Report | None = None
    command: str = ""
    submissions: Sequence[Entrant] = field(default=())


@dataclass(frozen=True)
class Made:
    """What was done.

    Attributes:
        folder: Where the results are.
        run: Strategies that were run.
        kept: Strategies whose results stood already, from equal inputs.
    """

    folder: Path
    run: tuple[str, ...]
    kept: tuple[str, ...]


def make_board(manifest: Manifest, folder: Path, making: Making | None = None) -> Made:
    """Write the results of a board into a folder, which is replaced as a whole.

    Until all is there, the folder stays as it was. A strategy that an earlier call,
    interrupted or not, ran from equal inputs and by equal code is not run again.

    Args:
        manifest: What fixes the board.
        folder: The results folder.
        making: Jobs, progress, submissions.

    Raises:
        NasbenchError: The benchmarks are not the pinned ones, a strategy does not
            take the rules, a run fails, or the folder cannot be written.
    """
    making = making or Making()
    if making.jobs < 1:
        raise NasbenchError(f"a board needs at least 1 job, not {making.jobs}")
    new = {one.name for one in making.submissions}
    all_of_them = [one for one in entrants(manifest, folder) if one.name not in new]
    all_of_them = as_installed([*all_of_them, *making.submissions])
    check_names(all_of_them)
    arena = Arena(manifest, open_benchmarks(manifest))
    arena.check(all_of_them)
    with Staging(folder) as staging:
        kept = _run_or_keep(all_of_them, arena, staging, making)
        _write_rest(all_of_them, arena, staging)
        staging.finish(this_run(making.command))
    return Made(
        folder,
        tuple(one.name for one in all_of_them if one.name not in kept),
        tuple(kept),
    )


def _run_or_keep(
    found: Sequence[Entrant], arena: Arena, staging: Staging, making: Making
) -> list[str]:
    """Run what has no results of equal inputs; return the names of the others."""
    manifest = arena.manifest
    each = manifest.seeds * len(arena.benchmarks)
    kept = []
    for number, entrant in enumerate(found):
        made_from = fingerprint(manifest, entrant)
        if staging.keep(entrant, made_from):
            kept.append(entrant.name)
            _tell(making, (number + 1) * each, len(found) * each, entrant)
            continue
        began = perf_counter()

        def step(done: int, number: int = number, entrant: Entrant = entrant) -> None:
            _tell(making, number * each + done, len(found) * each, entrant)

        files = arena.run(entrant, manifest.seeds, making.jobs, step)
        staging.add(
            entrant,
            files.contents(entrant.file_name),
            {"inputs": made_from, "seconds": f"{perf_counter() - began:.1f}"},
        )
    return kept


def _tell(making: Making, done: int, total: int, entrant: Entrant) -> None:
    if making.report is not None:
        making.report(done, total, entrant.name)


def _write_rest(found: Sequence[Entrant], arena: Arena, staging: Staging) -> None:
    """Write what is made of all strategies, and of the manifest."""
    manifest, benchmarks = arena.manifest, arena.benchmarks
    rows = [
        row
        for one in found
        for row in rows_of((staging.place / f"runs/{one.file_name}.csv").read_bytes())
    ]
    contents = {
        "manifest.toml": manifest.path.read_bytes(),
        "benchmarks.csv": benchmarks_csv(manifest, benchmarks),
        "architectures.csv": architectures_csv(manifest, benchmarks, rows),
        "environment.json": environment_json(),
    }
    handed_in = [one for one in found if one.is_submitted]
    if handed_in:
        contents["submitted.csv"] = submitted_csv(handed_in)
    for file in (one.file for one in handed_in if one.file is not None):
        (staging.place / SUBMITTED).mkdir(exist_ok=True)
        shutil.copyfile(file, staging.place / SUBMITTED / file.name)
    staging.write(contents)


def fingerprint(manifest: Manifest, entrant: Entrant) -> str:
    """Return a SHA-256 over all that decides the rows of a strategy."""
    text = entrant.text
    if entrant.file is not None:
        text = text.removeprefix(f"{entrant.file}:")
    inputs: dict[str, Any] = {
        "format": FORMAT,
        "benchmarks": [asdict(pin) for pin in manifest.benchmarks],
        "settings": asdict(manifest.settings),
        "proxies": manifest.proxies,
        "seeds": manifest.seeds,
        "walks": manifest.walks,
        "strategy": [entrant.name, text, entrant.sha256],
        "environment": environment(),
        "code": sources_sha256(),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
