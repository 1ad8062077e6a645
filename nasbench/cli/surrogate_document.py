"""What ``nasbench surrogate evaluate`` says around its scores, and in documents."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from nasbench.cli.options import table_path
from nasbench.cli.surrogate_settings import ChosenModels, as_text
from surrogates.observations import Observations
from surrogates.scoring.metrics import TOP
from surrogates.scoring.protocol import Protocol, r2_ceiling, share_to_test
from surrogates.scoring.sizes import most_samples
from tabular.analysis.pilot import check_pilot
from tabular.table import Table

if TYPE_CHECKING:
    import pandas

    from surrogates.encodings import Encoding

Columns: TypeAlias = dict[str, tuple[str, int, float]]
"""Scores by name: their headings, digits, and by what they are multiplied."""

COLUMNS: Columns = {
    "r2": ("R2", 3, 1),
    "r2_live": ("R2 of live ones", 3, 1),
    "mae": ("MAE, points", 2, 100),
    "spearman": ("Spearman", 3, 1),
    "kendall": ("Kendall", 3, 1),
    "sparse_kendall": ("sparse Kendall, 0.1 %", 3, 1),
    "precision": (f"precision@{TOP}", 2, 1),
    "regret": (f"regret@{TOP}, points", 2, 100),
    "calibration_nll": ("NLL", 2, 1),
    "coverage_68": ("in 68 % intervals, %", 0, 100),
    "coverage_95": ("in 95 %, %", 0, 100),
}
"""What a table in a document shows."""


def columns_of(scores: pandas.DataFrame, ceiling: float | None) -> Columns:
    """Return the columns that there are, with the ceiling of R2 where it is known."""
    columns = {name: COLUMNS[name] for name in COLUMNS if name in scores}
    if "r2_live" in columns and scores["r2_live"].equals(scores["r2"]):
        del columns["r2_live"]  # there was no dead cell among the tested
    if ceiling is not None:
        columns["r2"] = (f"R2, at most {ceiling:.3f}", *columns["r2"][1:])
    return columns


def line_of(row: Mapping[Hashable, Any], by: str, columns: Columns) -> Iterator[str]:
    """Yield the size or the origin, and the numbers; a dash for what there is not."""
    yield f"{row[by]:,}" if by == "size" else str(row[by])
    for name, (_, digits, scale) in columns.items():
        value = scale * row[name]
        yield "-" if value != value else f"{value:.{digits}f}"


def settings_said(models: ChosenModels, encodings: Sequence[Encoding]) -> Iterator[str]:
    """Yield a line per family whose settings differ from its defaults."""
    for family in models.settings:
        said: dict[str, list[str]] = {}
        for encoding in encodings:
            text = as_text(models.model(family, encoding.name)[1])
            said.setdefault(text, []).append(encoding.name)
        for text, names in said.items():
            on = "" if len(said) == 1 else f" on {', '.join(names)}"
            if text:
                yield f"{family}{on}: {text}"


def ceiling_of(known: Observations, table: str, pilot: str | None) -> float | None:
    """Return the R2 that no predictor exceeds, where several seeds tell it.

    Args:
        known: What the table knows.
        table: The table, by path or id.
        pilot: A table of some of its classes from more seeds, likewise.

    Raises:
        NasbenchError: One of them is no table, or they do not fit.
    """
    if pilot is None:
        return r2_ceiling(known)
    scored, more = (Table.open(table_path(name)) for name in (table, pilot))
    check_pilot(scored, more)
    return r2_ceiling(Observations.of(more), len(scored.seeds))


def limits_said(
    sizes: Sequence[int], left: Sequence[int], models: ChosenModels
) -> Iterator[str]:
    """Yield where a size or a model got less than all.

    Args:
        sizes: What was asked for; empty for the default ones.
        left: How many every split leaves to learn from.
        models: What is fitted.
    """
    for size in sizes:
        holding = sum(size <= each for each in left)
        if holding < len(left):
            yield f"{holding} of {len(left)} splits leave {size:,} to learn from"
    for family in models.settings if not sizes else ():
        most = most_samples(family)
        if most is not None and most < max(left):
            yield (
                f"{family} is fitted to {most:,} at most, its limit, where "
                f"{max(left):,} are left"
            )


def left_out_said(known: Observations) -> Iterator[str]:
    """Yield how many architectures have no value, where some have none."""
    if known.left_out:
        yield f"left out: {known.left_out:,} without a validation accuracy"


def caption(known: Observations, table: str, rules: Protocol | None) -> str:
    """Return of what the scores are, and on how many splits."""
    seeds = known.trials.shape[1]
    of = "of one training" if seeds < 2 else f"as a mean over {seeds} seeds"
    name = Path(table).name
    if rules is None:
        return f"`{name}`, validation accuracy {of}; one search left out after another"
    tested = share_to_test(len(known), rules.test)
    kind = "no class is on both sides" if rules.clustered else "classes may be on both"
    return (
        f"`{name}`, validation accuracy {of}: {tested:,} architectures tested, means "
        f"over {rules.splits} splits in which {kind}"
    )
