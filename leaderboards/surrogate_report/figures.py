"""Predictions over the truth, and intervals over what they cover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from leaderboards.report.figures import COLOURS, LIGHT, Theme
from leaderboards.table_report.frame import FIRST, add_legend, new_axes
from surrogates.scoring.calibration import coverage_at
from surrogates.scoring.held_out import HeldOut

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVELS = np.arange(1, 100) / 100


def draw_predictions(held_out: HeldOut, theme: Theme = LIGHT) -> Figure:
    """Draw predicted over measured accuracy of held-out architectures."""
    title = f"{held_out.model}, fitted to {held_out.samples:,} architectures"
    labels = ("measured validation accuracy", "predicted")
    figure, axes = new_axes(title, labels, theme)
    ends = [held_out.truth.min(), held_out.truth.max()]
    axes.plot(ends, ends, color=theme.text, linewidth=1, linestyle="dashed")
    axes.plot(
        held_out.truth,
        held_out.mean,
        ".",
        color=FIRST,
        alpha=0.35,
        markersize=4,
        markeredgewidth=0,
    )
    return figure


def draw_calibration(held_outs: Sequence[HeldOut], theme: Theme = LIGHT) -> Figure:
    """Draw the share of the truth in central intervals over their level.

    On the diagonal the stated uncertainties are true; below it the model is too sure
    of itself. Models that state none are left out.
    """
    figure, axes = new_axes(
        "Central intervals of held-out predictions",
        ("level of the interval", "share of the truth in it"),
        theme,
    )
    axes.plot([0, 1], [0, 1], color=theme.text, linewidth=1, linestyle="dashed")
    sure = [one for one in held_outs if (one.std > 0).all()]
    names, encoding = _names([one.model for one in sure])
    for number, (one, name) in enumerate(zip(sure, names, strict=True)):
        covered = coverage_at(one.truth, one.mean, one.std, LEVELS)
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(LEVELS, covered, color=colour, linewidth=1.8, label=name)
    add_legend(axes, theme, "lower right", encoding)
    return figure


def _names(models: Sequence[str]) -> tuple[list[str], str]:
    """Return short names of models, and the encoding where all have the same one."""
    parts = [model.split(", ", 1) for model in models]
    encodings = {part[1] for part in parts if len(part) == 2}
    if len(parts) > 1 and len(encodings) == 1 and all(len(part) == 2 for part in parts):
        return [part[0] for part in parts], encodings.pop()
    return list(models), ""
