"""Run a board again, and compare it with its results bit for bit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leaderboards.boards.entrants import Entrant, entrants
from leaderboards.boards.environment import environment
from leaderboards.boards.installed import changes
from leaderboards.boards.judged import architectures_csv, benchmarks_csv, rows_of
from leaderboards.boards.judged_runs import Arena
from leaderboards.boards.manifest import Manifest
from leaderboards.boards.pins import open_benchmarks
from leaderboards.boards.results import read_part
from leaderboards.boards.rows import Row
from nasbench.errors import NasbenchError, unknown

SHOWN = 60
"""Letters of a value that a difference shows."""


@dataclass(frozen=True)
class Difference:
    """The first place in which a file is not what it is when made again.

    Attributes:
        file: Its path in the results folder.
        place: Row and column, as a reader would name them.
        stored: What the file holds there.
        here: What was found now.
    """

    file: str
    place: str
    stored: str
    here: str

    def __str__(self) -> str:
        return (
            f"{self.file}, {self.place}: the results say {self.stored}, run again it "
            f"is {self.here}"
        )


@dataclass(frozen=True)
class Sample:
    """Which part of a board is run again; by default all of it.

    Attributes:
        strategies: Their names; none stands for all.
        seeds: How many, from seed 0; None for all.
    """

    strategies: tuple[str, ...] = ()
    seeds: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What a verification found.

    Attributes:
        runs: How many were run again.
        of: How many the board has.
        differences: The first of every file.
        environment: What is not as it was when the results were made, in words.
    """

    runs: int
    of: int
    differences: tuple[Difference, ...]
    environment: tuple[str, ...]


def verify_board(
    manifest: Manifest,
    folder: Path,
    sample: Sample | None = None,
    jobs: int = 1,
    report: Callable[[int, int, str], None] | None = None,
) -> Verdict:
    """Run a board again and compare it with the results in a folder.

    Args:
        manifest: What fixes the board.
        folder: Its results.
        sample: Which part to run; None for all.
        jobs: Processes that share the runs.
        report: Is told the runs that are done, the runs in all, and the strategy.

    Raises:
        NasbenchError: There are no results, the sample names what is not there, the
            benchmarks are not the pinned ones, or a run fails.
    """
    sample = sample or Sample()
    found = entrants(manifest, folder)
    chosen = _chosen(found, sample)
    seeds = manifest.seeds if sample.seeds is None else sample.seeds
    if not 1 <= seeds <= manifest.seeds:
        raise NasbenchError(
            f"the board has {manifest.seeds} seeds; --seeds is 1 to {manifest.seeds}, "
            f"not {seeds}"
        )
    other_code = tuple(changes(chosen))
    arena = Arena(manifest, open_benchmarks(manifest))
    differences = [
        *_compare_text(folder, "manifest.toml", manifest.path.read_bytes()),
        *_compare_rest(found, arena, folder),
    ]
    each = seeds * len(arena.benchmarks)
    for number, entrant in enumerate(chosen):

        def step(done: int, number: int = number, entrant: Entrant = entrant) -> None:
            if report is not None:
                report(number * each + done, len(chosen) * each, entrant.name)

        files = arena.run(entrant, seeds, jobs, step)
        for name, content in files.contents(entrant.file_name).items():
            differences += _compare_rows(folder, name, content, seeds)
    of = len(found) * manifest.seeds * len(arena.benchmarks)
    changed = (*_environment_changes(folder), *other_code)
    return Verdict(len(chosen) * each, of, tuple(differences), changed)


def _chosen(found: Sequence[Entrant], sample: Sample) -> list[Entrant]:
    names = [one.name for one in found]
    for name in sample.strategies:
        if name not in names:
            raise NasbenchError(unknown("strategy of the board", name, names))
    return [
        one for one in found if not sample.strategies or one.name in sample.strategies
    ]


def _compare_rest(
    found: Sequence[Entrant], arena: Arena, folder: Path
) -> Iterator[Difference]:
    """Compare what is made of the benchmarks and of the stored rows."""
    manifest, benchmarks = arena.manifest, arena.benchmarks
    made = benchmarks_csv(manifest, benchmarks)
    yield from _compare_rows(folder, "benchmarks.csv", made)
    rows = [
        row
        for one in found
        for row in rows_of(read_part(folder, f"runs/{one.file_name}.csv"))
    ]
    made = architectures_csv(manifest, benchmarks, rows)
    yield from _compare_rows(folder, "architectures.csv", made)
    expected = {f"{one.file_name}.csv" for one in found}
    for kind in ("runs", "walks"):
        for path in sorted((folder / kind).iterdir()):
            if path.name not in expected:
                yield Difference(
                    f"{kind}/{path.name}", "the file", "there", "not there"
                )


def _compare_text(folder: Path, name: str, here: bytes) -> Iterator[Difference]:
    stored = read_part(folder, name)
    if stored == here:
        return
    lines = stored.decode("utf-8", "replace").splitlines()
    others = here.decode("utf-8", "replace").splitlines()
    for number in range(max(len(lines), len(others))):
        pair = [one[number] if number < len(one) else None for one in (lines, others)]
        if pair[0] != pair[1]:
            yield Difference(name, f"line {number + 1}", *map(_shown, pair))
            return
    yield Difference(name, "line ends", f"{len(stored)} bytes", f"{len(here)} bytes")


def _compare_rows(
    folder: Path, name: str, here: bytes, seeds: int | None = None
) -> Iterator[Difference]:
    """Compare a CSV file; of a run file the rows of the first seeds."""
    stored = read_part(folder, name)
    if stored == here:
        return
    rows, others = rows_of(stored), rows_of(here)
    if seeds is not None:
        rows = [row for row in rows if _seed(row) < seeds]
    for row, other in zip(rows, others, strict=False):
        for column in dict.fromkeys((*row, *other)):
            if row.get(column) != other.get(column):
                pair = _first_difference(row.get(column), other.get(column))
                yield Difference(name, f"{_named(other)}, column {column}", *pair)
                return
    if len(rows) != len(others):
        pair = (f"{len(rows)} rows", f"{len(others)} rows")
        yield Difference(name, "number of rows", *pair)
    elif seeds is None or len(rows) == len(rows_of(stored)):
        yield from _compare_text(folder, name, here)


def _first_difference(stored: str | None, here: str | None) -> tuple[str, str]:
    """Return two values; of long lists the part from the first difference on."""
    words, others = (stored or "").split(" "), (here or "").split(" ")
    if stored is None or here is None or max(len(words), len(others)) < 2:
        return _shown(stored), _shown(here)
    pairs = zip(words, others, strict=False)
    same = next((i for i, (a, b) in enumerate(pairs) if a != b), None)
    start = min(len(words), len(others)) if same is None else same
    return (
        _shown(" ".join(words[start:]), start),
        _shown(" ".join(others[start:]), start),
    )


def _shown(value: str | None, skipped: int = 0) -> str:
    if value is None:
        return "nothing"
    cut = value if len(value) <= SHOWN else value[:SHOWN] + "..."
    return repr(f"... {cut}" if skipped else cut)


def _named(row: Row) -> str:
    """Return what a reader would call a row."""
    keys = ("strategy", "benchmark", "architecture", "seed")
    return ", ".join(f"{key} {row[key]}" for key in keys if key in row)


def _seed(row: Row) -> int:
    text = row.get("seed") or ""
    return int(text) if text.isdecimal() else -1  # a damaged row is compared


def _environment_changes(folder: Path) -> Iterator[str]:
    """Yield what is not as it was, for who wonders about a difference."""
    try:
        stored = dict(json.loads(read_part(folder, "environment.json")))
    except (ValueError, TypeError) as error:
        raise NasbenchError(
            f"{folder / 'environment.json'} is damaged: {error}"
        ) from error
    here = environment()
    for name in dict.fromkeys((*stored, *here)):
        if stored.get(name) != here.get(name):
            yield f"{name} {stored.get(name, '-')} then, {here.get(name, '-')} now"
