"""How far another task or recipe ranks the same architectures alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbench.benchmark import Split
from nasbench.errors import NasbenchError
from tabular.analysis.class_trials import ClassTrials
from tabular.analysis.kendall import RankAgreement, rank_agreement
from tabular.table import Table


@dataclass(frozen=True)
class TableAgreement:
    """The ranking of one table against that of another one.

    Attributes:
        table: Name of the other table.
        digest: Its content digest.
        validation: Agreement of mean validation accuracies over the live classes
            that both hold; the best are those of the analysed table.
        test: The same of test accuracies.
    """

    table: str
    digest: str
    validation: RankAgreement
    test: RankAgreement


def table_agreement(table: Table, other: Table) -> TableAgreement:
    """Compare the rankings of two tables of one space.

    Raises:
        NasbenchError: The tables are of different spaces.
    """
    if table.space != other.space:
        raise NasbenchError(
            f"{other.path} is of {other.space.name}, {table.path} of "
            f"{table.space.name}; only tables of one space rank the same architectures"
        )
    return TableAgreement(
        table=other.name,
        digest=other.digest,
        validation=_agreement(table, other, "validation"),
        test=_agreement(table, other, "test"),
    )


def _agreement(table: Table, other: Table, split: Split) -> RankAgreement:
    """Join by representative: classes of one space may be numbered differently."""
    ours, theirs = ClassTrials.of(table), ClassTrials.of(other)
    live = (ours.live, theirs.live)
    _, here, there = np.intersect1d(
        ours.representatives[live[0]],
        theirs.representatives[live[1]],
        assume_unique=True,
        return_indices=True,
    )
    mine = ours.mean(split)[live[0]][here]
    return rank_agreement(mine, theirs.mean(split)[live[1]][there], mine)
