"""How the commands write: facts as aligned pairs, progress as a bar or as lines."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
)
from rich.table import Table

output = Console(soft_wrap=True, highlight=False, markup=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)

LINE_SECONDS = 10
"""Where there is no terminal, progress is a line every so many seconds."""


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print pairs of name and value, names padded to one width."""
    pairs = list(facts)
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        output.print(f"{name:<{width}}  {value}")


def print_columns(
    headings: Iterable[str], rows: Iterable[Iterable[str]], numbers_from: int = 1
) -> None:
    """Print a table; columns from `numbers_from` on are aligned to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, heading in enumerate(headings):
        table.add_column(
            heading, justify="right" if position >= numbers_from else "left"
        )
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False, width=_width()).print(table)


def _width() -> int | None:
    """Return None for a terminal's own width; a pipe gets room for every column."""
    return None if output.is_terminal else 200


class Step(Protocol):
    """Reports how far a long command is."""

    def __call__(self, done: int, total: int, note: str) -> None:
        """Show that `done` of `total` steps are finished."""


@contextmanager
def progress_bar(what: str) -> Iterator[Step]:
    """Show progress on standard error: a bar, or lines where there is no terminal."""
    if not errors.is_terminal:
        yield _line_reporter(what)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(what, total=None, note="")

        def step(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        yield step


def _line_reporter(what: str) -> Step:
    last = float("-inf")

    def step(done: int, total: int, note: str) -> None:
        nonlocal last
        now = time.monotonic()
        if done == total or now - last >= LINE_SECONDS:
            last = now
            errors.print(f"{what} {done}/{total} {note}".rstrip())

    return step


def duration(seconds: float) -> str:
    """Return hours, minutes and seconds; a question mark for an unknown time.

    >>> duration(3723), duration(123), duration(float("inf"))
    ('1:02:03', '2:03', '?')
    """
    if seconds == float("inf"):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
