"""Why the best architecture under one limit is not the best under another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leaderboards.fronts.objective_text import constraint_text
from leaderboards.fronts.permitted import permitted
from leaderboards.report.figures import COLOURS, LIGHT, Theme
from leaderboards.table_report.frame import WIDTH, new_axes
from nasbench.benchmark import Benchmark
from nasbench.search import Constraint, column_kind, read_column
from nasbench.spaces import Architecture, SearchSpace, TopologyCell
from nasbench.spaces.operations import NONE
from surrogates.latency.features import LiveEdges

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

PANEL = 2.7
"""Inches of height per limit, and of what operations cost."""


@dataclass(frozen=True, eq=False)
class LimitAnswers:
    """The exact answers under several limits, each alone.

    Attributes:
        space: The space.
        limits: The limits.
        architectures: One of every class that has all columns.
        accuracy: ``(n,)`` validation accuracy after full training.
        columns: ``(n, limits)``, the columns that are limited.
        best: ``(limits,)``, the position of the most accurate that keeps each limit;
            -1 where none does.
    """

    space: SearchSpace
    limits: tuple[Constraint, ...]
    architectures: tuple[Architecture, ...]
    accuracy: Floats
    columns: Floats
    best: NDArray[np.int64]

    @classmethod
    def of(cls, benchmark: Benchmark, limits: Sequence[Constraint]) -> LimitAnswers:
        """Look at every architecture.

        Raises:
            NasbenchError: Not all of the benchmark can be looked up, or it does not
                have a column.
        """
        seen: dict[int, tuple[Architecture, float, list[float]]] = {}
        space = benchmark.space
        for architecture, evaluation in permitted(benchmark, []):
            number = int(space.classes.class_of[space.index(architecture)])
            values = [read_column(limit.column, evaluation) for limit in limits]
            shown = evaluation.validation_accuracy
            if shown is None or any(v is None or v != v for v in values):
                continue
            if number not in seen or shown > seen[number][1]:
                seen[number] = architecture, shown, [float(v or 0) for v in values]
        rows = list(seen.values())
        accuracy = np.array([row[1] for row in rows])
        columns = np.array([row[2] for row in rows]).reshape(-1, len(limits))
        best = np.full(len(limits), -1, np.int64)
        for place, limit in enumerate(limits):
            kept = np.array([not limit.excess(v) for v in columns[:, place].tolist()])
            if kept.any():
                best[place] = int(np.argmax(np.where(kept, accuracy, -1.0)))
        return cls(
            space, tuple(limits), tuple(row[0] for row in rows), accuracy, columns, best
        )

    def operation_costs(self) -> tuple[tuple[str, ...], Floats] | None:
        """Return the operations, and what each adds: ``(operations, limits)``.

        Least squares over the live edges of all cells; None for spaces without edges.
        Sums and what lies around the cells are in its constant and are not returned.
        """
        if not isinstance(self.space, TopologyCell):
            return None
        batch = np.array(self.architectures, np.uint8)
        edges = LiveEdges.of(self.space, batch)
        names = tuple(name for name in self.space.operations if name != NONE)
        rows = [
            ((batch == self.space.operations.index(name)) & edges.live).sum(axis=1)
            for name in names
        ]
        alive = edges.reaches_output
        sums = np.column_stack([*rows, np.ones(len(batch))])[alive]
        weights, *_ = np.linalg.lstsq(sums, self.columns[alive], rcond=None)
        return names, weights[:-1]


def draw_limits(answers: LimitAnswers, theme: Theme = LIGHT) -> Figure:
    """Draw a panel per limit with the best of every limit, and what operations cost.

    In each panel accuracy stands over the limited column, and the answers to all limits
    are marked: where one lies beyond the line, it is too dear for that limit.
    """
    count = len(answers.limits)
    costs = answers.operation_costs()
    panels = count + (costs is not None)
    first = answers.limits[0].column
    figure, axes = new_axes("", (first, "validation accuracy"), theme)
    height = PANEL * panels + 0.25 * count
    figure.set_size_inches(WIDTH, height)
    below = (0.25 * count + 0.45) / height
    # A panel has its title above and its label below; the last has none below.
    each = (1 - below + 0.4 / height) / panels
    for place in range(count):
        own = axes if not place else _like(figure, axes, theme)
        bottom = below + each * (panels - 1 - place)
        own.set_position((0.125, bottom, 0.83, each - 0.85 / height))
        _draw_limit(own, answers, place, theme)
    if costs is not None:
        own = _like(figure, axes, theme)
        own.set_position((0.125, below, 0.83, each - 0.85 / height))
        _draw_costs(own, answers, costs, theme)
    for place in range(count):
        figure.text(
            0.02,
            (0.12 + 0.25 * (count - 1 - place)) / height,
            _named(answers, place),
            color=COLOURS[(place + 1) % len(COLOURS)],
            fontsize=7.5,
            parse_math=False,
        )
    return figure


def _like(figure: Figure, axes: Axes, theme: Theme) -> Axes:
    """Return another pair of axes in the same dress."""
    made = figure.add_axes((0.1, 0.1, 0.1, 0.1))
    made.set_facecolor(theme.background)
    made.grid(color=theme.lines, linewidth=0.6)
    made.set_axisbelow(True)
    made.tick_params(colors=theme.text, labelsize=9.5, length=0)
    for side, spine in made.spines.items():
        spine.set_visible(axes.spines[side].get_visible())
        spine.set_color(theme.lines)
    return made


def _draw_limit(axes: Axes, answers: LimitAnswers, place: int, theme: Theme) -> None:
    limit = answers.limits[place]
    values = answers.columns[:, place]
    colour = COLOURS[(place + 1) % len(COLOURS)]
    axes.set_title(
        f"{letter(place)}: best with {constraint_text(limit)}",
        loc="left",
        color=theme.text,
        fontsize=10,
    )
    axes.plot(
        values, answers.accuracy, ".", color=COLOURS[0], alpha=0.3, markersize=3.5
    )
    axes.axvline(limit.limit, color=colour, linestyle="dashed", linewidth=1.5)
    for other, position in enumerate(answers.best.tolist()):
        if position < 0:
            continue
        spot = (float(values[position]), float(answers.accuracy[position]))
        axes.plot(*spot, "*", color=COLOURS[(other + 1) % len(COLOURS)], markersize=13)
        axes.annotate(
            letter(other),
            spot,
            xytext=(7, -3),
            textcoords="offset points",
            color=theme.text,
        )
    axes.set_xlabel(
        f"{limit.column}, {column_kind(limit.column).unit}", color=theme.text
    )
    axes.set_ylabel("validation accuracy", color=theme.text)


def _draw_costs(
    axes: Axes,
    answers: LimitAnswers,
    costs: tuple[tuple[str, ...], Floats],
    theme: Theme,
) -> None:
    names, weights = costs
    width = 0.8 / len(answers.limits)
    places = np.arange(len(names))
    for number, limit in enumerate(answers.limits):
        shares = 100 * weights[:, number] / (abs(limit.limit) or 1.0)
        axes.bar(
            places + width * (number - (len(answers.limits) - 1) / 2),
            shares,
            width * 0.9,
            color=COLOURS[(number + 1) % len(COLOURS)],
        )
    axes.axhline(0, color=theme.lines, linewidth=0.8)
    axes.set_xticks(places, names)
    axes.set_ylabel("% of the limit", color=theme.text)
    axes.set_title(
        "What one more operation adds, by least squares",
        loc="left",
        color=theme.text,
        fontsize=10,
    )


def letter(place: int) -> str:
    """Return the letter that stands for a limit in the figure."""
    return chr(ord("A") + place)


def _named(answers: LimitAnswers, place: int) -> str:
    position = int(answers.best[place])
    if position < 0:
        return f"{letter(place)}: nothing keeps the limit"
    text = answers.space.format(answers.architectures[position])
    short = text.replace("nor_conv_", "conv").replace("avg_pool_3x3", "pool")
    values = ", ".join(f"{value:.4g}" for value in answers.columns[position].tolist())
    return (
        f"{letter(place)}: {short.replace('skip_connect', 'skip')}  "
        f"{answers.accuracy[position]:.4f} at {values}"
    )
