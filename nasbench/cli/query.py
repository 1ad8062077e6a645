"""``nasbench query``: what a table knows of one architecture."""

from __future__ import annotations

from nasbench.cli.latencies_shown import latency_facts
from nasbench.cli.options import table_path
from nasbench.cli.published import print_published_entry
from nasbench.cli.terminal import output, print_columns, print_facts
from tabular.importers import PublishedTable
from tabular.opened import open_any


def query_command(table: str, architecture: str, /) -> None:
    """Show costs, accuracies and learning curves of one architecture.

    Args:
        table: A table file, or the id of a benchmark.
        architecture: The text form, or the index.
    """
    held = open_any(table_path(table))
    digits = architecture.removeprefix("-")
    is_index = digits.isascii() and digits.isdecimal()
    key = int(architecture) if is_index else architecture
    if isinstance(held, PublishedTable):
        print_published_entry(held, key)
        return
    entry = held[key]
    given = held.space.architecture_at(key) if isinstance(key, int) else None
    print_facts(
        [
            (
                "architecture",
                architecture if given is None else held.space.format(given),
            ),
            (
                "class",
                f"{entry.class_number}, {entry.members} architectures; first is "
                f"{held.space.format(entry.representative)}",
            ),
            ("parameters", f"{entry.parameters:,}"),
            ("FLOPs", f"{entry.flops:,}"),
            ("depth", entry.depth),
            ("validation accuracy", f"{entry.accuracy('validation'):.4f}"),
            ("test accuracy", f"{entry.accuracy('test'):.4f}"),
            ("seeds", ", ".join(map(str, entry.seeds)) or "none succeeded"),
            *latency_facts(held, entry.class_number),
        ]
    )
    output.print()
    curves = entry.curves()
    seconds = [name for name in curves if str(name).endswith("_seconds")]
    curves["cpu_seconds"] = curves[seconds].sum(axis=1)
    shown = curves.drop(columns=seconds)
    print_columns(
        [str(name).replace("_", " ") for name in shown],
        (
            [
                f"{value:.4f}" if isinstance(value, float) else str(value)
                for value in row
            ]
            for row in shown.itertuples(index=False)
        ),
        numbers_from=0,
    )
