"""Rank correlations in words."""

from __future__ import annotations

from collections.abc import Iterator

from tabular.analysis.analysis import Analysis, SplitAnalysis
from tabular.analysis.budgets import BudgetAgreement
from tabular.analysis.kendall import RankAgreement
from tabular.analysis.section import Section
from tabular.analysis.wording import correlation

BUDGETS_SHOWN = 8
"""Of more epochs, so many are shown, spread evenly."""


def rank_section(analysis: Analysis) -> Section:
    """Word the agreement of splits, budgets and tables."""
    return Section(
        key="ranks",
        title="Kendall's tau-b between rankings",
        sentences=(
            "Of means over seeds. Accuracies after fewer epochs are of the same "
            "trainings. The best 30 %: by validation for validation to test, after "
            "full training for fewer epochs, of this table for other tables.",
        ),
        headings=("", "classes", "tau", "best 30 %"),
        rows=(
            _row("validation to test", analysis.validation_to_test),
            *_budget_rows("validation", analysis.validation),
            *_budget_rows("test", analysis.test),
            *(
                row
                for other in analysis.against
                for row in (
                    _row(f"validation to {other.table}", other.validation),
                    _row(f"test to {other.table}", other.test),
                )
            ),
        ),
    )


def size_section(analysis: Analysis) -> Section:
    """Word how far the size of a network tells its accuracy."""
    rows = []
    for size in ("parameters", "flops"):
        for name, split in (
            ("validation", analysis.validation),
            ("test", analysis.test),
        ):
            found = split.parameters if size == "parameters" else split.flops
            word = "parameters" if size == "parameters" else "FLOPs"
            row = _row(f"{word} to {name}", found.ranks)
            rows.append((*row, correlation(found.spearman)))
    return Section(
        key="size",
        title="Size and accuracy",
        sentences=("The best 30 % are the most accurate.",),
        headings=("", "classes", "tau", "best 30 %", "Spearman"),
        rows=tuple(rows),
    )


def _budget_rows(name: str, split: SplitAnalysis) -> Iterator[tuple[str, ...]]:
    for budget in shown_budgets(split.budgets):
        last = len(split.budgets) + 1
        yield _row(f"{name}, epoch {budget.epochs} to {last}", budget.ranks)


def shown_budgets(
    budgets: tuple[BudgetAgreement, ...],
) -> tuple[BudgetAgreement, ...]:
    """Return at most eight budgets, the first and the last among them."""
    if len(budgets) <= BUDGETS_SHOWN:
        return budgets
    gap = (len(budgets) - 1) / (BUDGETS_SHOWN - 1)
    return tuple(budgets[round(i * gap)] for i in range(BUDGETS_SHOWN))


def _row(name: str, ranks: RankAgreement) -> tuple[str, ...]:
    return (
        name,
        f"{ranks.classes:,}",
        correlation(ranks.tau),
        correlation(ranks.tau_best),
    )
