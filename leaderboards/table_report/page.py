"""The HTML page of a table: one file that needs nothing else."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from nasbench.errors import NasbenchError
from tabular.analysis import Analysis
from tabular.analysis.section import Section
from tabular.analysis.sections import sections


@dataclass(frozen=True)
class PageFigure:
    """A figure as it stands on the page.

    Attributes:
        caption: What it shows, and how to read it.
        light: PNG for light pages.
        dark: PNG for dark pages.
    """

    caption: str
    light: bytes
    dark: bytes

    @property
    def light_uri(self) -> str:
        """The light image as a data URI."""
        return _data_uri(self.light)

    @property
    def dark_uri(self) -> str:
        """The dark image as a data URI."""
        return _data_uri(self.dark)


def render_page(
    analysis: Analysis,
    facts: Sequence[tuple[str, str]],
    figures: Mapping[str, PageFigure],
) -> str:
    """Return the page as HTML.

    Args:
        analysis: What is shown.
        facts: What the table holds, as pairs of a term and a value.
        figures: By the key of the section in which they stand. A section whose
            numbers all stand in its figure has no table then: ``histogram``.

    Raises:
        NasbenchError: jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise NasbenchError(
            'a page needs jinja2: pip install "nasbench-suite[report]"'
        ) from error
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = files("leaderboards.table_report").joinpath("templates", "table.html")
    return environment.from_string(source.read_text(encoding="utf-8")).render(
        name=analysis.facts.table,
        style=_board_style(),
        facts=facts,
        sections=[_without_drawn(one, figures) for one in sections(analysis)],
        figures=figures,
    )


def _without_drawn(section: Section, figures: Mapping[str, PageFigure]) -> Section:
    if section.key == "histogram" and section.key in figures:
        return Section(section.key, section.title)
    return section


def _board_style() -> str:
    """Return the style sheet of the board's page, so that both look the same."""
    board = files("leaderboards.report").joinpath("templates", "board.html")
    found = re.search(r"<style>\n(.*?)</style>", board.read_text("utf-8"), re.DOTALL)
    return found[1] if found else ""


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
