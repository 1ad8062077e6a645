"""What a site shows: a board with its rules and the sources of its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from leaderboards.ranking import BASELINE
from leaderboards.report.facts import BenchmarkFacts
from leaderboards.site.metric import BEST_KNOWN
from nasbench.benchmark import Benchmark
from nasbench.search import BudgetUnit, Constraint, Objective

if TYPE_CHECKING:
    import pandas as pd

Pairs = tuple[tuple[str, str], ...]
"""Terms and their explanations, in the order in which they are shown."""


@dataclass(frozen=True, eq=False)
class SiteBoard:
    """A board as the page shows it.

    Attributes:
        title: The heading.
        board: Rows of `leaderboards.columns.BOARD` with at least the columns
            benchmark, strategy, seed, evaluations, epochs, seconds, the incumbent's
            accuracies and both regrets: those where an incumbent changes, and the
            last of every run; more rows do no harm.
        walks: What single runs evaluated, in order: the columns benchmark, strategy,
            seed, architecture (text form), trained_epochs; may be empty.
        unit: What the budget is counted in; the first axis of curves.
        facts: What is known of each benchmark.
        benchmarks: Those that can be opened here, by name; the explorers of tables
            and the drawings of architectures come from them.
        rules: The rules of the runs.
        sources: Where the numbers come from: commands, files, digests.
        files: Files that stand beside the page as they are, by name.
        metric: What is ranked by, one of `leaderboards.site.metric.NAMES`.
        baseline: The strategy that the others are compared with.
        objectives: What was optimised; fronts are shown for several.
        constraints: The limits that all runs had to keep.
        fronts: With several objectives what every run found: the columns benchmark,
            strategy, seed, architecture, and one per objective.
        ensembles: Of `leaderboards.ensembles.beside` by benchmark, where ensembles
            are recorded; they are shown beside the board and not ranked.
    """

    title: str
    board: pd.DataFrame
    walks: pd.DataFrame
    unit: BudgetUnit
    facts: tuple[BenchmarkFacts, ...] = ()
    benchmarks: Mapping[str, Benchmark] = field(default_factory=dict)
    rules: Pairs = ()
    sources: Pairs = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    metric: str = BEST_KNOWN
    baseline: str = BASELINE
    objectives: tuple[Objective, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    fronts: pd.DataFrame | None = None
    ensembles: Mapping[str, pd.DataFrame] = field(default_factory=dict)
