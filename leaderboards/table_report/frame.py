"""What all figures of a table's page share: size, axes, colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from leaderboards.report.figures import COLOURS, Theme
from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 6.4, 3.6
"""Inches."""

FIRST, SECOND = COLOURS[0], COLOURS[1]
"""Of validation and of test."""


def new_axes(title: str, labels: tuple[str, str], theme: Theme) -> tuple[Figure, Axes]:
    """Return a figure with one pair of axes, dressed in the theme's colours.

    Args:
        title: What the figure shows.
        labels: Of the horizontal and of the vertical axis.
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
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=200, facecolor=theme.background)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.125, 0.155, 0.83, 0.735))
    axes.set_facecolor(theme.background)
    axes.set_title(title, loc="left", color=theme.text, fontsize=11, fontweight="bold")
    axes.set_xlabel(labels[0], color=theme.text, fontsize=10)
    axes.set_ylabel(labels[1], color=theme.text, fontsize=10)
    axes.grid(color=theme.lines, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=theme.text, labelsize=9.5, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.lines)
    return figure, axes


def add_legend(
    axes: Axes,
    theme: Theme,
    place: Literal["best", "lower right"] = "best",
    title: str = "",
) -> None:
    """Name what is drawn, where there is room."""
    legend = axes.legend(
        frameon=False, labelcolor=theme.text, fontsize=9.5, loc=place, title=title
    )
    legend.get_title().set(color=theme.text, fontsize=9.5)


def whole_ticks(axes: Axes) -> None:
    """Let the horizontal axis count."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
