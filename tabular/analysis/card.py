"""The card of a table: one Markdown page that says what it is and what it is worth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from tabular.analysis.analysis import Analysis, analyse
from tabular.analysis.pilot import pilot_sections
from tabular.analysis.section import Section
from tabular.analysis.sections import sections
from tabular.analysis.wording import correlation
from tabular.table import Table

LEFT_OUT = ("histogram",)
"""Sections that are for a screen."""


def render_card(table: Table, pilot: Table | None = None) -> str:
    """Return the card of a table as Markdown, from tables alone.

    The same tables under the same name give the same text.

    Args:
        table: What the card is of.
        pilot: A few of its classes from more seeds, which tell of the noise.

    Raises:
        NasbenchError: The table holds no complete training, or the pilot is of
            another one.
    """
    analysis = analyse(table)
    further = () if pilot is None else pilot_sections(table, pilot)
    parts = [
        f"# {table.name}",
        _summary(analysis),
        _markdown_table(("", ""), _identity_rows(table)),
        *(
            _markdown_section(section)
            for section in (*sections(analysis), *further)
            if section.key not in LEFT_OUT
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _summary(analysis: Analysis) -> str:
    facts = analysis.facts
    several = "s" if len(facts.seeds) > 1 else ""
    seeds = f"seed{several} {', '.join(map(str, facts.seeds))}"
    sentences = [
        f"{facts.architectures:,} architectures of the space `{facts.space}` are "
        f"{facts.classes:,} classes of the same function; {facts.classes_trained:,} of "
        f"these are trained from {seeds} on the task `{facts.task}`, "
        f"{analysis.cost.trials:,} trainings in all. The table holds their accuracies, "
        "losses, costs and times, and no image.",
        *_reliability(analysis),
    ]
    return "\n\n".join(sentences)


def _reliability(analysis: Analysis) -> list[str]:
    """Say how well the mean over all seeds of the table can be reproduced."""
    seeds = len(analysis.facts.seeds)
    for mean in analysis.validation.seed_means:
        if mean.seeds == seeds:
            return [
                f"Reliability of the mean over its {seeds} seeds, validation: no "
                f"predictor can reach more than R2 {mean.r2_ceiling:.3f}; a ranking by "
                f"{seeds} other seeds would agree with it to a Kendall's tau of about "
                f"{correlation(mean.tau)}, and of {correlation(mean.tau_best)} within "
                "the best 30 %."
            ]
    return []


def _identity_rows(table: Table) -> list[tuple[str, str]]:
    identity, engine = table.identity, table.identity.engine
    channels, height, width = identity.image_shape
    recipe = json.loads(identity.recipe.to_json())
    train, valid, test = identity.images
    return [
        ("Images: source and licence", identity.task_source),
        ("Task fingerprint, SHA-256", identity.task_fingerprint),
        (
            "Images",
            f"{train:,} train, {valid:,} valid, {test:,} test; {channels} x {height} x "
            f"{width}, {identity.classes} classes",
        ),
        ("Recipe", ", ".join(f"{name} {value}" for name, value in recipe.items())),
        ("Engine", f"{engine.engine} {engine.version}, {engine.instruction_set}"),
        ("Content digest", table.digest),
        *(
            (f"Build: {name}", value)
            for name, value in sorted(table.provenance.items())
        ),
    ]


def _markdown_section(section: Section) -> str:
    parts = [f"## {section.title}", *section.sentences]
    if section.headings:
        parts.append(_markdown_table(section.headings, section.rows))
    return "\n\n".join(parts)


def _markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose columns but the first are aligned to the right."""
    words = len(headings) == 2 and not any(headings)
    aligned = ["---", *["---" if words else "---:"] * (len(headings) - 1)]
    return "\n".join(_markdown_row(row) for row in (headings, aligned, *rows))


def _markdown_row(cells: Sequence[str]) -> str:
    # Text forms of cells hold bars, which would end a column.
    escaped = (" ".join(cell.split()).replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
