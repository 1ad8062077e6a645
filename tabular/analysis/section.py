"""A part of an analysis as sentences and one table of words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """What the command, the page and the card show, each in its own form.

    Attributes:
        key: A short name, by which a page finds the figure that belongs here.
        title: Heading.
        sentences: What the numbers mean, and what there is to know of them.
        headings: Of the columns; empty where there is no table.
        rows: Cells as text; the first column holds words, the others numbers.
    """

    key: str
    title: str
    sentences: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
