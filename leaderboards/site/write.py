"""Write a site into a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leaderboards.report.files import write_files
from leaderboards.report.tables import board_csv
from leaderboards.site.content import SiteBoard
from leaderboards.site.csv_file import csv_bytes
from leaderboards.site.curve_data import board_curves, curves_data, curves_frame
from leaderboards.site.ensemble_view import FILE, ensemble_frame
from leaderboards.site.front_data import fronts_data
from leaderboards.site.packed import as_script
from leaderboards.site.pages import assets, environment, render
from leaderboards.site.repeat_data import has_repeats, repeats_frame, trials_frame
from leaderboards.site.table_data import axes_of, table_data, table_frame
from leaderboards.site.views import SiteViews
from leaderboards.site.walk_data import walks_data
from nasbench.errors import NasbenchError, unknown


def write_site(site: SiteBoard, folder: Path) -> list[Path]:
    """Write the page of a board: ``index.html`` and what it needs, CSV files beside.

    Files of the same names are replaced, each as a whole; others are left alone.

    Args:
        site: What to show.
        folder: Where to; it is made if it is missing.

    Returns:
        The paths of the files, ``index.html`` first.

    Raises:
        NasbenchError: The folder is not writable, there is nothing to rank, a
            benchmark is not on the board, or a library is missing.
    """
    views = SiteViews(site)
    for name in site.benchmarks:
        if name not in views.benchmarks:
            known = unknown("benchmark of the board", name, views.benchmarks)
            raise NasbenchError(f"benchmarks of the SiteBoard: {known}")
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
    yield "statistics.html", render(made, "statistics", views.statistics_page())
    for name in views.tables:
        slug = views.benchmark_slugs[name]
        content = views.explorer_page(name, f"architectures-{slug}.csv")
        yield f"explorer-{slug}.html", render(made, "explorer", content)
    for name, slug in views.strategy_slugs.items():
        content = views.strategy_page(name)
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
    yield "csv/ranking.csv", csv_bytes(views.ranking_file)
    yield "csv/curves.csv", csv_bytes(curves_frame(curves))
    drawn = {**views.statistics.script(views.order()), "looks": views.looks}
    yield "data/statistics.js", as_script("statistics", drawn)
    for name, frame in views.statistics.files():
        yield f"csv/{name}", csv_bytes(frame)
    if not site.walks.empty:
        yield "csv/walks.csv", csv_bytes(views.walks)
    if site.fronts is not None and _has_fronts(site):
        fronts = fronts_data(
            site.fronts, site.objectives, site.constraints, site.benchmarks
        )
        yield "data/fronts.js", as_script("fronts", fronts)
        yield "csv/fronts.csv", csv_bytes(site.fronts)
    if site.ensembles:
        yield f"csv/{FILE}", csv_bytes(ensemble_frame(site.ensembles))
    yield from _tables(views)
    yield from _walks(views)


def _tables(views: SiteViews) -> Iterator[tuple[str, bytes]]:
    for name, table in views.tables.items():
        slug = views.benchmark_slugs[name]
        axes = axes_of(table)
        script = as_script(f"table-{slug}", table_data(table, axes))
        yield f"data/table-{slug}.js", script
        yield f"csv/architectures-{slug}.csv", csv_bytes(table_frame(table, axes))
        yield f"csv/trials-{slug}.csv", csv_bytes(trials_frame(table))
        if has_repeats(table):
            yield f"csv/repeats-{slug}.csv", csv_bytes(repeats_frame(table))


def _walks(views: SiteViews) -> Iterator[tuple[str, bytes]]:
    site = views.site
    for name, slug in views.strategy_slugs.items():
        rows = views.walks[views.walks["strategy"] == name]
        own = site.board[site.board["strategy"] == name]
        walks: list[dict[str, Any]] = walks_data(rows, own, site.benchmarks)
        for walk in walks:
            if walk["benchmark"] in views.tables:
                walk["table"] = views.benchmark_slugs[walk["benchmark"]]
        content = {"look": views.looks[name], "walks": walks}
        yield f"data/walk-{slug}.js", as_script(f"walk-{slug}", content)


def _has_fronts(site: SiteBoard) -> bool:
    return site.fronts is not None and not site.fronts.empty
