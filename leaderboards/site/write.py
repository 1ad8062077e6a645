"""Write a site into a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leaderboards.report.files import write_files
from leaderboards.report.tables import board_csv
from leaderboards.site.content import SiteBoard
from leaderboards.site.curve_data import board_curves, curves_data, curves_frame
from leaderboards.site.drawings import space_form
from leaderboards.site.front_data import fronts_data
from leaderboards.site.packed import as_script
from leaderboards.site.pages import assets, environment, render
from leaderboards.site.table_data import axes_of, table_data, table_frame
from leaderboards.site.views import SiteViews
from leaderboards.site.walk_data import walks_data

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = "%.6f"


def write_site(site: SiteBoard, folder: Path) -> list[Path]:
    """Write the page of a board: ``index.html`` and what it needs, CSV files beside.

    Files of the same names are replaced, each as a whole; others are left alone.

    Args:
        site: What to show.
        folder: Where to; it is made if it is missing.

    Returns:
        The paths of the files, ``index.html`` first.

    Raises:
        NasbenchError: The folder is not writable, there is nothing to rank, or a
            library is missing.
    """
    views = SiteViews(site)
    contents = {"index.html": b"", **assets(), **site.files}
    contents.update(_pages(views))
    contents.update(_data(views))
    for part in sorted({(folder / name).parent for name in contents}):
        write_files(part, {})
    return write_files(folder, contents)


def _pages(views: SiteViews) -> Iterator[tuple[str, bytes]]:
    made = environment()
    has_fronts = _has_fronts(views.site)
    yield "index.html", render(made, "board", views.board_page(has_fronts))
    for name in views.tables:
        slug = views.benchmark_slugs[name]
        content = views.explorer_page(name, f"architectures-{slug}.csv")
        yield f"explorer-{slug}.html", render(made, "explorer", content)
    walking = set(views.site.walks["strategy"].astype(str))
    for name, slug in views.strategy_slugs.items():
        content = views.strategy_page(name, name in walking)
        yield f"strategy-{slug}.html", render(made, "strategy", content)


def _data(views: SiteViews) -> Iterator[tuple[str, bytes]]:
    site = views.site
    curves = board_curves(views.judged, site.unit, site.metric)
    board = {
        "curves": curves_data(curves),
        "looks": views.looks,
        "order": views.order(),
        "baseline": site.baseline,
    }
    yield "data/board.js", as_script("board", board)
    yield "csv/board.csv", board_csv(site.board)
    yield "csv/ranking.csv", _csv(views.ranking_file)
    yield "csv/curves.csv", _csv(curves_frame(curves))
    if not site.walks.empty:
        yield "csv/walks.csv", _csv(site.walks)
    if site.fronts is not None and _has_fronts(site):
        fronts = fronts_data(
            site.fronts, site.objectives, site.constraints, site.benchmarks
        )
        yield "data/fronts.js", as_script("fronts", fronts)
        yield "csv/fronts.csv", _csv(site.fronts)
    yield from _tables(views)
    yield from _walks(views)


def _tables(views: SiteViews) -> Iterator[tuple[str, bytes]]:
    for name, table in views.tables.items():
        slug = views.benchmark_slugs[name]
        axes = axes_of(table)
        script = as_script(f"table-{slug}", table_data(table, axes))
        yield f"data/table-{slug}.js", script
        yield f"csv/architectures-{slug}.csv", _csv(table_frame(table, axes))


def _walks(views: SiteViews) -> Iterator[tuple[str, bytes]]:
    site = views.site
    for name, rows in site.walks.groupby("strategy", sort=False, observed=True):
        walks: list[dict[str, Any]] = walks_data(rows, site.benchmarks)
        for walk in walks:
            benchmark = walk["benchmark"]
            if benchmark in site.benchmarks:
                walk["space"] = space_form(site.benchmarks[benchmark].space)
            if benchmark in views.tables:
                walk["table"] = views.benchmark_slugs[benchmark]
        slug = views.strategy_slugs[str(name)]
        content = {"look": views.looks[str(name)], "walks": walks}
        yield f"data/walk-{slug}.js", as_script(f"walk-{slug}", content)


def _has_fronts(site: SiteBoard) -> bool:
    return site.fronts is not None and not site.fronts.empty


def _csv(frame: pd.DataFrame) -> bytes:
    text = frame.to_csv(index=False, float_format=DECIMALS, lineterminator="\n")
    return text.encode()
