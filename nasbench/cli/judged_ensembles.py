"""How ensembles are shown: apart from what a table holds, never ranked among it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nasbench.cli.judged_numbers import print_markdown, shown
from nasbench.cli.terminal import output, print_columns
from strategies.growth.growth import Growth
from strategies.growth.growth_scores import EnsembleScore, score_growths

TITLE = "ensembles: accuracies of several networks together, no entries of the table"

HEADER = (
    "ensemble",
    "networks",
    "growths",
    "validation accuracy, %",
    "test accuracy, %",
    "parameters",
    "CPU seconds",
)


def print_ensembles(
    growths: Sequence[Growth], benchmark: str, markdown: bool = False
) -> None:
    """Print what ensembles reach by their number of networks.

    Args:
        growths: Those on the space, task and recipe of the benchmark.
        benchmark: Its name.
        markdown: Print a table for a document.
    """
    rows = [_row(score) for score in score_growths(growths)]
    if markdown:
        output.print(f"`{benchmark}`, {TITLE}\n", soft_wrap=True, markup=False)
        print_markdown(HEADER, rows)
    else:
        output.print(TITLE)
        print_columns(HEADER, rows)
    failed = Counter(one.identity.method for one in growths if one.failed)
    for method, count in sorted(failed.items()):
        output.print(f"{count} growths of {method} failed; they are in no mean")


def _row(score: EnsembleScore) -> tuple[str, ...]:
    """Return the cells of a row under `HEADER`."""
    return (
        score.method,
        f"{score.networks}",
        f"{score.growths}",
        shown(score.validation_accuracy, 1, 100),
        shown(score.test_accuracy, 1, 100),
        shown(score.parameters, 0),
        shown(score.seconds, 0),
    )
