"""Figures of a latency report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leaderboards.latency_report.agreement import TargetAgreement
from leaderboards.latency_report.facts import LatencyFacts
from leaderboards.latency_report.macs_line import MacsLine
from leaderboards.report.figures import COLOURS, LIGHT, Theme
from leaderboards.table_report.frame import FIRST, SECOND, add_legend, new_axes
from surrogates.latency.timed import TimedArchitectures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, CELL = 2.1, 0.48
"""Inches for the names of targets, and of one value of a matrix."""

CHARACTERS = 62
"""Of a network's text in a line under a figure."""


def draw_macs(
    timed: TimedArchitectures, line: MacsLine, theme: Theme = LIGHT
) -> Figure:
    """Draw latency over multiply-adds, the line, and the pair they misjudge most."""
    figure, axes = new_axes(
        f"{timed.target}, {timed.kind}: tau {line.kendall:.2f} with multiply-adds",
        ("millions of multiply-adds per image", "milliseconds"),
        theme,
    )
    axes.set_title(axes.get_title("left"), loc="left", fontsize=10, color=theme.text)
    axes.plot(
        line.macs,
        line.latency_ms,
        ".",
        color=FIRST,
        alpha=0.35,
        markersize=4,
        markeredgewidth=0,
        label="networks",
    )
    ends = np.array([line.macs.min(), line.macs.max()])
    label = f"line, R2 {line.explained:.2f}"
    axes.plot(ends, line.slope * ends + line.level, color=theme.text, label=label)
    if line.pair is not None:
        _mark_pair(figure, timed, line, theme)
    axes.set_ylim(bottom=0)
    add_legend(axes, theme, "lower right")
    return figure


def _mark_pair(
    figure: Figure, timed: TimedArchitectures, line: MacsLine, theme: Theme
) -> None:
    """Mark the pair in the axes, and name both below them."""
    pair = line.pair
    assert pair is not None, "only called where there is one"
    axes = figure.axes[0]
    both = [pair.quick, pair.slow]
    label = f"equal multiply-adds, {pair.factor:.2f} times as long"
    axes.plot(line.macs[both], line.latency_ms[both], "o-", color=SECOND, label=label)
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + 0.5)
    axes.set_position((0.125, 0.25, 0.83, 0.66))
    for place, (letter, position) in enumerate(zip("AB", both, strict=True)):
        spot = (line.macs[position], line.latency_ms[position])
        axes.annotate(
            letter,
            spot,
            xytext=(6, -4),
            textcoords="offset points",
            color=theme.text,
            fontsize=9.5,
        )
        row = tuple(timed.architectures[position].tolist())
        text = timed.features.space.format(row)
        figure.text(
            0.02,
            0.075 - 0.05 * place,
            f"{letter}: {_shortened(text)}  {spot[1]:.4g} ms",
            color=theme.text,
            fontsize=7.5,
            parse_math=False,
        )


def _shortened(text: str) -> str:
    plain = text.replace("nor_conv_", "conv").replace("avg_pool_3x3", "pool")
    plain = plain.replace("skip_connect", "skip")
    return plain if len(plain) <= CHARACTERS else plain[: CHARACTERS - 1] + "…"


def draw_agreement(found: TargetAgreement, theme: Theme = LIGHT) -> Figure:
    """Draw Kendall's tau between all targets as a matrix of coloured cells."""
    figure, axes = new_axes("Kendall's tau between targets", ("", ""), theme)
    count = len(found.names)
    side = CELL * count
    width, height = MARGIN + side + 0.3, MARGIN + side + 0.45
    figure.set_size_inches(width, height)
    axes.set_position((MARGIN / width, MARGIN / height, side / width, side / height))
    axes.grid(visible=False)
    axes.imshow(found.tau, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    for row in range(count):
        for column in range(count):
            value = found.tau[row, column]
            axes.text(
                column,
                row,
                f"{value:.2f}",
                ha="center",
                va="center",
                fontsize=6.5,
                color="#ffffff" if value > 0.7 else "#24292f",
            )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(range(count), found.names)
    axes.tick_params(axis="both", labelsize=7)
    axes.tick_params(axis="x", labelrotation=90)
    return figure


def draw_predictors(facts: LatencyFacts, target: str, theme: Theme = LIGHT) -> Figure:
    """Draw tau of all predictors over the measurements, and the repeat ceiling."""
    figure, axes = new_axes(
        f"Predictors of {target}",
        ("measurements to learn from", "Kendall's tau"),
        theme,
    )
    own = [one for one in facts.predictors if one.target == target]
    for number, name in enumerate(dict.fromkeys(one.predictor for one in own)):
        scores = [one for one in own if one.predictor == name]
        axes.plot(
            [one.size for one in scores],
            [one.scores.kendall for one in scores],
            "o-",
            color=COLOURS[number % len(COLOURS)],
            label=name,
        )
    (timed,) = (one for one in facts.targets if one.target == target)
    if timed.ceiling is not None:
        axes.axhline(
            timed.ceiling.kendall,
            color=theme.text,
            linestyle="dashed",
            label="the target repeats itself",
        )
    sizes = sorted({one.size for one in own})
    if len(sizes) > 1:
        axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    add_legend(axes, theme, "lower right")
    return figure
