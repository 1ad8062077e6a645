"""Write the page of a table into a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from leaderboards.report.figures import DARK, LIGHT, Theme, png
from leaderboards.report.files import write_files
from leaderboards.table_report.figures import (
    draw_budgets,
    draw_distribution,
    draw_front,
    draw_seed_means,
    draw_walk,
)
from leaderboards.table_report.page import PageFigure, render_page
from tabular.analysis import Analysis
from tabular.analysis.as_json import to_json
from tabular.analysis.class_trials import ClassTrials
from tabular.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_table_report(table: Table, analysis: Analysis, folder: Path) -> list[Path]:
    """Write a table's ``index.html``, with its figures inside, and ``analysis.json``.

    The same table gives the same bytes. Files of these names are replaced, each as a
    whole.

    Args:
        table: The table.
        analysis: What `tabular.analysis.analyse` found in it.
        folder: Where to; it is made if it is missing.

    Returns:
        The paths of the files.

    Raises:
        NasbenchError: The folder is not writable, or a library is missing.
    """
    figures = _figures(analysis, ClassTrials.of(table))
    page = render_page(analysis, _facts(table), figures)
    contents = {
        "index.html": page.encode(),
        "analysis.json": to_json(analysis).encode() + b"\n",
    }
    return write_files(folder, contents)


def _figures(analysis: Analysis, trials: ClassTrials) -> dict[str, PageFigure]:
    """Draw all that the analysis has numbers for."""
    found = {
        "histogram": _both(
            lambda theme: draw_distribution(analysis, theme),
            "Every class counts once; means over seeds, dead classes included.",
        ),
        "pareto": _both(
            lambda theme: draw_front(analysis, trials, theme),
            "Every live class, means over seeds. No class is left of and above the "
            "front.",
        ),
    }
    if analysis.validation.seed_means:
        found["seeds-validation"] = _both(
            lambda theme: draw_seed_means(analysis, theme),
            "Filled points are measured, hollow ones are estimates. The best 30 % are "
            "those by the mean over all seeds.",
        )
    if analysis.validation.budgets:
        found["ranks"] = _both(
            lambda theme: draw_budgets(analysis, theme),
            "Means over seeds; the best 30 % are those after full training.",
        )
    if analysis.validation.landscape:
        found["landscape"] = _both(
            lambda theme: draw_walk(analysis, theme),
            "Each step changes one random decision; computed for the whole space.",
        )
    return found


def _both(draw: Callable[[Theme], Figure], caption: str) -> PageFigure:
    return PageFigure(caption, light=png(draw(LIGHT)), dark=png(draw(DARK)))


def _facts(table: Table) -> list[tuple[str, str]]:
    identity = table.identity
    recipe = json.loads(identity.recipe.to_json())
    engine = identity.engine
    return [
        ("Search space", f"{identity.space}, {table.space.size:,} combinations"),
        ("Task", f"{identity.task}: {identity.task_source}"),
        ("Seeds", ", ".join(map(str, table.seeds))),
        ("Recipe", ", ".join(f"{name} {value}" for name, value in recipe.items())),
        ("Engine", f"{engine.engine} {engine.version}, {engine.instruction_set}"),
        ("Content digest", table.digest),
    ]
