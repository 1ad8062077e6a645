"""``nasbench proxies``: score untrained networks, and see what the scores are worth."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from nasbench.benchmark import Split
from nasbench.cli.options import OptionalWhole, Whole, table_path
from nasbench.cli.terminal import output, print_columns, progress_bar
from nasbench.errors import NasbenchError
from tabular.table import Table

if TYPE_CHECKING:
    from surrogates.proxies.ranking import Correlation, Ranked


def list_command() -> None:
    """List the proxies, what they need and what they compute."""
    from surrogates.proxies import make_proxy, proxy_names

    rows = []
    for name in proxy_names():
        proxy = make_proxy(name)
        needs = proxy.needs
        rows.append(
            (
                name,
                "+".join(n for n in ("images", "labels") if getattr(needs, n)) or "-",
                needs.weights.replace("none", "-"),
                needs.mode.replace("any", "-"),
                proxy.summary,
            )
        )
    print_columns(("proxy", "data", "weights", "mode", "computes"), rows, 5)


@Parameter(name="*")
@dataclass(frozen=True)
class ScoreOptions:
    """What to score, and with how many processes.

    Attributes:
        proxy: Score by this one; may be repeated; default: all.
        seeds: Seeds of first weights and batches.
        batch: Images per batch.
        workers: Processes, one thread each.
        replace: Score anew what the table holds by other settings.
    """

    proxy: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    seeds: Whole = 3
    batch: Whole = 64
    workers: Whole = 1
    replace: Annotated[bool, Parameter(negative=())] = False


def score_command(
    table: str,
    /,
    *,
    options: ScoreOptions | None = None,
    task: str | None = None,
    data: str | None = None,
    image_size: OptionalWhole = None,
) -> None:
    """Score every class of a table, and write the scores into it.

    The same command goes on where an interrupted one ended. The content digest of the
    table stays what it was.

    Args:
        table: A table file, or the id of a benchmark.
        options: What to score.
        task: The path of the image data, for a table of your own images.
        data: The folder with the original files, for a table of a prepared task.
        image_size: As in the build.
    """
    from nasbench.tasks import load_task
    from surrogates.proxies.score_settings import ScoreRequest
    from surrogates.proxies.score_table import ScoreRun, score_table

    chosen = options or ScoreOptions()
    if chosen.workers < 1:
        raise NasbenchError(f"--workers is 1 or more, not {chosen.workers}")
    path = table_path(table)
    request = ScoreRequest(chosen.proxy, chosen.seeds, chosen.batch, chosen.replace)
    request.make()  # an unknown proxy is said before any data is read
    images = load_task(task or Table.open(path).identity.task, image_size, data)
    command = shlex.join(["nasbench", *sys.argv[1:]])
    with progress_bar("classes") as step:
        run = ScoreRun(chosen.workers, command, lambda n, total: step(n, total, ""))
        scored = score_table(path, images, request, run)
    output.print(
        f"{scored.path}: {', '.join(chosen.proxy) or 'all proxies'}, "
        f"{chosen.seeds} seeds"
    )
    output.print(f"digest {scored.digest}")


def rank_command(
    table: str,
    /,
    *,
    split: Split = "test",
    markdown: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show how well every stored proxy orders the trained accuracies.

    Args:
        table: A table file with proxies, or the id of a benchmark.
        split: Whose accuracy: validation or test.
        markdown: Print a table for a document.
    """
    from surrogates.proxies.ranking import rank_proxies

    ranked = rank_proxies(Table.open(table_path(table)), split)
    sets = ranked[0].correlations
    ordered = sorted(ranked, key=lambda r: (not r.baseline, -_rho(r.correlations)))
    counts = ", ".join(f"{name} {found.count:,}" for name, found in sets.items())
    said = f"{split} accuracy after full training; sets: {counts}"
    if markdown:
        _print_document(ordered)
        output.print(f"\n`{Path(table).name}`, {said}.")
        return
    headings = ["proxy", *(f"{s} {m}" for s in sets for m in ("rho", "tau"))]
    print_columns(
        [*headings, "rho between seeds", "ms"],
        (
            [
                f"{r.proxy} (baseline)" if r.baseline else r.proxy,
                *(
                    _text(value)
                    for each in r.correlations.values()
                    for value in (each.spearman, each.kendall)
                ),
                *_of_the_proxy(r),
            ]
            for r in ordered
        ),
    )
    output.print(said)


def _print_document(ordered: Sequence[Ranked]) -> None:
    """Print a table for a document: rho and tau of a set share a column."""
    # Imported for a document only.
    from nasbench.cli.judged_numbers import print_markdown

    print_markdown(
        (
            "proxy",
            *(f"{name}: rho, tau" for name in ordered[0].correlations),
            "rho between seeds",
            "ms",
        ),
        (
            [
                f"`{r.proxy}`" + " (baseline)" * r.baseline,
                *(
                    f"{_text(each.spearman)}, {_text(each.kendall)}"
                    for each in r.correlations.values()
                ),
                *_of_the_proxy(r),
            ]
            for r in ordered
        ),
    )


def _of_the_proxy(ranked: Ranked) -> tuple[str, str]:
    return _text(ranked.between_seeds), f"{ranked.seconds * 1000:.1f}"


def _rho(correlations: dict[str, Correlation]) -> float:
    value = correlations["classes"].spearman
    return -2.0 if math.isnan(value) else float(value)


def _text(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
