"""All that is known of a table's numbers, computed from the table alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nasbench.benchmark import Split
from tabular.analysis.between_tables import TableAgreement, table_agreement
from tabular.analysis.budgets import BudgetAgreement, budget_agreement
from tabular.analysis.class_trials import ClassTrials
from tabular.analysis.distribution import Distribution, distribution
from tabular.analysis.kendall import RankAgreement, rank_agreement
from tabular.analysis.landscape import Landscape, landscape, why_no_landscape
from tabular.analysis.listed import Listed, best_classes, front_classes
from tabular.analysis.seed_means import SeedMean, seed_means
from tabular.analysis.seed_noise import SeedNoise, seed_noise
from tabular.analysis.size_and_accuracy import SizeAgreement, size_agreement
from tabular.analysis.table_facts import TableFacts
from tabular.analysis.training_cost import TrainingCost, training_cost, workers_of
from tabular.provenance import runs

if TYPE_CHECKING:
    from tabular.table import Table


@dataclass(frozen=True)
class SplitAnalysis:
    """What the accuracies of one split show.

    Attributes:
        distribution: Of the means over seeds, dead classes included.
        seed_noise: Variance components; None where no class has two seeds.
        seed_means: How far other seeds reproduce a ranking, from the classes that
            have every seed; empty for a single seed.
        budgets: How far fewer epochs rank as all do.
        parameters: How far parameters tell the accuracy.
        flops: How far FLOPs do.
        landscape: None where `Analysis.no_landscape` says why.
    """

    distribution: Distribution
    seed_noise: SeedNoise | None
    seed_means: tuple[SeedMean, ...]
    budgets: tuple[BudgetAgreement, ...]
    parameters: SizeAgreement
    flops: SizeAgreement
    landscape: Landscape | None


@dataclass(frozen=True)
class Analysis:
    """Everything that `analyse` found.

    Only the distribution, the landscape and the cost include dead classes, whose
    networks are constant: as they rank far below all others, they would raise every
    correlation and say nothing. A correlation counts every class once.

    Attributes:
        facts: What the table holds.
        validation: What its validation accuracies show.
        test: What its test accuracies show.
        validation_to_test: Agreement of both; the best are those by validation.
        against: Agreement with other tables.
        best_by_validation: The best classes.
        best_by_test: The best classes.
        pareto_front: Of FLOPs and validation accuracy, cheapest first.
        cost: Of the trainings.
        no_landscape: Why there is no landscape; None where there is one.
    """

    facts: TableFacts
    validation: SplitAnalysis
    test: SplitAnalysis
    validation_to_test: RankAgreement
    against: tuple[TableAgreement, ...]
    best_by_validation: tuple[Listed, ...]
    best_by_test: tuple[Listed, ...]
    pareto_front: tuple[Listed, ...]
    cost: TrainingCost
    no_landscape: str | None


def analyse(table: Table, against: Sequence[Table] = ()) -> Analysis:
    """Analyse a table.

    Args:
        table: The table; whole or partial.
        against: Other tables of its space, to compare the rankings with.

    Raises:
        NasbenchError: A table holds no complete training, or is of another space.
    """
    others = tuple(table_agreement(table, other) for other in against)
    trials = ClassTrials.of(table)
    no_landscape = why_no_landscape(table, trials)
    validation = trials.mean("validation")[trials.live]
    return Analysis(
        facts=TableFacts.of(table, trials),
        validation=_split(table, trials, "validation", no_landscape is None),
        test=_split(table, trials, "test", no_landscape is None),
        validation_to_test=rank_agreement(
            validation, trials.mean("test")[trials.live], validation
        ),
        against=others,
        best_by_validation=best_classes(trials, table.space, "validation"),
        best_by_test=best_classes(trials, table.space, "test"),
        pareto_front=front_classes(trials, table.space),
        cost=training_cost(
            trials,
            len(table.read("classes/representative")),
            workers_of(runs(table.provenance)),
        ),
        no_landscape=no_landscape,
    )


def _split(
    table: Table, trials: ClassTrials, split: Split, with_landscape: bool
) -> SplitAnalysis:
    live, mean = trials.live, trials.mean(split)
    final = trials.accuracy(split)[live, :, -1]
    noise = seed_noise(final)
    whole = final[~np.isnan(final).any(axis=1)]
    return SplitAnalysis(
        distribution=distribution(mean, trials.members),
        seed_noise=noise,
        seed_means=seed_means(whole, noise) if noise else (),
        budgets=budget_agreement(trials.mean_curves(split)[live]),
        parameters=size_agreement(trials.parameters[live], mean[live]),
        flops=size_agreement(trials.flops[live], mean[live]),
        landscape=landscape(table.space, table.read("classes/class_of"), mean)
        if with_landscape
        else None,
    )
