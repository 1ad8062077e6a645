"""Figures of a table's page; they draw what `tabular.analysis` computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leaderboards.report.figures import Theme
from leaderboards.table_report.frame import (
    FIRST,
    SECOND,
    add_legend,
    new_axes,
    whole_ticks,
)
from tabular.analysis import Analysis
from tabular.analysis.class_trials import ClassTrials
from tabular.analysis.kendall import RankAgreement

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SPLIT_COLOURS = (("validation", FIRST), ("test", SECOND))


def draw_distribution(analysis: Analysis, theme: Theme) -> Figure:
    """Draw the histograms over classes of both accuracies."""
    figure, axes = new_axes("Accuracies of the classes", ("accuracy", "classes"), theme)
    for split, colour in SPLIT_COLOURS:
        found = getattr(analysis, split).distribution
        counts = np.array(found.class_counts)
        edges = np.linspace(found.low, found.high, len(counts) + 1)
        axes.stairs(counts, edges, color=colour, alpha=0.2, fill=True)
        axes.stairs(counts, edges, color=colour, linewidth=1.8, label=split)
    add_legend(axes, theme)
    return figure


def draw_seed_means(analysis: Analysis, theme: Theme) -> Figure:
    """Draw Kendall's tau over the number of seeds; hollow points are estimates."""
    figure, axes = new_axes(
        "Mean of some seeds against as many others",
        ("seeds in a mean", "Kendall's tau"),
        theme,
    )
    for split, colour in SPLIT_COLOURS:
        means = getattr(analysis, split).seed_means
        seeds = [mean.seeds for mean in means]
        for part, dashes in (("tau", "solid"), ("tau_best", "dashed")):
            taus = [getattr(mean, part) for mean in means]
            label = split if part == "tau" else f"{split}, best 30 %"
            axes.plot(seeds, taus, color=colour, linestyle=dashes, label=label)
            for mean, tau in zip(means, taus, strict=True):
                face = colour if mean.measured else theme.background
                axes.plot(mean.seeds, tau, "o", color=colour, markerfacecolor=face)
    whole_ticks(axes)
    add_legend(axes, theme)
    return figure


def draw_budgets(analysis: Analysis, theme: Theme) -> Figure:
    """Draw the agreement of every epoch with the last one."""
    figure, axes = new_axes(
        "Accuracy after fewer epochs against full training",
        ("epochs", "Kendall's tau"),
        theme,
    )
    for split, colour in SPLIT_COLOURS:
        budgets = getattr(analysis, split).budgets
        epochs = [budget.epochs for budget in budgets]
        ranks: list[RankAgreement] = [budget.ranks for budget in budgets]
        axes.plot(epochs, [r.tau for r in ranks], "o-", color=colour, label=split)
        best = [r.tau_best for r in ranks]
        axes.plot(epochs, best, "o--", color=colour, label=f"{split}, best 30 %")
    whole_ticks(axes)
    add_legend(axes, theme)
    return figure


def draw_front(analysis: Analysis, trials: ClassTrials, theme: Theme) -> Figure:
    """Draw accuracy over FLOPs, and the Pareto front as steps."""
    figure, axes = new_axes(
        "Validation accuracy and FLOPs",
        ("FLOPs per image, millions", "validation accuracy"),
        theme,
    )
    live = trials.live
    axes.plot(
        trials.flops[live] / 1e6,
        trials.mean("validation")[live],
        ".",
        color=FIRST,
        alpha=0.5,
        label="classes",
    )
    front = analysis.pareto_front
    flops = [one.flops / 1e6 for one in front]
    axes.step(
        flops,
        [one.validation for one in front],
        "o-",
        where="post",
        color=SECOND,
        label="Pareto front",
    )
    add_legend(axes, theme, "lower right")
    return figure


def draw_walk(analysis: Analysis, theme: Theme) -> Figure:
    """Draw the autocorrelation of a random walk."""
    figure, axes = new_axes(
        "Autocorrelation of a random walk", ("steps", "autocorrelation"), theme
    )
    for split, colour in SPLIT_COLOURS:
        found = getattr(analysis, split).landscape
        values = (1.0, *found.autocorrelation)
        axes.plot(range(len(values)), values, "o-", color=colour, label=split)
    _from_zero(axes)
    add_legend(axes, theme)
    return figure


def _from_zero(axes: Axes) -> None:
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0.0), high)
