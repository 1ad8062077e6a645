"""``nasbench latency``: measure networks, here or on a device of your own."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import Parameter

from nasbench.cli.latency_report import report_command as report_command
from nasbench.cli.latency_scores import score_command as score_command
from nasbench.cli.options import OptionalWhole, Whole, table_path
from nasbench.cli.terminal import output, print_columns, progress_bar
from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    from nasbench.hardware.specimen import Images
    from tabular.latency_columns import LatencyColumns
    from tabular.table import Table


def list_command() -> None:
    """List the targets: what each is, and whether it can be used here."""
    from nasbench.hardware import MeasuredTarget, make_target, target_names

    rows = []
    for name in target_names():
        target = make_target(name)
        reason = target.why_not() if isinstance(target, MeasuredTarget) else None
        rows.append((name, target.kind, "yes" if reason is None else f"no: {reason}"))
    print_columns(("target", "kind", "here"), rows, 3)


@Parameter(name="*")
@dataclass(frozen=True)
class MeasureOptions:
    """What to measure, and how often.

    Attributes:
        sample: So many classes, drawn at random; default: all.
        block: Networks that are loaded at a time and measured in turns.
        rounds: Rounds over all networks of a block.
        visits: Visits of a round to a network; the quietest counts.
        runs: Timed runs of a network in a visit, after 3 that are not timed.
        seed: Seeds weights, sample and order.
        max_load: Begin no block while the load average is above; default: half of
            the cores.
        replace: Measure anew what the table holds.
    """

    sample: OptionalWhole = None
    block: Whole = 400
    rounds: Whole = 4
    visits: Whole = 10
    runs: Whole = 10
    seed: Whole = 0
    max_load: float | None = None
    replace: Annotated[bool, Parameter(negative=())] = False


def measure_command(
    *,
    table: str,
    target: Annotated[tuple[str, ...], Parameter(negative=())],
    options: MeasureOptions | None = None,
    task: str | None = None,
    data: str | None = None,
    image_size: OptionalWhole = None,
) -> None:
    """Measure the classes of a table, and write the latencies into it.

    The same command goes on where an interrupted one ended. The content digest of the
    table stays what it was.

    Args:
        table: A table file, or the id of a benchmark.
        target: Measure on this one; may be repeated; see `nasbench latency list`.
        options: What to measure, and how often.
        task: Take images of this task to set int8 ranges; default: the table's own
            where it is embedded, noise for others.
        data: The folder with the original files of the task.
        image_size: As in the build.
    """
    from nasbench.hardware.measuring import Procedure
    from tabular.latency_measuring.measure_table import (
        LatencyRequest,
        LatencyRun,
        measure_latencies,
    )
    from tabular.table import Table

    given = options or MeasureOptions()
    path = table_path(table)
    procedure = Procedure(
        rounds=given.rounds, visits=given.visits, runs=given.runs, seed=given.seed
    )
    request = LatencyRequest(
        target, given.sample, given.block, procedure, given.replace
    )
    images = _task_images(Table.open(path), task, data, image_size)
    with progress_bar("steps") as step:
        run = LatencyRun(
            command=_command(),
            progress=step,
            max_load=given.max_load,
            images=images,
        )
        written = measure_latencies(path, request, run)
    _show(path, written)


def model_command(
    table: str,
    /,
    *,
    target: Annotated[tuple[str, ...], Parameter(negative=())] = (),
) -> None:
    """Compute latency and energy by simulated targets, and write them into a table.

    Args:
        table: A table file, or the id of a benchmark.
        target: By this one; may be repeated; default: all that are simulated.
    """
    from nasbench.hardware import SimulatedTarget, make_target, target_names
    from tabular.modelled_latencies import model_latencies

    names = target or tuple(
        name
        for name in target_names()
        if isinstance(make_target(name), SimulatedTarget)
    )
    path = table_path(table)
    with progress_bar("targets") as step:
        held = model_latencies(
            path,
            names,
            command=_command(),
            report=lambda done, total: step(done, total, ""),
        )
    output.print(f"{path}: {', '.join(names)}")
    output.print(f"digest {held.digest}")


def export_command(
    table: str,
    /,
    *,
    out: Path,
    sample: OptionalWhole = None,
    block: Whole = 100,
    seed: Whole = 0,
) -> None:
    """Write networks and a small program that measures them on any device.

    The device needs Python, numpy and onnxruntime, not this suite.

    Args:
        table: A table file, or the id of a benchmark.
        out: The folder to write; a new one.
        sample: So many classes, drawn at random; default: all.
        block: Networks that are loaded at a time and measured in turns.
        seed: Seeds weights and sample.
    """
    from tabular.latency_measuring.network_folder import RUNNER, export_networks
    from tabular.table import Table

    with progress_bar("networks") as step:
        count = export_networks(
            Table.open(table_path(table)),
            out,
            (sample, block, seed),
            lambda done, total: step(done, total, ""),
        )
    output.print(f"{out}: {count} networks")
    output.print(f"copy it to the device and run: python {RUNNER} --out latencies.csv")


def import_command(
    file: Path,
    /,
    *,
    table: str,
    target: str,
    replace: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Write the latencies that another device measured into a table.

    Args:
        file: The CSV file of the program that `nasbench latency export` writes, or one
            of your own with the columns architecture and latency_ms.
        table: A table file, or the id of a benchmark.
        target: What to call device and runtime, as in pi5-ort-fp32.
        replace: Replace a target of that name.
    """
    from tabular.latency_measuring.import_csv import import_latencies

    path = table_path(table)
    columns = import_latencies(file, path, target, _command(), replace)
    _show(path, {target: columns})


def _command() -> str:
    return shlex.join(["nasbench", *sys.argv[1:]])


def _task_images(
    table: Table, task: str | None, data: str | None, image_size: int | None
) -> Images | None:
    """Return normalised images of the table's task; None for noise."""
    from nasbench.hardware.specimen import SHOWN
    from nasbench.tasks import embedded_tasks, load_task

    name = task or table.identity.task
    if task is None and data is None and name not in embedded_tasks():
        return None
    cut = table.identity.recipe.cut(load_task(name, image_size, data))
    if cut.fingerprint != table.identity.task_fingerprint:
        raise NasbenchError(
            f"task {name} has the fingerprint {cut.fingerprint[:12]}, but "
            f"{table.path} was trained on {table.identity.task_fingerprint[:12]}"
        )
    return cut.normalised("train")[:SHOWN]


def _show(path: Path, columns: dict[str, LatencyColumns]) -> None:
    """Print what was written, and how well each target repeats itself."""
    from tabular.latency_columns import FAILED
    from tabular.latency_measuring.tied_blocks import caveats

    if not columns:
        output.print(f"{path} holds these targets already; --replace measures anew")
        return
    rows = []
    for name, each in columns.items():
        there = each.median_ms()
        there = there[there == there]
        repeats = each.repeats()
        failed = int((each.status == FAILED).sum())
        rows.append(
            (
                name,
                f"{len(there)}",
                f"{failed}",
                f"{float(np.median(there)) if len(there) else nan:.4g}",
                "-" if repeats is None else f"{repeats.kendall:.3f}",
                "-" if repeats is None else f"{repeats.within_10:.1%}",
                "-" if repeats is None else f"{repeats.noisy:.1%}",
            )
        )
    print_columns(
        (
            "target",
            "measured",
            "rejected",
            "median ms",
            "repeat tau",
            "repeats within 10 %",
            "noisy",
        ),
        rows,
    )
    for name, each in columns.items():
        for sentence in caveats(each.provenance):
            output.print(f"{name}: {sentence}")
