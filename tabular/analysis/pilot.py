"""A pilot beside a table: a few of its classes from more seeds than the table has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nasbench.errors import NasbenchError
from tabular.analysis.analysis import Analysis, analyse
from tabular.analysis.section import Section
from tabular.analysis.sections import SPLITS, noise_section, seeds_section
from tabular.analysis.wording import correlation
from tabular.schema import COMPLETE
from tabular.table import Table

ROWS = ("train", "valid", "test")


def check_pilot(table: Table, pilot: Table) -> None:
    """Check that a pilot tells of a table: the same networks, trained the same way.

    Raises:
        NasbenchError: Space, task, recipe or engine differ; a training that both hold
            did not count the same images in both; or the pilot has no two seeds.
    """
    if table.identity != pilot.identity:
        raise NasbenchError(
            f"{pilot.path} is no pilot of {table.path}: "
            f"{pilot.identity.difference(table.identity)}"
        )
    if len(pilot.seeds) < 2:
        raise NasbenchError(
            f"{pilot.path} holds seed {pilot.seeds[0]} alone; a pilot has two or more"
        )
    for seed in sorted(set(table.seeds) & set(pilot.seeds)):
        one, two = table.seeds.index(seed), pilot.seeds.index(seed)
        both = _complete(table, one) & _complete(pilot, two)
        for row in ROWS:
            ours, theirs = (
                held.read(f"trials/correct_{row}")[both, column]
                for held, column in ((table, one), (pilot, two))
            )
            if not np.array_equal(ours, theirs):
                raise NasbenchError(
                    f"{pilot.path} is no pilot of {table.path}: trainings from seed "
                    f"{seed} that both hold differ ({row})"
                )


def pilot_reliability(pilot: Analysis) -> str:
    """Say how well rankings by disjoint seeds agree, in one sentence per split."""
    facts = pilot.facts
    said = []
    for split, found in zip(SPLITS, (pilot.validation, pilot.test), strict=True):
        for mean in found.seed_means:
            if mean.measured:
                of = "one seed" if mean.seeds == 1 else f"{mean.seeds} seeds"
                said.append(
                    f"{split}, {of} against as many others: {correlation(mean.tau)}, "
                    f"in the best 30 % {correlation(mean.tau_best)} (chosen by other "
                    f"seeds {correlation(mean.tau_best_by_others)})"
                )
    return (
        f"Reliability, measured by a pilot of {facts.classes_trained:,} classes from "
        f"the seeds {', '.join(map(str, facts.seeds))}, Kendall's tau. "
        + "; ".join(said)
        + "."
    )


def pilot_sections(table: Table, pilot: Table) -> Iterator[Section]:
    """Yield what a pilot knows and a table of few seeds does not.

    Raises:
        NasbenchError: It is no pilot of this table; see `check_pilot`.
    """
    check_pilot(table, pilot)
    analysis = analyse(pilot)
    noise = noise_section(analysis)
    yield replace(
        noise,
        key="pilot",
        title="Pilot",
        sentences=(pilot_reliability(analysis), *noise.sentences),
    )
    for split in SPLITS:
        section = seeds_section(analysis, split)
        yield replace(
            section,
            key=f"pilot-{section.key}",
            title=f"Pilot: {section.title[0].lower()}{section.title[1:]}",
        )


def _complete(held: Table, column: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which classes have a complete training in a column of seeds."""
    whole: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        held.read("trials/status")[:, column] == COMPLETE
    )
    return whole
