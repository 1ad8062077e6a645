"""``nasbench info``: what a table holds, and what its numbers are worth."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import Parameter

from nasbench.atomic import why_not_writable
from nasbench.cli.latencies_shown import print_latencies
from nasbench.cli.options import table_path
from nasbench.cli.published import print_published
from nasbench.cli.surrogate import is_surrogate, predict_command
from nasbench.cli.terminal import output, print_columns, print_facts
from nasbench.errors import NasbenchError
from tabular.importers import PublishedTable
from tabular.opened import open_any
from tabular.table import Table

if TYPE_CHECKING:
    import pandas

    from tabular.analysis import Analysis

BEST_SHOWN = 5
TEXT_WIDTH = 88


@Parameter(name="*")
@dataclass(frozen=True)
class InfoOptions:
    """What is shown beyond the plain facts.

    Attributes:
        analysis: Show what the numbers say: noise, rank correlations, landscape, cost.
        against: With --analysis, another table of the same space; may be repeated.
        json: With --analysis, print it as one JSON object.
        page: With --analysis, write index.html and analysis.json into this folder.
        card: Print the table's card as Markdown.
        pilot: With --card, a table of some of its classes from more seeds.
    """

    analysis: Annotated[bool, Parameter(negative=())] = False
    against: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    json: Annotated[bool, Parameter(negative=())] = False
    page: Path | None = None
    card: Annotated[bool, Parameter(negative=())] = False
    pilot: str | None = None

    def check(self) -> None:
        """Check that the options go together, and that the folder can be written.

        Raises:
            NasbenchError: They do not, or it cannot.
        """
        if self.card and self.analysis:
            raise NasbenchError("give --analysis or --card, not both")
        if self.pilot is not None and not self.card:
            raise NasbenchError("--pilot needs --card; add it")
        if not self.analysis and (self.against or self.json or self.page is not None):
            raise NasbenchError("--against, --json and --page need --analysis; add it")
        if self.page is None:
            return
        # The parser makes "." of an empty word as well; a page needs its own folder.
        if self.page == Path():
            raise NasbenchError("--page is the current folder; give one for the page")
        reason = why_not_writable(self.page)
        if reason is not None:
            raise NasbenchError(f"cannot write the page to {self.page}: {reason}")


def info_command(table: str, /, *, options: InfoOptions | None = None) -> None:
    """Show what a table holds: space, task, recipe, statistics, best architectures.

    Args:
        table: A table file, the file of a surrogate, or the id of a benchmark.
        options: What else to show.
    """
    chosen = options or InfoOptions()
    chosen.check()
    if is_surrogate(table):
        if chosen != InfoOptions():
            raise NasbenchError(
                f"{table} is a surrogate; --analysis and --card are of tables, and "
                "`nasbench surrogate card` prints its own"
            )
        predict_command(table)
        return
    held = open_any(table_path(table))
    if isinstance(held, PublishedTable):
        if chosen != InfoOptions():
            raise NasbenchError(
                f"{held.path} is a published table: its single numbers per "
                "architecture have no analysis and no card"
            )
        print_published(held)
    elif chosen.card:
        from tabular.analysis.card import render_card

        pilot = None
        if chosen.pilot is not None:
            pilot = Table.open(table_path(chosen.pilot))
        output.print(render_card(held, pilot), end="")
    elif chosen.analysis:
        _show_analysis(held, chosen)
    else:
        _show_facts(held)


def _show_analysis(held: Table, chosen: InfoOptions) -> None:
    # Imported when asked for: scipy takes longer than the plain facts.
    from tabular.analysis import analyse
    from tabular.analysis.as_json import to_json

    others = [Table.open(table_path(name)) for name in chosen.against]
    analysis = analyse(held, others)
    if chosen.json:
        output.print(to_json(analysis))
    else:
        _print_analysis(analysis)
    if chosen.page is not None:
        from leaderboards.table_report import write_table_report

        paths = write_table_report(held, analysis, chosen.page)
        if not chosen.json:
            output.print("wrote " + ", ".join(str(path) for path in paths))


def _print_analysis(analysis: Analysis) -> None:
    from tabular.analysis.sections import sections

    facts = analysis.facts
    print_facts(
        [
            ("table", facts.table),
            ("digest", facts.digest),
            ("space", f"{facts.space}, {facts.architectures:,} architectures"),
            ("task", facts.task),
            ("recipe", facts.recipe.to_json()),
            ("seeds", ", ".join(map(str, facts.seeds))),
        ]
    )
    for section in sections(analysis):
        output.print(f"\n{section.title}", style="bold")
        for sentence in section.sentences:
            output.print(textwrap.fill(sentence, TEXT_WIDTH))
        if section.headings:
            print_columns(section.headings, section.rows)


def _show_facts(held: Table) -> None:
    frame = held.to_frame()
    print_facts(_facts(held, int(frame["trials"].sum())))
    output.print()
    _print_statistics(held, frame)
    print_latencies(held)
    output.print()
    best = frame.sort_values("validation_accuracy", ascending=False).head(BEST_SHOWN)
    print_columns(
        ("best architectures", "validation", "test", "parameters", "FLOPs"),
        (
            (
                str(row.architecture),
                f"{row.validation_accuracy:.4f}",
                f"{row.test_accuracy:.4f}",
                f"{row.parameters:,}",
                f"{row.flops:,}",
            )
            for row in best.itertuples()
        ),
    )


def _facts(held: Table, trials: int) -> list[tuple[str, object]]:
    identity, recipe = held.identity, held.identity.recipe
    channels, height, width = identity.image_shape
    return [
        ("table", held.path),
        ("digest", held.digest),
        ("space", f"{identity.space}, {held.space.size:,} architectures"),
        (
            "classes",
            f"{len(held):,} trained of {len(held.space.classes):,}; {trials:,} trials",
        ),
        ("seeds", ", ".join(map(str, held.seeds))),
        ("task", f"{identity.task}: {identity.task_source}"),
        (
            "images",
            "{} train, {} valid, {} test".format(*identity.images)
            + f"; {channels} x {height} x {width}, {identity.classes} classes",
        ),
        ("task SHA-256", identity.task_fingerprint),
        ("recipe", recipe.to_json()),
        ("engine", identity.engine.to_json()),
        *sorted(held.provenance.items()),
    ]


def _print_statistics(held: Table, frame: pandas.DataFrame) -> None:
    for split in ("validation", "test"):
        accuracy = frame[f"{split}_accuracy"]
        quartiles = accuracy.quantile([0, 0.25, 0.5, 0.75, 1]).to_numpy()
        between = float(np.std(accuracy, ddof=1)) if len(accuracy) > 1 else 0.0
        noise = f"{held.seed_sd(split):.4f}" if len(held.seeds) > 1 else "unknown"
        output.print(
            f"{split} accuracy: min {quartiles[0]:.4f}, quartiles "
            f"{quartiles[1]:.4f} {quartiles[2]:.4f} {quartiles[3]:.4f}, "
            f"max {quartiles[4]:.4f}; sd between architectures {between:.4f}, "
            f"between seeds {noise}"
        )
    seconds = frame["cpu_seconds"]
    output.print(
        f"one training: {seconds.median():.2f} CPU seconds (median), "
        f"{seconds.min():.2f} to {seconds.max():.2f}"
    )
