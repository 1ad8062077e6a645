"""``nasbench board``: boards from manifests, run, verified, shown and submitted to."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from leaderboards.boards.make_board import Making, make_board
from leaderboards.boards.manifest import Manifest, metric_of, read_manifest
from leaderboards.boards.pins import write_pins
from leaderboards.boards.published import board_names, manifest_of, results_of
from leaderboards.boards.results import Results, read_results
from leaderboards.boards.show import Line, lines_of
from leaderboards.boards.submit import checked_submission, submit
from leaderboards.boards.verify import Sample, Verdict, verify_board
from leaderboards.searches import told_repeats
from nasbench.cli.options import OptionalWhole, Whole
from nasbench.cli.terminal import errors, output, print_columns, progress_bar
from nasbench.errors import NasbenchError


def run_command(manifest: str, /, *, jobs: Whole = 1, out: Path | None = None) -> None:
    """Run the strategies of a manifest, and write the results of the board.

    What an interrupted call has finished is kept, where manifest, code and libraries
    are the same.

    Args:
        manifest: A manifest, or the name of a published board.
        jobs: Processes that share the runs; any number gives the same bytes.
        out: Folder of the results; by default results/NAME beside the manifest.
    """
    read, folder = _board(manifest, out)
    with progress_bar("runs") as step:
        made = make_board(read, folder, Making(jobs, step, _command()))
    _print_made(folder, made.run, made.kept)
    print_board(read_results(folder))


def verify_command(
    manifest: str,
    /,
    *,
    strategy: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    seeds: OptionalWhole = None,
    jobs: Whole = 1,
    out: Path | None = None,
) -> None:
    """Run a board again and compare it bit for bit; exit status 1 if it differs.

    Args:
        manifest: A manifest, or the name of a published board.
        strategy: Run only this strategy of it; may be repeated.
        seeds: Run only so many seeds, from 0 on.
        jobs: Processes that share the runs.
        out: Folder of the results; by default results/NAME beside the manifest.
    """
    read, folder = _board(manifest, out)
    with progress_bar("runs") as step:
        verdict = verify_board(read, folder, Sample(strategy, seeds), jobs, step)
    for difference in verdict.differences:
        output.print(str(difference))
    _print_verdict(read.name, verdict)
    if verdict.differences:
        raise SystemExit(1)


def show_command(
    board: str,
    /,
    *,
    sort: str = "rank",
    metric: str | None = None,
    out: Path | None = None,
) -> None:
    """Show a board out of its results; nothing is run.

    Args:
        board: Name of a published board, a manifest, or a folder of results.
        sort: By rank, mean, median, iqm, improvement or strategy.
        metric: What to rank by, instead of the manifest's first metric.
        out: Folder of the results; by default results/NAME beside the manifest.
    """
    folder = out or results_of(board)
    results = read_results(folder)
    path = Path(board)
    if path.is_file() and path.read_bytes() != (folder / "manifest.toml").read_bytes():
        errors.print(
            f"{folder} holds the results of another version of {board}; "
            "`nasbench board run` makes them anew"
        )
    print_board(results, sort, metric)


def submit_command(
    manifest: str,
    strategy: str,
    /,
    *,
    name: str | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    jobs: Whole = 1,
    out: Path | None = None,
) -> None:
    """Check a strategy of your own, run it under the rules of a board, and add it.

    Args:
        manifest: A manifest, or the name of a published board.
        strategy: FILE.py:CLASS, or the name of an installed strategy (an entry point of
            the group nasbench.strategies); settings in parentheses if wanted.
        name: What the board shows; by default the class, or the installed name.
        dry_run: Check and run it, but write nothing.
        jobs: Processes that share the runs.
        out: Folder of the results; by default results/NAME beside the manifest.
    """
    read, folder = _board(manifest, out)
    submission = checked_submission(strategy, name)
    for sentence in submission.violations:
        output.print(sentence)
    making = Making(jobs, command=_command())
    with progress_bar("runs") as step:
        making = Making(jobs, step, _command())
        made = submit(read, folder, submission, making, dry_run)
    if dry_run:
        shown = submission.entrant.name
        output.print(f"{shown} keeps the contract and the rules; nothing was written")
        return
    _print_made(folder, made.run, made.kept)
    print_board(read_results(folder))


def pin_command(*manifest: str) -> None:
    """Write the digests of the installed benchmarks into manifests.

    Args:
        manifest: Manifests, or names of published boards.
    """
    if not manifest:
        raise NasbenchError("give a manifest, or the name of a published board")
    for one in manifest:
        read = read_manifest(manifest_of(one))
        changed = write_pins(read)
        names = ", ".join(pin.id for pin in changed) or "nothing"
        output.print(f"{read.path}: pinned {names}")


def list_command() -> None:
    """List the published boards, and whether their results are here."""
    rows = []
    for name in board_names():
        read = read_manifest(manifest_of(name))
        there = (results_of(name) / "manifest.toml").exists()
        runs = len(read.strategies) * len(read.benchmarks) * read.seeds
        rows.append((name, read.title, f"{runs:,}", "yes" if there else "no"))
    print_columns(("board", "title", "runs", "results"), rows, numbers_from=2)


def print_board(
    results: Results, sort: str = "rank", metric: str | None = None
) -> None:
    """Print a board: on every benchmark one line per strategy."""
    manifest = results.manifest
    budget = manifest.settings.budget
    chosen = manifest.metrics[0] if metric is None else metric_of(metric, manifest)
    output.print(f"{manifest.title}: {budget.amount:,g} {budget.unit}")
    repeats = list(told_repeats(results.board))
    for benchmark in results.benchmarks["benchmark"]:
        lines = lines_of(results, benchmark, chosen, sort)
        output.print()
        output.print(f"{benchmark}: {manifest.seeds} seeds, 95 % intervals")
        what = chosen.replace("_", " ")
        if chosen == "hypervolume":
            what = "missing hypervolume"
        print_columns(
            (
                "strategy",
                *(["searches"] if repeats else []),
                "rank",
                f"{what}, points",
                "median",
                "IQM",
                f"better than {manifest.baseline}",
                "over the budget",
            ),
            [_cells(line, bool(repeats)) for line in lines],
        )
    for line in repeats:
        errors.print(line)


def _cells(line: Line, repeats: bool) -> Sequence[str]:
    better = "-" if line.improvement != line.improvement else f"{line.improvement:.2f}"
    rank = f"{line.rank[0]:g} [{line.rank[1]:g}, {line.rank[2]:g}]"
    mark = " *" if line.searches < line.runs else ""
    return (
        line.strategy,
        *([f"{line.searches}{mark}"] if repeats else []),
        rank if line.rank[1] == line.rank[1] else f"{line.rank[0]:g} [unknown]",
        _interval(line.mean),
        _interval(line.median),
        _interval(line.iqm),
        better,
        line.curve,
    )


def _interval(triple: tuple[float, float, float]) -> str:
    value, low, high = triple
    known = low == low or value != value
    bounds = f"[{low:.3f}, {high:.3f}]" if known else "[unknown]"
    return f"{value:.3f} {bounds}"


def _board(manifest: str, out: Path | None) -> tuple[Manifest, Path]:
    read = read_manifest(manifest_of(manifest))
    if out == Path():
        raise NasbenchError("--out is the current folder; give one for the board")
    return read, out or results_of(manifest)


def _print_made(folder: Path, run: Sequence[str], kept: Sequence[str]) -> None:
    stood = f", kept {len(kept)} that stood from equal inputs" if kept else ""
    output.print(f"{folder}: ran {len(run)} strategies{stood}")


def _print_verdict(name: str, verdict: Verdict) -> None:
    part = "all" if verdict.runs == verdict.of else f"a sample of {verdict.runs:,} of"
    state = "DIFFERENT" if verdict.differences else "equal to the last bit"
    output.print(f"{name}: {state}; {part} {verdict.of:,} runs were run again")
    if verdict.environment:
        errors.print("made elsewhere: " + "; ".join(verdict.environment))


def _command() -> str:
    return shlex.join(["nasbench", *sys.argv[1:]])
