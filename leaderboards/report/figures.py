"""Figures of a board; they draw what `leaderboards.curves` computed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leaderboards.curves import Curves
from leaderboards.measures.estimate import Estimate
from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLOOR_POINTS = 0.01
"""Smaller means are drawn here: a logarithm has no place for an exact hit."""

# Okabe & Ito (2008), "Color Universal Design", without the yellow, which is too pale
# on white. 7 colours and 4 dashes have no common divisor: 28 distinct lines.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#777777")
DASHES = ((), (5.0, 2.0), (1.0, 1.3), (6.0, 2.0, 1.2, 2.0))

WIDTH = 6.4
LEGEND_ROW = 0.2
"""Inches."""
LONGEST_LABEL = 30
"""Letters of a strategy's name; the rest is cut off."""

UNIT_LABELS = {
    "evaluations": "evaluations",
    "epochs": "epochs of training",
    "seconds": "simulated CPU seconds",
}


@dataclass(frozen=True)
class Theme:
    """The colours of a figure's surroundings.

    Attributes:
        background: Behind everything.
        text: Title, labels and ticks.
        lines: Axes and grid.
    """

    background: str
    text: str
    lines: str


LIGHT = Theme(background="#ffffff", text="#24292f", lines="#d0d7de")
DARK = Theme(background="#161b22", text="#e6edf3", lines="#3d444d")


def line_style(number: int) -> tuple[str, tuple[float, ...]]:
    """Return colour and dashes of a board's strategy, counted from 0.

    Dashes are lengths on and off in line widths; none of them is a solid line.
    """
    return COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]


def draw_curves(curves: Curves, theme: Theme = LIGHT) -> Figure:
    """Draw the mean of every strategy over the budget, with its interval as a band.

    Both axes are logarithmic. Lines are steps, as the incumbents are. Means below
    `FLOOR_POINTS` are drawn at that floor, and the axis says so.

    Args:
        curves: What to draw, in percentage points.
        theme: Light or dark surroundings.

    Raises:
        NasbenchError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise NasbenchError(
            'figures need matplotlib: pip install "nasbench-suite[report]"'
        ) from error
    columns = _legend_columns(list(curves.points))
    legend_height = LEGEND_ROW * -(-len(curves.points) // columns) + 0.1
    height = 3.9 + legend_height
    figure = Figure(figsize=(WIDTH, height), dpi=200, facecolor=theme.background)
    FigureCanvasAgg(figure)
    bottom = (legend_height + 0.52) / height
    axes = figure.add_axes((0.125, bottom, 0.83, 1 - bottom - 0.42 / height))
    for number, (strategy, line) in enumerate(curves.points.items()):
        _draw_line(axes, curves.grid, line, number, strategy)
    _scale(axes, curves)
    _dress(axes, curves, theme)
    _add_legend(figure, columns, theme)
    return figure


def png(figure: Figure) -> bytes:
    """Return the figure as a PNG file that holds no date and no version."""
    buffer = io.BytesIO()
    figure.savefig(
        buffer,
        format="png",
        facecolor=figure.get_facecolor(),
        metadata={"Software": None},
    )
    return buffer.getvalue()


def _draw_line(
    axes: Axes, grid: NDArray[np.float64], line: Estimate, number: int, label: str
) -> None:
    colour, dashes = line_style(number)
    value, low, high = (
        np.maximum(bound, FLOOR_POINTS) for bound in (line.value, line.low, line.high)
    )
    axes.fill_between(
        grid, low, high, step="post", color=colour, alpha=0.15, linewidth=0
    )
    axes.step(
        grid,
        value,
        where="post",
        color=colour,
        linestyle=(0, dashes) if dashes else "solid",
        linewidth=1.8,
        label=_plain(_shortened(label)),
    )


def _scale(axes: Axes, curves: Curves) -> None:
    """Set both logarithmic axes, with ticks that are written out."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    drawn = np.concatenate([[line.low, line.high] for line in curves.points.values()])
    drawn = np.maximum(drawn[np.isfinite(drawn)], FLOOR_POINTS)
    smallest, largest = drawn.min(initial=100), drawn.max(initial=FLOOR_POINTS)
    if smallest > largest:  # nothing is drawn
        smallest, largest = FLOOR_POINTS, 100
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(curves.grid[0] * 0.97, curves.grid[-1] * 1.03)
    axes.set_ylim(smallest / 1.15, largest * 1.15)
    spans = (curves.grid[-1] / curves.grid[0], largest / smallest)
    for axis, span in zip((axes.xaxis, axes.yaxis), spans, strict=True):
        subs = (1.0, 2.0, 5.0) if span < 3000 else (1.0,)
        axis.set_major_locator(LogLocator(subs=subs))
        axis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))
    axes.yaxis.set_major_formatter(FuncFormatter(_y_tick))


def _y_tick(points: float, _: int | None) -> str:
    return ("≤ " if points <= FLOOR_POINTS * 1.001 else "") + f"{points:g}"


def _dress(axes: Axes, curves: Curves, theme: Theme) -> None:
    """Write title and labels, in the theme's colours."""
    axes.set_facecolor(theme.background)
    axes.set_title(
        _plain(f"Mean {curves.quantity} on {curves.benchmark}"),
        loc="left",
        color=theme.text,
        fontsize=11,
        fontweight="bold",
    )
    axes.set_xlabel(UNIT_LABELS[curves.unit], color=theme.text, fontsize=10)
    axes.set_ylabel(f"{curves.quantity} (points)", color=theme.text, fontsize=10)
    axes.grid(color=theme.lines, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=theme.text, labelsize=9.5, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.lines)


def _legend_columns(labels: list[str]) -> int:
    """Return how many labels fit side by side."""
    longest = min(LONGEST_LABEL, max(map(len, labels)))
    return min(4, 75 // (longest + 7))  # a line of the figure holds 75 letters


def _add_legend(figure: Figure, columns: int, theme: Theme) -> None:
    figure.legend(
        loc="lower left",
        bbox_to_anchor=(0.1, 0.0),
        ncols=columns,
        frameon=False,
        labelcolor=theme.text,
        fontsize=9.5,
        handlelength=3.0,
    )


def _shortened(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def _plain(text: str) -> str:
    """Keep matplotlib from reading ``$`` as mathematics and ``_`` as 'no legend'."""
    escaped = text.replace("$", r"\$")
    return f" {escaped}" if escaped.startswith("_") else escaped
