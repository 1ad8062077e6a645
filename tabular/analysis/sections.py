"""An analysis in words: what the command prints, and the page and the card show."""

from __future__ import annotations

from collections.abc import Sequence

from nasbench.benchmark import Split
from tabular.analysis.analysis import Analysis, SplitAnalysis
from tabular.analysis.distribution import BINS, QUANTILES, Distribution
from tabular.analysis.landscape_section import landscape_section
from tabular.analysis.listed import Listed
from tabular.analysis.rank_sections import rank_section, size_section
from tabular.analysis.section import Section
from tabular.analysis.seed_noise import SeedNoise
from tabular.analysis.wording import (
    accuracy,
    bars,
    correlation,
    number,
    points,
)

SPLITS: tuple[Split, ...] = ("validation", "test")


def sections(analysis: Analysis) -> tuple[Section, ...]:
    """Return the parts of an analysis, in the order in which they are read."""
    return (
        distribution_section(analysis),
        histogram_section(analysis),
        noise_section(analysis),
        *(
            seeds_section(analysis, split)
            for split in SPLITS
            if _of(analysis, split).seed_means
        ),
        rank_section(analysis),
        size_section(analysis),
        landscape_section(analysis),
        listed_section("best", "Best by validation", analysis.best_by_validation),
        listed_section("best-test", "Best by test", analysis.best_by_test),
        listed_section(
            "pareto", "Pareto front of FLOPs and validation", analysis.pareto_front
        ),
        cost_section(analysis),
    )


def distribution_section(analysis: Analysis) -> Section:
    """Word the quantiles of both accuracies."""
    facts = analysis.facts
    ends = {0.0: "min", 0.5: "median", 1.0: "max"}
    rows = []
    for split in SPLITS:
        found = _of(analysis, split).distribution
        for name, quantiles in (
            ("classes", found.of_classes),
            ("architectures", found.of_architectures),
        ):
            rows.append((f"{split}, {name}", *map(accuracy, quantiles)))
    return Section(
        key="distribution",
        title="Accuracy",
        sentences=(
            f"{facts.classes_trained:,} of {facts.classes:,} classes, means over "
            "seeds, dead classes included. A row over architectures counts every "
            "class as often as it has members.",
        ),
        headings=("quantiles", *(ends.get(q, f"{100 * q:g} %") for q in QUANTILES)),
        rows=tuple(rows),
    )


def histogram_section(analysis: Analysis) -> Section:
    """Word the histograms as rows of bars."""

    def row(
        split: Split, found: Distribution, counts: tuple[int, ...]
    ) -> tuple[str, ...]:
        return (split, accuracy(found.low), bars(counts), accuracy(found.high))

    found = {split: _of(analysis, split).distribution for split in SPLITS}
    return Section(
        key="histogram",
        title="Histogram over classes",
        headings=("", "from", f"{BINS} bins", "to"),
        rows=tuple(row(split, one, one.class_counts) for split, one in found.items()),
    )


def noise_section(analysis: Analysis) -> Section:
    """Word the variance components, or say what they need."""
    facts = analysis.facts
    left_out = (
        f"Dead classes, whose networks are constant ({facts.classes_dead:,} here), are "
        "left out of seed noise and of every rank correlation. Every class counts once."
    )
    noises = [_of(analysis, split).seed_noise for split in SPLITS]
    if any(noise is None for noise in noises):
        seeds = ", ".join(map(str, facts.seeds))
        needs = (
            "Not known: seed noise, the ceiling of R2 and the agreement of seeds take "
            "complete trainings from two seeds of at least two live classes; the table "
            f"has the seeds {seeds} (nasbench build --seeds adds more)."
        )
        return Section("noise", "Seed noise", (left_out, needs))
    return Section(
        key="noise",
        title="Seed noise",
        sentences=(
            left_out,
            "Standard deviations are in percentage points; the one between "
            "architectures has the noise of the seed mean taken off.",
        ),
        headings=("", *SPLITS),
        rows=_noise_rows([noise for noise in noises if noise is not None]),
    )


def seeds_section(analysis: Analysis, split: Split) -> Section:
    """Word how far the mean of some seeds is reproduced by that of others."""
    legend = (
        f"{analysis.facts.classes_of_every_seed:,} classes that have every seed. "
        "Ceiling: largest R2 that a predictor can reach on such a mean. Tau: Kendall's "
        "tau-b. Best 30 %: by the mean over all seeds, which makes tau too low; or by "
        "the seeds that are not compared. Estimates by Spearman-Brown."
    )
    return Section(
        key=f"seeds-{split}",
        title=f"Mean of some seeds against as many others, {split}",
        sentences=(legend,) if split == SPLITS[0] else (),
        headings=("seeds", "ceiling", "tau", "best 30 %", "by other seeds", "how"),
        rows=tuple(
            (
                str(mean.seeds),
                f"{mean.r2_ceiling:.3f}",
                correlation(mean.tau),
                correlation(mean.tau_best),
                correlation(mean.tau_best_by_others),
                "measured" if mean.measured else "estimate",
            )
            for mean in _of(analysis, split).seed_means
        ),
    )


def listed_section(key: str, title: str, listed: Sequence[Listed]) -> Section:
    """Word a list of architectures."""
    return Section(
        key=key,
        title=title,
        sentences=("In brackets the rank among all classes.",),
        headings=("architecture", "validation", "test", "parameters", "FLOPs"),
        rows=tuple(_listed_row(one) for one in listed),
    )


def cost_section(analysis: Analysis) -> Section:
    """Word what the trainings cost."""
    cost, facts = analysis.cost, analysis.facts
    partial = facts.classes_trained < facts.classes
    wall: tuple[tuple[str, str], ...] = ()
    if cost.wall_hours is not None:
        several = "s" if cost.workers != 1 else ""
        label = f"all trainings by the clock, over {cost.workers} worker{several}"
        wall = ((label, f"{number(cost.wall_hours)} h"),)
    return Section(
        key="cost",
        title="Cost",
        sentences=(
            "By the clock: measured wall time of all trainings over the workers of the "
            "build. Work of others on the same cores is in it, and not in CPU time.",
        )
        if wall
        else (),
        headings=("", "measured"),
        rows=(
            (
                "CPU time of one training with validation, median",
                f"{cost.median_cpu_seconds:.2f} s",
            ),
            (
                f"CPU time of all {cost.trials:,} trainings, with testing",
                f"{number(cost.cpu_hours)} h",
            ),
            (
                f"CPU time of one seed of all {facts.classes:,} classes"
                + (", estimate" if partial else ""),
                f"{number(cost.cpu_hours_per_seed)} h",
            ),
            *wall,
            ("trainings per CPU hour", number(cost.trainings_per_cpu_hour)),
            ("failed trainings", f"{cost.failed:,}"),
        ),
    )


def _noise_rows(noises: Sequence[SeedNoise]) -> tuple[tuple[str, ...], ...]:
    return (
        ("classes", *(f"{noise.classes:,}" for noise in noises)),
        ("sd between seeds", *(points(noise.sd_between_seeds) for noise in noises)),
        (
            "sd between seeds, best 30 %",
            *(points(noise.sd_between_seeds_best) for noise in noises),
        ),
        (
            "sd between architectures",
            *(points(noise.sd_between_architectures) for noise in noises),
        ),
        ("ratio of variances", *(number(noise.variance_ratio) for noise in noises)),
    )


def _listed_row(one: Listed) -> tuple[str, ...]:
    return (
        one.architecture,
        f"{accuracy(one.validation)} (#{one.validation_rank})",
        f"{accuracy(one.test)} (#{one.test_rank})",
        f"{one.parameters:,}",
        f"{one.flops:,}",
    )


def _of(analysis: Analysis, split: Split) -> SplitAnalysis:
    return analysis.validation if split == "validation" else analysis.test
