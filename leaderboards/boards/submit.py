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
from nasbench.errors import NasbenchError
from nasbench.testing import check_strategy

NAME = re.compile(r"[\w][\w.()=, -]{0,59}")
FORM = "my_strategy.py:MyStrategy"


@dataclass(frozen=True)
class Submission:
    """A strategy that asks to be on a board.

    Attributes:
        entrant: Its name, where it is from, and a checksum.
        violations: A sentence for everything in which it breaks the contract.
    """

    entrant: Entrant
    violations: Sequence[str]


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
    entrant = _in_file(text, name) if is_file else installed_entrant(text, name)
    if not NAME.fullmatch(entrant.name):
        raise NasbenchError(
            f"the name {entrant.name!r} is none for a board; take up to 60 letters, "
            "digits, and any of ._-()=, after a letter or digit"
        )
    return Submission(entrant, check_strategy(entrant.factory()))


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

    Args:
        manifest: What fixes the board.
        folder: Its results.
        submission: What `checked_submission` returned.
        making: Jobs and progress.
        dry_run: Run it, and write nothing.

    Raises:
        NasbenchError: It breaks the contract, has the name of another strategy or of
            another class that was submitted, there are no results, or a run fails.
    """
    entrant = submission.entrant
    if submission.violations:
        raise NasbenchError(
            f"{entrant.name} breaks the contract of strategies in "
            f"{len(submission.violations)} ways: {submission.violations[0]}"
        )
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
    if not dry_run:
        return make_board(manifest, folder, replace(making, submissions=[entrant]))
    arena = Arena(manifest, open_benchmarks(manifest))
    arena.check([entrant])
    total = manifest.seeds * len(arena.benchmarks)

    def step(done: int) -> None:
        if making.report is not None:
            making.report(done, total, entrant.name)

    arena.run(entrant, manifest.seeds, making.jobs, step)
    return Made(folder, (entrant.name,), tuple(one.name for one in others))


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
