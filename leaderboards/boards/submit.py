"""Add a strategy of one's own to a board: checked, and run under its rules."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from leaderboards.boards.entrants import Entrant, check_names, entrants
from leaderboards.boards.installed import installed_entrant
from leaderboards.boards.judged_runs import Arena
from leaderboards.boards.make_board import Made, Making, make_board
from leaderboards.boards.manifest import Manifest
from leaderboards.boards.pins import open_benchmarks
from leaderboards.boards.results import read_part
from leaderboards.chosen_strategy import ChosenStrategy
from leaderboards.runner.experiment import Experiment
from leaderboards.runner.opened_files import opened_files
from leaderboards.runner.strategy_check import peeks
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError
from nasbench.testing import check_strategy
from surrogates.proxies.sources import proxy_source

NAME = re.compile(r"[\w][\w.()=, -]{0,59}")
FORM = "my_strategy.py:MyStrategy"


@dataclass(frozen=True)
class Submission:
    """A strategy that asks to be on a board.

    Attributes:
        entrant: Its name, where it is from, and a checksum.
        violations: A sentence for everything in which it breaks the contract.
        opened: Names of all files that were opened when it was loaded and checked.
    """

    entrant: Entrant
    violations: Sequence[str]
    opened: frozenset[str] = frozenset()


def checked_submission(text: str, name: str | None = None) -> Submission:
    """Return a strategy in a file or an installed one, and what the contract says.

    Args:
        text: ``path/to/file.py:ClassName``, or the name of an entry point; settings in
            parentheses if wanted.
        name: What the board is to show; None takes the class or the entry point with
            its settings.

    Raises:
        NasbenchError: There is no such file, class or entry point, or the name is none.
    """
    is_file = ".py" in text.partition("(")[0]
    with opened_files() as opened:
        entrant = _in_file(text, name) if is_file else installed_entrant(text, name)
        if not NAME.fullmatch(entrant.name):
            raise NasbenchError(
                f"the name {entrant.name!r} is none for a board; take up to 60 "
                "letters, digits, and any of ._-()=, after a letter or digit"
            )
        violations = check_strategy(entrant.factory())
    return Submission(entrant, violations, frozenset(opened))


def _in_file(text: str, name: str | None) -> Entrant:
    path, colon, class_name = text.partition(".py:")
    file = Path(f"{path}.py")
    if not colon or not class_name:
        raise NasbenchError(
            f"{text!r} is no strategy in a file; write {FORM}, or the name of an "
            "installed strategy"
        )
    factory = ChosenStrategy(f"{file}:{class_name}")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    return Entrant(class_name if name is None else name, factory.text, file, sha256)


def submit(
    manifest: Manifest,
    folder: Path,
    submission: Submission,
    making: Making,
    dry_run: bool = False,
) -> Made:
    """Run a submission under the rules of a board, and add its rows.

    A file is copied into the results, so that `verify_board` can run it again; of an
    installed strategy the results name the distribution, its version, and the SHA-256
    of the module. The same class, submitted earlier under the same name, is replaced.
    Before anything is run for the board, a run on every benchmark of it is watched for
    the files that the strategy opens.

    Args:
        manifest: What fixes the board.
        folder: Its results.
        submission: What `checked_submission` returned.
        making: Jobs and progress.
        dry_run: Run it, and write nothing.

    Raises:
        NasbenchError: It breaks the contract, opens a benchmark that its inputs do not
            declare, has the name of another strategy or of
            another class that was submitted, there are no results, or a run fails.
    """
    entrant = submission.entrant
    _refuse(entrant, submission.violations)
    if entrant.name in manifest.strategies:
        raise NasbenchError(
            f"{entrant.name} is a strategy of {manifest.name} itself; give --name"
        )
    if read_part(folder, "manifest.toml") != manifest.path.read_bytes():
        raise NasbenchError(
            f"{folder} holds the results of another version of {manifest.path}; "
            "`nasbench board run` makes them anew"
        )
    there = entrants(manifest, folder)
    _check_replaced(entrant, there)
    others = [e for e in there if e.name != entrant.name]
    _check_file(entrant, others)
    check_names([*others, entrant])
    benchmarks = open_benchmarks(manifest)
    _refuse(entrant, _peeking(submission, manifest, benchmarks))
    if not dry_run:
        return make_board(manifest, folder, replace(making, submissions=[entrant]))
    arena = Arena(manifest, benchmarks)
    arena.check([entrant])
    total = manifest.seeds * len(arena.benchmarks)

    def step(done: int) -> None:
        if making.report is not None:
            making.report(done, total, entrant.name)

    arena.run(entrant, manifest.seeds, making.jobs, step)
    return Made(folder, (entrant.name,), tuple(one.name for one in others))


def _refuse(entrant: Entrant, violations: Sequence[str]) -> None:
    if violations:
        ways = "1 way" if len(violations) == 1 else f"{len(violations)} ways"
        raise NasbenchError(
            f"{entrant.name} breaks the contract of strategies in {ways}: "
            f"{violations[0]}"
        )


def _peeking(
    submission: Submission, manifest: Manifest, benchmarks: Sequence[Benchmark]
) -> list[str]:
    """Return what a run on each benchmark of the board opens of the answers."""
    found: list[str] = []
    entrant = submission.entrant
    factory = entrant.factory()
    for one in benchmarks:
        proxies = proxy_source(one) if manifest.proxies else None
        experiment = Experiment(
            factory, one, manifest.settings, 0, entrant.name, proxies
        )
        try:
            found += peeks(experiment, submission.opened)
        except NasbenchError as error:
            raise NasbenchError(f"strategy {entrant.name}: {error}") from error
    return list(dict.fromkeys(found))


def _check_replaced(entrant: Entrant, there: Sequence[Entrant]) -> None:
    """Refuse the name of another class; the next version of one replaces it."""
    own = _class_of(entrant)
    for one in there:
        if one.name == entrant.name and _class_of(one) != own:
            raise NasbenchError(
                f"{one.name} is the name of {_class_of(one)}, which was submitted "
                f"earlier, and not of {own}; give --name"
            )


def _class_of(entrant: Entrant) -> str:
    """Return the class in a file, or the installed name with its settings."""
    return entrant.text.rpartition(".py:")[2]


def _check_file(entrant: Entrant, others: Sequence[Entrant]) -> None:
    """Refuse a file name that another submission has with other contents."""
    for one in others:
        if one.file is None or entrant.file is None:
            continue
        if one.file.name == entrant.file.name and one.sha256 != entrant.sha256:
            raise NasbenchError(
                f"{one.name} was submitted in another file called {one.file.name}; "
                "rename yours"
            )
